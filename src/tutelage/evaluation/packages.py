"""Packages of the optional extras, asked for where they are needed and not before."""

from importlib.util import find_spec

from tutelage.schema import InputError


def demand(package: str, extra: str) -> None:
    """Raises InputError where a package is not installed. extra: the one that brings it."""
    if find_spec(package) is None:
        raise InputError(f"this needs {package.replace('_', '-')}", remedy=f"pip install 'tutelage[{extra}]'")
