"""How many tokens a model can see, and whether the recipe's texts fit in."""

from pathlib import Path

from transformers import AutoConfig, PretrainedConfig, PreTrainedTokenizerBase

from tutelage.data import Template, template_for
from tutelage.models.location import model_folder
from tutelage.pipeline.encoding import fills_a_row
from tutelage.pipeline.source import Source
from tutelage.recipe import Recipe
from tutelage.schema import InputError


def context_of(folder: str | Path) -> int:
    """Tokens that a model can see, in a folder or by its name on the hub. Raises InputError when there is none."""
    try:
        config = AutoConfig.from_pretrained(model_folder(folder, weights=False), trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"cannot read the model's configuration ({str(error).splitlines()[0][:200]})",
            where=str(folder),
            remedy="give a transformers folder",
        ) from error
    return tokens_seen_by(config)


def tokens_seen_by(config: PretrainedConfig) -> int:
    """Tokens that a model of this configuration can see; more than any text has where it does not say."""
    return int(getattr(config, "max_position_embeddings", 0)) or 1 << 30


def check_context(recipe: Recipe, context: int, longest_prefix: int, *, rows: bool = True) -> None:
    """A prompt and its completion, and where there are packed rows each of them, must fit what the model sees."""
    limits = recipe.data
    needed = longest_prefix + limits.max_prompt_tokens + limits.max_completion_tokens
    if needed > context:
        prefix = f", and of the few-shot prefix {longest_prefix}" if longest_prefix else ""
        raise InputError(
            f"a prompt may have {limits.max_prompt_tokens} tokens and its completion {limits.max_completion_tokens}"
            f"{prefix}: together longer than the model's context of {context}",
            where="data.max_prompt_tokens",
            remedy="lower data.max_prompt_tokens or data.max_completion_tokens",
        )
    if rows and recipe.base.row_tokens > context:
        raise InputError(
            f"{recipe.base.row_tokens} tokens a row are more than the model's context of {context}",
            where="base.row_tokens",
            remedy="lower it",
        )


def check_texts(recipe: Recipe, source: Source, tokenizer: PreTrainedTokenizerBase, context: int) -> None:
    """As `check_context`, and the prompts themselves, now that there is a tokenizer to count their tokens with.

    Prompts above the recipe's limit are left out (App. A); a prompt that the user named for use and that the model
    could never see is refused, and so are prompts that are all too long.
    """
    few_shot = source.prompting().template
    check_context(recipe, context, len(tokenizer.encode(few_shot.prefix + few_shot.suffix)))
    template = (
        template_for(tokenizer) if recipe.data.template is None else Template.parse(recipe.data.template)
    )
    room = context - recipe.data.max_completion_tokens
    for where, prompt in source.named_prompts():
        tokens = len(template.encode_prompt(tokenizer, prompt.text))
        if tokens > room:
            raise InputError(
                f"the prompt has {tokens} tokens, and with a completion of {recipe.data.max_completion_tokens} it is "
                f"longer than the model's context of {context}",
                where=where,
                remedy="shorten it or leave it out",
            )
    reads_text = recipe.ppo.ptx_coefficient > 0 or recipe.ppo.initialization is not None
    if reads_text and not fills_a_row(source.documents(), tokenizer, recipe.base.row_tokens):
        raise InputError(
            f"the documents do not fill a single row of {recipe.base.row_tokens} tokens",
            where="data.pretraining",
            remedy="give more text, lower base.row_tokens, or set ppo.ptx_coefficient=0 and ppo.initialization=null",
        )
    most = recipe.data.max_prompt_tokens
    if all(len(template.encode_prompt(tokenizer, prompt.text)) > most for prompt in source.prompts()):
        raise InputError(
            f"every prompt is longer than {most} tokens",
            where="data.max_prompt_tokens",
            remedy="raise it, or give shorter prompts",
        )
