"""What every section of a recipe has in common: it is frozen, and a field nobody declared is an error."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MicroBatchTokens = Annotated[
    int | None,
    Field(
        gt=0,
        description="tokens a forward pass holds at once: memory and speed, never the result; null = by device",
    ),
]


class Section(BaseModel):
    """A frozen part of a recipe; every field documents its unit and where its default comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def require_unsaid(self, fields: Iterable[str], why: str) -> None:
        """Raises ValueError, which says why, where one of these fields has another value than its default."""
        for name in fields:
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} {why}")
