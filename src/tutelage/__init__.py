"""Tutelage: InstructGPT's method, from demonstrations to a policy. The public face, loaded on first use.

Nothing heavy is imported until one of the names is asked for, so that `import tutelage` costs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tutelage.models import load_policy
    from tutelage.pipeline import run
    from tutelage.recipe import Recipe
    from tutelage.rollout import Sampler, load_reward_model

__version__ = "0.1.0"

__all__ = ["Recipe", "Sampler", "__version__", "load_policy", "load_reward_model", "run"]

_HOMES = {
    "Recipe": "tutelage.recipe",
    "run": "tutelage.pipeline",
    "load_policy": "tutelage.models",
    "load_reward_model": "tutelage.rollout",
    "Sampler": "tutelage.rollout",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tutelage' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
