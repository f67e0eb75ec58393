"""Where a server listens."""

import socket

from tutelage.schema import InputError


def demand_free(host: str, port: int) -> None:
    """Raises InputError where another program listens, or the address is not this machine's."""
    bound(host, port).close()


def bound(host: str, port: int) -> socket.socket:
    """The address, held for a server that will listen there. Raises InputError where `demand_free` does."""
    where = f"{host}:{port}"
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise InputError(
            f"cannot listen: {error.strerror}", where, "choose another --port or --host"
        ) from error
    return listener
