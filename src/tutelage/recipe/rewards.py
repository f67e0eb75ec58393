"""What step 3 scores completions by, beside the run's own reward model."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from tutelage.recipe.section import Section

OWN = "reward"
"""The run's own reward model, in the place of another's name."""
OF_ENDPOINTS = ("batch_size", "timeout", "tries", "api_key_variable")


class RewardSource(Section):
    """One term of a weighted sum; exactly one of model, function and endpoint says what it is."""

    model: str | None = Field(
        None,
        min_length=1,
        description="a reward model: 'reward' = the run's own, else a folder, or OWNER/NAME@REVISION of the hub",
    )
    function: str | None = Field(
        None,
        pattern=r"^.+:[A-Za-z_]\w*$",
        description="a Python function, as FILE.py:NAME or MODULE:NAME, called with a list of prompts and one of their "
        "completions; gives a number for each",
    )
    endpoint: str | None = Field(
        None,
        pattern=r"^https?://[^/]",
        description='an address that is sent {"prompts": […], "completions": […]} and answers {"scores": […]}',
    )
    weight: float = Field(1.0, description="what its scores are multiplied with, before all are added up")
    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        description="what it is called in the log, where its mean is score_of_NAME; null = after what it is",
    )
    batch_size: int = Field(64, gt=0, description="completions that an endpoint is sent at once")
    timeout: float = Field(
        120.0, gt=0, le=86_400, description="seconds that an endpoint may take for one reply"
    )
    tries: int = Field(6, gt=0, description="times that an endpoint is asked the same before the run ends")
    api_key_variable: str | None = Field(
        None, description="the environment variable that holds an endpoint's key; null = it wants none"
    )

    @model_validator(mode="after")
    def _one_source(self) -> "RewardSource":
        if sum(each is not None for each in (self.model, self.function, self.endpoint)) != 1:
            raise ValueError("a reward is one of model, function and endpoint")
        if self.endpoint is None:
            self.require_unsaid(OF_ENDPOINTS, "is for endpoints only")
        return self

    def deciding(self) -> dict[str, Any]:
        """What of it can decide a score, as JSON: not how it is logged, nor how an endpoint is asked."""
        return self.model_dump(mode="json", include={"model", "function", "endpoint", "weight"})

    @property
    def called(self) -> str:
        """Its name in the log."""
        if self.name is not None:
            return self.name
        if self.endpoint is not None:
            return urlsplit(self.endpoint).hostname or "endpoint"
        if self.function is not None:
            return self.function.rpartition(":")[2]
        return str(self.model).partition("@")[0].rstrip("/").rpartition("/")[2]
