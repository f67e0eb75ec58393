"""The sft section: supervised fine-tuning on demonstrations (§3.5, App. C)."""

from pydantic import Field

from tutelage.recipe.section import MicroBatchTokens, Section


class SFTRecipe(Section):
    """Defaults: the paper's 1.3B and 6B models."""

    demonstrations: int | None = Field(
        None,
        gt=0,
        description="training prompts that labelers demonstrate; null = all there are (Table 6: 12,725)",
    )
    validation_demonstrations: int | None = Field(
        None, gt=0, description="validation prompts that labelers demonstrate; null = all (Table 6: 1,653)"
    )
    epochs: int = Field(
        16, gt=0, description="passes over the demonstrations; the best epoch is kept (App. C.1: 16)"
    )
    learning_rate: float = Field(
        9.65e-6, gt=0, description="peak learning rate, no warm-up (App. C.1: 9.65e-6)"
    )
    final_learning_rate: float = Field(
        0.1, ge=0, le=1, description="fraction of the peak that the cosine ends at (App. C.1: 0.1)"
    )
    batch_size: int = Field(32, gt=0, description="demonstrations an optimiser step (App. C.1: 32)")
    dropout: float = Field(0.2, ge=0, lt=1, description="residual dropout (App. C.1: 0.2)")
    adam_epsilon: float = Field(1e-8, gt=0, description="Adam's epsilon")
    micro_batch_tokens: MicroBatchTokens = None
