"""What can be known to be wrong before any long work, is said before it."""

from tutelage.data import Template
from tutelage.models import Architecture, load_tokenizer
from tutelage.pipeline.context import check_context, check_texts, context_of
from tutelage.pipeline.source import Source
from tutelage.pipeline.stages.base import base_folder
from tutelage.recipe import Recipe


def preflight(recipe: Recipe, source: Source) -> None:
    """Raises InputError when the recipe's base model, lengths and data cannot go together. Takes seconds."""
    if recipe.data.template is not None:
        Template.parse(recipe.data.template)
    if recipe.base.model is None:
        sizes = recipe.base.architecture.model_dump()
        Architecture(**sizes)
        check_context(recipe, sizes["context"], longest_prefix=0)
        return
    folder = base_folder(recipe.base.model)
    check_texts(recipe, source, load_tokenizer(folder), context_of(folder))
