"""Recipes as the user writes them: what is read, what is overridden, and how each mistake is told."""

from pathlib import Path

import pytest

from tutelage.recipe import Recipe, dump_recipe, load_recipe, shipped_recipes
from tutelage.schema import InputError


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path: Path | str, *overrides: str) -> str:
    with pytest.raises(InputError) as caught:
        load_recipe(path, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_empty_recipe_is_the_papers(tmp_path: Path) -> None:
    assert load_recipe(written(tmp_path, "")) == Recipe()
    assert load_recipe("paper") == Recipe()


def test_the_papers_values() -> None:
    """Appendix C of the paper, for the 1.3B and 6B models."""
    recipe = Recipe()
    assert (recipe.sft.epochs, recipe.sft.learning_rate, recipe.sft.batch_size) == (16, 9.65e-6, 32)
    assert (recipe.sft.dropout, recipe.sft.final_learning_rate) == (0.2, 0.1)
    assert (recipe.reward.epochs, recipe.reward.learning_rate, recipe.reward.batch_size) == (1, 9e-6, 64)
    assert (recipe.rankings.minimum_completions, recipe.rankings.maximum_completions) == (4, 9)
    ppo = recipe.ppo
    assert (ppo.episodes, ppo.batch_size, ppo.minibatches, ppo.inner_epochs) == (256_000, 512, 8, 1)
    assert (ppo.kl_coefficient, ppo.ptx_coefficient, ppo.ptx_rows_per_episode) == (0.02, 27.8, 8)
    assert (ppo.clip, ppo.gamma, ppo.lam, ppo.ema_decay, ppo.temperature) == (0.2, 1.0, 0.95, 0.992, 1.0)
    assert (ppo.warmup_iterations, ppo.warmup_start, ppo.value_learning_rate) == (10, 0.1, 9e-6)
    assert (recipe.data.max_prompt_tokens, recipe.data.max_completion_tokens) == (1000, 1000)
    assert ppo.initialization is not None
    assert (ppo.initialization.epochs, ppo.initialization.pretraining_share) == (2, 0.1)
    assert recipe.data.prompts_per_user == 200


def test_the_papers_sizes() -> None:
    """Appendix C, where the sizes differ; GPT-3's own batches and rates are of Brown et al. 2020, Table 2.1."""
    small, middle, large = (load_recipe(f"paper-{size}") for size in ("1.3b", "6b", "175b"))
    sft = [(each.sft.learning_rate, each.sft.batch_size, each.sft.epochs) for each in (small, middle, large)]
    assert sft == [(9.65e-6, 32, 16), (9.65e-6, 32, 16), (5.03e-6, 8, 16)]
    starts = [
        each.ppo.initialization and each.ppo.initialization.learning_rate for each in (small, middle, large)
    ]
    assert starts == [5e-6, 1.04e-5, 2.45e-6]
    assert [each.ppo.value_learning_rate for each in (small, middle, large)] == [9e-6, 9e-6, 5e-6]
    assert [each.reward.model or each.base.model for each in (small, middle, large)] == ["gpt3-6b"] * 3
    assert [each.base.learning_rate for each in (small, middle, large)] == [2e-4, 1.2e-4, 0.6e-4]
    assert [each.base.batch_tokens for each in (small, middle, large)] == [1_000_000, 2_000_000, 3_200_000]


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_every_shipped_recipe_is_valid_and_named_like_its_file(name: str) -> None:
    assert load_recipe(name).name == name


def test_the_visible_recipes_are_the_shipped_ones() -> None:
    visible = Path(__file__).parents[2] / "recipes"
    assert {path.stem: path.resolve() for path in visible.glob("*.yaml")} == shipped_recipes()


def test_what_is_dumped_reads_back_the_same(tmp_path: Path) -> None:
    recipe = load_recipe("mini", ["ppo.kl_coefficient=0.07", "rankings.sources=[{model: base, weight: 2}]"])
    assert load_recipe(written(tmp_path, dump_recipe(recipe))) == recipe


def test_overrides_go_over_the_file_and_reach_into_lists(tmp_path: Path) -> None:
    path = written(tmp_path, "ppo: {clip: 0.3}\nrankings:\n  sources: [{model: sft}, {model: base}]\n")
    recipe = load_recipe(
        path, ["ppo.clip=0.1", "sft.learning_rate=2e-4", "rankings.sources.1.temperature=0.5", "name=other"]
    )
    assert (recipe.ppo.clip, recipe.sft.learning_rate, recipe.name) == (0.1, 2e-4, "other")
    assert [source.temperature for source in recipe.rankings.sources] == [1.0, 0.5]


def test_an_override_reaches_into_a_section_that_the_file_leaves_out(tmp_path: Path) -> None:
    path = written(tmp_path, "ppo: {initialization: null}\n")
    assert load_recipe(path).ppo.initialization is None
    changed = load_recipe(path, ["ppo.initialization.epochs=1"]).ppo.initialization
    assert changed is not None
    assert (changed.epochs, changed.pretraining_share) == (1, 0.1)
    assert "'epochs'" in refusal(path, "ppo.initialization.epoch=1")


def test_a_mistyped_field_gets_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    path = written(tmp_path, "seed: 1\nppo:\n  # comment\n  kl_coeficient: 0.1\n")
    message = refusal(path)
    assert message.startswith(f"{path}:4: ppo.kl_coeficient")
    assert "'kl_coefficient'" in message


def test_a_mistyped_section_gets_the_nearest_name(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, "name: a\n\nrewards: {}\n"))
    assert "mine.yaml:3" in message
    assert "'reward'" in message


def test_a_mistyped_field_in_a_list_gets_the_nearest_name(tmp_path: Path) -> None:
    path = written(
        tmp_path, "rankings:\n  sources:\n    - model: sft\n    - model: sft\n      temprature: 2\n"
    )
    message = refusal(path)
    assert f"{path}:5: rankings.sources.1.temprature" in message
    assert "'temperature'" in message


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("ppo:\n  lam: 1.5\n", 2, "ppo.lam"),
        ("sft:\n  epochs: many\n", 2, "sft.epochs"),
        ("\nworld: maxi\n", 2, "world"),
        ("ppo:\n  batch_size: 100\n  minibatches: 8\n", 1, "ppo"),
        ("rankings:\n  minimum_completions: 5\n  maximum_completions: 4\n", 1, "rankings"),
        ("rankings:\n  sources: []\n", 2, "rankings.sources"),
        ("name: a/b\n", 1, "name"),
        ("rounds: 2\n", 1, ""),
    ],
)
def test_a_wrong_value_gets_its_line(tmp_path: Path, text: str, line: int, field: str) -> None:
    message = refusal(written(tmp_path, text))
    assert field in message
    assert f"mine.yaml:{line}: " in message or field == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [("ppo: [1\n", 2), ("- a\n", 1), ("seed: 1\nseed: 2\n", 2), ("ppo:\n  clip: 0.1\n\tlam: 1\n", 3)],
)
def test_what_is_no_recipe_gets_its_line(tmp_path: Path, text: str, line: int) -> None:
    assert f"mine.yaml:{line}" in refusal(written(tmp_path, text))


@pytest.mark.parametrize(
    "override",
    ["ppo.clip", "=1", "ppo.clipp=1", "ppo.clip=[", "ppo.clip.x=1", "rankings.sources.9.model=sft", "nope=1"],
)
def test_a_wrong_override_is_named(override: str) -> None:
    assert f"--set {override}" in refusal("mini", override)


def test_a_section_made_inconsistent_by_an_override_names_it() -> None:
    assert "--set ppo.batch_size=100" in refusal("paper", "ppo.batch_size=100")


def test_a_recipe_that_is_not_there_lists_the_shipped_ones() -> None:
    assert "mini" in refusal("nowhere.yaml")


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe().seed = 1  # type: ignore[misc]


def test_an_alias_that_holds_itself_is_refused(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, "ppo: &again\n  initialization: *again\n"))
    assert "mine.yaml:" in message
    assert "alias" in message


def test_columns_of_other_names_are_ours_to_begin_with() -> None:
    assert load_recipe("paper", ["data.columns.prompt=question"]).data.columns == {"prompt": "question"}
    assert "'promt' is no column of ours; did you mean 'prompt'?" in refusal(
        "paper", "data.columns.promt=question"
    )
