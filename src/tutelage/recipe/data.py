"""The data section: the user's own files, and the limits the paper sets on what is used of them."""

from pydantic import Field, field_validator

from tutelage.data.reading import COLUMNS
from tutelage.recipe.section import Section
from tutelage.schema import suggestion


class DataRecipe(Section):
    """Files (JSONL, CSV, Parquet) or names of data sets, not read when `world` is set; and limits, for both.

    A data set of the hub is OWNER/NAME@REVISION:CONFIGURATION:SPLIT, of which the first part is enough.
    """

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
    columns: dict[str, str] = Field(
        {},
        description="our columns -> their names in the files, e.g. {prompt: question, chosen: best}; in rows without "
        "that column, ours is read",
    )
    streaming: bool = Field(
        False,
        description="read data sets of the hub over the network each time and keep nothing; false = their files come "
        "into the hub's cache once",
    )
    skip_unusable: bool = Field(
        False,
        description="leave out rows that cannot be used, and say so; false = the first one ends the command",
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

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in COLUMNS:
                raise ValueError(f"{name!r} is no column of ours; {suggestion(name, COLUMNS)}")
        return columns
