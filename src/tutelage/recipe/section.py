"""What every section of a recipe has in common: it is frozen, and a field nobody declared is an error."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen part of a recipe; every field documents its unit and where its default comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
