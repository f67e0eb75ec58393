"""The data section: the user's own files, and the limits the paper sets on what is used of them."""

from pydantic import Field

from tutelage.recipe.section import Section


class DataRecipe(Section):
    """Files (JSONL, JSONL.gz, Parquet, or hub data set names), not read when `world` is set; and limits, for both."""

    demonstrations: tuple[str, ...] = Field((), description="files of demonstrations (§3.2)")
    comparisons: tuple[str, ...] = Field(
        (), description="files of rankings or of chosen/rejected pairs (§3.2)"
    )
    prompts: tuple[str, ...] = Field(
        (), description="files of prompts for PPO; empty = the prompts of the demonstrations (§3.2)"
    )
    pretraining: tuple[str, ...] = Field(
        (), description="files of documents, for the base model, the initialization and the ptx term (§3.5)"
    )
    max_prompt_tokens: int = Field(
        1000, gt=0, description="longer prompts are dropped, counted in tokens (App. A: 1000)"
    )
    max_completion_tokens: int = Field(
        1000, gt=0, description="tokens at which a completion is cut (App. A: 1000)"
    )
    prompts_per_user: int = Field(200, gt=0, description="prompts kept of any one user (§3.2: 200)")
    template: str | None = Field(
        None,
        description="text put around a prompt, with {prompt} where it goes; null = the tokenizer's chat template "
        "if it has one, else the prompt and a blank line",
    )
