"""A reward model of another size than the policy (App. C.2), and the initialization's own learning rate (App. C.3)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import (
    Architecture,
    load_policy,
    load_reward_model,
    load_tokenizer,
    new_policy,
    save_model,
)
from tutelage.pipeline import run
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.preflight import preflight
from tutelage.recipe import InitializationRecipe, Recipe, SFTRecipe
from tutelage.schema import InputError

SIZES = {"layers": 1, "heads": 2, "intermediate_size": 32, "context": 384}


def other_base(folder: Path, tiny_base: Path, width: int) -> Path:
    """A model of the same tokens and another width."""
    tokenizer = load_tokenizer(tiny_base)
    architecture = Architecture(hidden_size=width, vocabulary_size=len(tokenizer), **SIZES)
    model = new_policy(
        architecture, 2, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    save_model(model, tokenizer, folder)
    return folder


def test_reward_and_value_model_may_be_of_another_size(
    tiny: Callable[..., Recipe], tiny_base: Path, tmp_path: Path
) -> None:
    start = other_base(tmp_path / "larger", tiny_base, width=24)
    recipe = tiny(f"reward.model={start}", "rankings.sources=[{model: sft}]")
    folder = run(recipe, tmp_path / "run", until="ppo")
    assert load_reward_model(folder / "models" / "reward").config.hidden_size == 24
    assert load_policy(folder / "models" / "ppo").config.hidden_size == 16


def test_a_reward_model_of_other_tokens_is_refused_before_any_work(
    tiny: Callable[..., Recipe], world: MiniSource, tmp_path: Path
) -> None:
    tokenizer = build_tokenizer(["one two three"] * 2, 300)
    architecture = Architecture(hidden_size=16, vocabulary_size=len(tokenizer), **SIZES)
    model = new_policy(
        architecture, 1, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    save_model(model, tokenizer, tmp_path / "other")
    with pytest.raises(InputError, match=r"reward\.model"):
        preflight(tiny(f"reward.model={tmp_path / 'other'}"), world)


def test_the_initialization_has_its_own_learning_rate_or_that_of_sft() -> None:
    sft = SFTRecipe(learning_rate=3e-5)
    own = InitializationRecipe(learning_rate=1e-6).settings(sft)
    assert (own.learning_rate, own.epochs, own.batch_size) == (1e-6, 2, sft.batch_size)
    assert InitializationRecipe().settings(sft).learning_rate == 3e-5
