"""The rollout section: which program samples the completions that PPO learns from."""

from typing import Literal

from pydantic import Field, model_validator

from tutelage.recipe.section import Section

MODES = {"colocated": ("memory_share",), "server": ("address", "weights_folder")}
"""The fields that each mode has for itself."""


class RolloutRecipe(Section):
    """The paper does not say what it sampled with. All fields but `engine` are vLLM's."""

    engine: Literal["tutelage", "vllm"] = Field(
        "tutelage", description="what samples PPO's completions: 'tutelage' = the sampler of this package"
    )
    mode: Literal["colocated", "server"] = Field(
        "colocated",
        description="of vLLM: 'colocated' = in the training process, on its GPU, asleep while it trains; "
        "'server' = a running `vllm serve`",
    )
    memory_share: float = Field(
        0.3, gt=0, lt=1, description="share of a GPU's memory that a colocated vLLM has while it samples"
    )
    address: str | None = Field(
        None, pattern=r"^https?://[^/\s]+/?$", description="of the server, such as http://localhost:8000"
    )
    weights_folder: str | None = Field(
        None,
        min_length=1,
        description="a folder in which the server reads each iteration's weights, at a path that is the same for it "
        "and the run; null = that of the run's checkpoints",
    )

    @model_validator(mode="after")
    def _fields_agree(self) -> "RolloutRecipe":
        if self.engine != "vllm":
            others = [name for name in type(self).model_fields if name != "engine"]
            self.require_unsaid(others, "is vLLM's; set rollout.engine to vllm, or leave it out")
        for mode, fields in MODES.items():
            if mode != self.mode:
                self.require_unsaid(fields, f"is for mode {mode}, and mode is {self.mode}; leave it out")
        if self.mode == "server" and self.address is None:
            raise ValueError("mode is server, and no address says where it is; set rollout.address")
        return self
