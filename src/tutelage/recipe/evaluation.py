"""The evaluation section: how much is sampled and judged for the report (§3.6, §4)."""

from pydantic import Field

from tutelage.recipe.section import Section


class EvaluationRecipe(Section):
    """Every figure is over prompts of the test split: users nobody trained on (§3.6)."""

    prompts: int | None = Field(
        None,
        gt=0,
        description="test prompts judged (§3.6), and with ppo.patience validation prompts of each look of the held-out "
        "judges; null = all",
    )
    temperature: float = Field(1.0, ge=0, description="sampling temperature of the completions judged")
    probes: int | None = Field(
        None, gt=0, description="items asked of each automatic evaluation (§4.2); null = all there are"
    )
    best_of: int = Field(
        8, gt=1, description="n of best-of-n, the gate before PPO and the ceiling in the report"
    )
    every: int = Field(
        5,
        gt=0,
        description="PPO iterations between two points of the oracle's curve, and with ppo.patience "
        "between two looks of the held-out judges",
    )
    samples: int = Field(12, ge=0, description="prompts shown with every model's completion side by side")
    bootstrap: int = Field(
        1000, gt=0, description="resamples a 95 % interval is made from, clustered by prompt (§4)"
    )
    labeler_folds: int | None = Field(
        None,
        gt=1,
        description="groups of labelers; as many reward models are trained, each without one of them, and tested on it "
        "(§4.1: 5); null = not measured",
    )
