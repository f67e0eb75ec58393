"""The whole configuration of a run, one validated tree; the paper's values are the defaults."""

from tutelage.recipe.base import ArchitectureRecipe, BaseRecipe
from tutelage.recipe.data import DataRecipe
from tutelage.recipe.evaluation import EvaluationRecipe
from tutelage.recipe.files import dump_recipe, load_recipe, shipped_recipes
from tutelage.recipe.ppo import PPORecipe
from tutelage.recipe.rankings import RankingsRecipe, Source
from tutelage.recipe.reward import RewardRecipe
from tutelage.recipe.sft import SFTRecipe
from tutelage.recipe.tree import Recipe

__all__ = [
    "ArchitectureRecipe",
    "BaseRecipe",
    "DataRecipe",
    "EvaluationRecipe",
    "PPORecipe",
    "RankingsRecipe",
    "Recipe",
    "RewardRecipe",
    "SFTRecipe",
    "Source",
    "dump_recipe",
    "load_recipe",
    "shipped_recipes",
]
