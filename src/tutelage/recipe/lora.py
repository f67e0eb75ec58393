"""The lora section: training by low-rank adapters instead of all weights."""

from typing import Literal

from pydantic import Field

from tutelage.recipe.section import Section


class LoraRecipe(Section):
    """An adapter adds `alpha / rank` · B · A to each weight, and A and B learn alone (Hu et al. 2022).

    Steps 1 to 3 each train an adapter of their own, and each ends with a whole model, the adapter in its weights.
    """

    rank: int = Field(16, gt=0, description="rows of A and columns of B")
    alpha: int = Field(32, gt=0, description="the adapter's weight is alpha / rank")
    layers: tuple[str, ...] | None = Field(
        None,
        min_length=1,
        description="names of layers that have an adapter, such as q_proj; null = all linear ones",
    )
    quantization: Literal["nf4"] | None = Field(
        None,
        description="'nf4' = while adapters learn, the weights beside them lie in four bits (QLoRA, Dettmers et al. "
        "2023); null = in the type of the products",
    )
