"""What a recipe says of how its files are read, and its names of the hub at their commits."""

from tutelage.data import Reading, Unusable
from tutelage.data.hub_rows import pinned_rows
from tutelage.data.rows import data_set_named
from tutelage.models.location import at_commit
from tutelage.recipe import DataRecipe, Recipe
from tutelage.recipe.rewards import OWN, RewardSource
from tutelage.recipe.section import Section

FILES = ("demonstrations", "comparisons", "prompts", "pretraining")


def reading_of(data: DataRecipe, unusable: Unusable) -> Reading:
    """How the recipe's files are read."""
    return Reading(data.columns, data.streaming, unusable if data.skip_unusable else None)


def with_commits(recipe: Recipe) -> Recipe:
    """The recipe with every name of the hub at its commit: what is identified and written down is what was used.

    Raises InputError where a commit cannot be found out.
    """
    models: dict[str, Section] = {
        section: getattr(recipe, section).model_copy(update={"model": at_commit(name)})
        for section in ("base", "reward")
        if (name := getattr(recipe, section).model) not in (None, "mini")
    }
    if recipe.ppo.rewards is not None:
        rewards = tuple(map(_reward_at, recipe.ppo.rewards))
        models["ppo"] = recipe.ppo.model_copy(update={"rewards": rewards})
    if recipe.world is not None:
        return recipe.model_copy(update=models)
    files = {field: tuple(map(_rows_at, getattr(recipe.data, field))) for field in FILES}
    return recipe.model_copy(update={**models, "data": recipe.data.model_copy(update=files)})


def _reward_at(source: RewardSource) -> RewardSource:
    if source.model in (None, OWN):
        return source
    return source.model_copy(update={"model": at_commit(str(source.model))})


def _rows_at(name: str) -> str:
    data_set = data_set_named(name)
    return name if data_set is None else pinned_rows(name, data_set)
