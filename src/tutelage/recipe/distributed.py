"""The distributed section: how models are laid over the processes that train them."""

from pydantic import Field

from tutelage.recipe.section import Section


class DistributedRecipe(Section):
    """How many processes there are is said when they are started. What is learned is the same, but for rounding."""

    shard: bool = Field(
        False,
        description="spread weights, gradients and optimizer over the processes (FSDP2); false = each has all of them",
    )
    activation_checkpointing: bool = Field(
        False, description="compute blocks again for their gradient: less memory, a third more time"
    )
