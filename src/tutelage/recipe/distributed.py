"""The distributed section: how models are laid over the processes that train them."""

from pydantic import Field

from tutelage.recipe.section import Section


class DistributedRecipe(Section):
    """How many processes there are is said when they are started; none of this changes what is learned."""

    shard: bool = Field(
        False,
        description="spread weights, gradients and optimizer over the processes (FSDP2); false = each has all of them",
    )
    activation_checkpointing: bool = Field(
        False, description="compute blocks again for their gradient: less memory, a third more time"
    )
    cpu_offload: bool = Field(
        False, description="keep shards in the machine's memory and not on the GPU: less of the GPU's, slower"
    )
