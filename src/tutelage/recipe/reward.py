"""The reward section: the reward model (§3.5, App. C)."""

from pydantic import Field

from tutelage.recipe.section import MicroBatchTokens, Section


class RewardRecipe(Section):
    """All comparisons of a prompt are one batch element; one epoch, or it overfits (§3.5)."""

    model: str | None = Field(
        None,
        description="transformers folder or hub name of the model that reward and value model are made from, of the "
        "base model's vocabulary (App. C.2: 6B for every policy); null = the SFT model",
    )
    epochs: int = Field(1, gt=0, description="passes over the rankings (App. C.2: 1)")
    learning_rate: float = Field(9e-6, gt=0, description="peak learning rate (App. C.2: 9e-6)")
    final_learning_rate: float = Field(
        0.1, ge=0, le=1, description="fraction of the peak that the cosine ends at (App. C.2: 0.1)"
    )
    batch_size: int = Field(
        64, gt=0, description="prompts an optimiser step, each with all its comparisons (App. C.2: 64)"
    )
    adam_epsilon: float = Field(1e-8, gt=0, description="Adam's epsilon")
    micro_batch_tokens: MicroBatchTokens = None
