"""What can be known to be wrong before any long work, is said before it."""

from tutelage.data import Template
from tutelage.models import Architecture, load_tokenizer
from tutelage.pipeline.context import check_context, check_texts, context_of
from tutelage.pipeline.engine import require_engine
from tutelage.pipeline.heldout import check_heldout
from tutelage.pipeline.learners import require_adapters
from tutelage.pipeline.rewards import check_rewards
from tutelage.pipeline.source import Source
from tutelage.pipeline.stages.base import base_folder
from tutelage.recipe import Recipe
from tutelage.schema import InputError
from tutelage.tracking import require_trackers


def preflight(recipe: Recipe, source: Source) -> None:
    """Raises InputError when the recipe's base model, lengths and data cannot go together. Takes seconds."""
    require_trackers(recipe.tracking.trackers or ())
    if recipe.data.template is not None:
        Template.parse(recipe.data.template)
    if recipe.reward.model is not None:
        check_reward_start(recipe, recipe.reward.model)
    check_rewards(recipe)
    check_heldout(recipe, source)
    require_adapters(recipe)
    require_engine(recipe)
    if recipe.base.model is None:
        sizes = recipe.base.architecture.model_dump()
        Architecture(**sizes)
        check_context(recipe, sizes["context"], longest_prefix=0)
        return
    folder = base_folder(recipe.base.model)
    check_texts(recipe, source, load_tokenizer(folder), context_of(folder))


def check_reward_start(recipe: Recipe, name: str) -> None:
    """Raises InputError when reward and value model could not read what the policy writes: its tokens, its lengths."""
    folder = base_folder(name)
    own = load_tokenizer(folder)
    if (
        recipe.base.model is None
        or own.get_vocab() != load_tokenizer(base_folder(recipe.base.model)).get_vocab()
    ):
        raise InputError(
            f"{name!r} has other tokens than the base model, and the value model reads the policy's",
            where="reward.model",
            remedy="give a model of the base model's family",
        )
    check_context(recipe, context_of(folder), longest_prefix=0)
