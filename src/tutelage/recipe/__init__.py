"""The whole configuration of a run, one validated tree; the paper's values are the defaults."""

from tutelage.recipe.base import ArchitectureRecipe, BaseRecipe
from tutelage.recipe.data import DataRecipe
from tutelage.recipe.evaluation import EvaluationRecipe
from tutelage.recipe.files import dump_recipe, load_recipe, shipped_recipes
from tutelage.recipe.judge import JudgeRecipe
from tutelage.recipe.lora import LoraRecipe
from tutelage.recipe.ppo import InitializationRecipe, PPORecipe
from tutelage.recipe.rankings import CandidateSource, RankingsRecipe
from tutelage.recipe.reward import RewardRecipe
from tutelage.recipe.rollout import RolloutRecipe
from tutelage.recipe.sft import SFTRecipe
from tutelage.recipe.tracking import TrackingRecipe
from tutelage.recipe.tree import Recipe

__all__ = [
    "ArchitectureRecipe",
    "BaseRecipe",
    "CandidateSource",
    "DataRecipe",
    "EvaluationRecipe",
    "InitializationRecipe",
    "JudgeRecipe",
    "LoraRecipe",
    "PPORecipe",
    "RankingsRecipe",
    "Recipe",
    "RewardRecipe",
    "RolloutRecipe",
    "SFTRecipe",
    "TrackingRecipe",
    "dump_recipe",
    "load_recipe",
    "shipped_recipes",
]
