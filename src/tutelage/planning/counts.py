"""How much a run reads and writes: its examples, and the tokens of each."""

from __future__ import annotations

from dataclasses import dataclass

from tutelage.recipe import Recipe

DEMONSTRATIONS, VALIDATION_DEMONSTRATIONS = 12_725, 1_653
RANKED_PROMPTS = 33_207
"""The paper's (Table 6), where a recipe says that all there are shall be used."""


@dataclass(frozen=True)
class Counts:
    """What a recipe asks for, with lengths in the mean."""

    prompt: float
    """Tokens."""
    completion: float
    demonstrations: int
    validation: int
    ranked_prompts: int
    completions: float
    """K of a ranking, in the mean."""

    @classmethod
    def of(cls, recipe: Recipe, prompt: float | None = None, completion: float | None = None) -> Counts:
        """Every text is as long as it may be, where nobody says how long they are in the mean."""
        return cls(
            prompt=recipe.data.max_prompt_tokens if prompt is None else prompt,
            completion=recipe.data.max_completion_tokens if completion is None else completion,
            demonstrations=recipe.sft.demonstrations or DEMONSTRATIONS,
            validation=recipe.sft.validation_demonstrations or VALIDATION_DEMONSTRATIONS,
            ranked_prompts=recipe.rankings.prompts or RANKED_PROMPTS,
            completions=(recipe.rankings.minimum_completions + recipe.rankings.maximum_completions) / 2,
        )

    @property
    def episode(self) -> float:
        """Tokens of a prompt and a completion."""
        return self.prompt + self.completion
