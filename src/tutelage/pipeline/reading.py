"""What a recipe says of how its files are read, and its names of the hub at their commits."""

from tutelage.data import Reading, Unusable
from tutelage.data.hub_rows import pinned_rows
from tutelage.data.rows import data_set_named
from tutelage.models.location import at_commit
from tutelage.recipe import DataRecipe, Recipe

FILES = ("demonstrations", "comparisons", "prompts", "pretraining")


def reading_of(data: DataRecipe, unusable: Unusable) -> Reading:
    """How the recipe's files are read."""
    return Reading(data.columns, data.streaming, unusable if data.skip_unusable else None)


def with_commits(recipe: Recipe) -> Recipe:
    """The recipe with every name of the hub at its commit: what is identified and written down is what was used.

    Raises InputError where a commit cannot be found out.
    """
    models = {
        section: getattr(recipe, section).model_copy(update={"model": at_commit(name)})
        for section in ("base", "reward")
        if (name := getattr(recipe, section).model) not in (None, "mini")
    }
    if recipe.world is not None:
        return recipe.model_copy(update=models)
    files = {field: tuple(map(_rows_at, getattr(recipe.data, field))) for field in FILES}
    return recipe.model_copy(update={**models, "data": recipe.data.model_copy(update=files)})


def _rows_at(name: str) -> str:
    data_set = data_set_named(name)
    return name if data_set is None else pinned_rows(name, data_set)
