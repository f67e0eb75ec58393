"""The key that an endpoint asks for."""

import os
import re

from tutelage.schema import InputError


def key_from(variable: str) -> str:
    """The key in an environment variable. Raises InputError, without the key, where it cannot be used."""
    # The value is in no message, and neither is a "name" that may be the key itself, given by mistake.
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", variable):
        raise InputError(
            "is no name of an environment variable", "api key", "name one, such as OPENAI_API_KEY"
        )
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(f"{variable} is not set", "api key", "put the key into this environment variable")
    if not re.fullmatch(r"[!-~]+", key):  # the HTTP library would complain with the whole header
        raise InputError(f"{variable} holds characters that no key has", "api key")
    return key


def hide(text: str, key: str | None) -> str:
    """The text without the key, which some servers repeat."""
    return text if key is None else text.replace(key, "[api key]")
