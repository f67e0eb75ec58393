"""A judge of answers: a scalar model trained on labels."""

from pydantic import Field

from tutelage.recipe.section import MicroBatchTokens, Section


class JudgeRecipe(Section):
    """By itself, `tutelage train judge`; no stage of a run reads it."""

    epochs: int = Field(5, gt=0, description="passes over the labelled answers (TruthfulQA's judges: 5)")
    learning_rate: float = Field(1e-5, gt=0, description="peak learning rate")
    final_learning_rate: float = Field(
        0.1, ge=0, le=1, description="fraction of the peak that the cosine ends at"
    )
    batch_size: int = Field(32, gt=0, description="answers an optimiser step")
    adam_epsilon: float = Field(1e-8, gt=0, description="Adam's epsilon")
    micro_batch_tokens: MicroBatchTokens = None
