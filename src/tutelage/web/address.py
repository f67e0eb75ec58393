"""Where a server listens."""

import socket

from tutelage.schema import InputError


def demand_free(host: str, port: int) -> None:
    """Raises InputError where another program listens, or the address is not this machine's."""
    where = f"{host}:{port}"
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise InputError(
            f"cannot listen: {error.strerror}", where, "choose another --port or --host"
        ) from error
