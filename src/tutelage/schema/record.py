"""What all records have in common: frozen, validated when made, no unknown fields, JSON round trip."""

import hashlib
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


def _is_unicode(text: str) -> str:
    # JSON may hold half of a surrogate pair ("\\ud83d"); no database, hash or tokenizer takes that.
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is half a surrogate pair, which is no text; remove it"
        ) from None
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("the text is empty; write it or leave the record out")
    return text


AnyText = Annotated[str, AfterValidator(_is_unicode)]
"""Text that may be empty, as a model's output may be."""

Text = Annotated[AnyText, AfterValidator(_not_blank)]
"""Text that somebody wrote or asked; never blank."""


class Record(BaseModel):
    """A frozen record. `model_dump_json()` and `model_validate_json()` are its round trip."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def short_hash(*parts: str) -> str:
    """16 hex characters of SHA-256 over the parts, joined by NUL so that their borders count."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
