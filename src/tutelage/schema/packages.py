"""Packages of the optional extras, asked for where they are needed and not before."""

from importlib.util import find_spec

from tutelage.schema.errors import InputError


def demand(package: str, extra: str, where: str | None = None) -> None:
    """Raises InputError where a package is not installed. extra: the one that brings it; where: who asks for it."""
    if find_spec(package) is None:
        raise InputError(f"this needs {package.replace('_', '-')}", where, f"pip install 'tutelage[{extra}]'")
