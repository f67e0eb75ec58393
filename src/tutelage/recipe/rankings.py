"""The rankings section: the candidates a labeler ranks, and where they come from (§3.2, §3.4)."""

from typing import Literal

from pydantic import Field, model_validator

from tutelage.recipe.section import Section


class CandidateSource(Section):
    """One way to get a candidate completion."""

    model: Literal["base", "base_prompted", "sft", "policy", "demonstration"] = Field(
        ...,
        description="who writes the candidate; 'base_prompted' = base behind the few-shot prefix, "
        "'policy' = the PPO-ptx policy of the round before (sft in the first)",
    )
    temperature: float = Field(1.0, ge=0, description="sampling temperature of this source")
    weight: float = Field(
        1.0, gt=0, description="how often this source is drawn, against the weights of the others"
    )


class RankingsRecipe(Section):
    """K candidates a prompt, drawn from a stated mixture of sources, shuffled, ranked by one labeler each."""

    prompts: int | None = Field(
        None, gt=0, description="prompts ranked in a round; null = all of the training split"
    )
    validation_prompts: int | None = Field(
        None, gt=0, description="prompts of the validation split ranked in a round; null = all"
    )
    minimum_completions: int = Field(4, ge=2, description="smallest K (§3.5: 4)")
    maximum_completions: int = Field(9, ge=2, description="largest K (§3.5: 9)")
    sources: tuple[CandidateSource, ...] = Field(
        (CandidateSource(model="sft"),), min_length=1, description="the mixture the candidates are drawn from"
    )

    @model_validator(mode="after")
    def _completions_in_order(self) -> "RankingsRecipe":
        if self.minimum_completions > self.maximum_completions:
            raise ValueError("minimum_completions is larger than maximum_completions")
        return self
