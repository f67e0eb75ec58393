"""What a run computes: the paper's figures from its recipes, and small cases by hand."""

import pytest
from benchmarks.plans import PAPER, computed

from tutelage.planning import Counts, Layout, machine_of, plan, shape_of
from tutelage.planning.passes import Pass
from tutelage.planning.shapes import llama
from tutelage.planning.stages import StageWork, reinforcement, stages_of
from tutelage.recipe import PPORecipe, Recipe, load_recipe, shipped_recipes

# 3 blocks of 4·2² weights in attention and 3·2·5 in the feed-forward layer: 138; 2·7 = 14 in the head
SMALL = llama(2, 3, 1, 5, 7, context=64)


def days_of(name: str, *overrides: str) -> dict[str, float]:
    recipe = load_recipe(name, overrides)
    policy, reward = (shape_of(each or "gpt3-6b") for each in (recipe.base.model, recipe.reward.model))
    stages = stages_of(recipe, Counts.of(recipe), policy, reward, "bf16")
    return {stage.name: stage.petaflop_days for stage in stages}


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_compute_follows_from_its_recipe(name: str) -> None:
    """§5.1: 3,640, 4.9 and 60 petaflop/s-days; within three in a hundred."""
    assert computed()[name] == pytest.approx(PAPER[name], rel=0.03)


def test_the_papers_figures_need_texts_as_long_as_they_may_be() -> None:
    """With prompts and completions of a quarter of that its SFT would have taken a quarter."""
    recipe = load_recipe("paper-175b")
    counts = Counts.of(recipe, prompt=250, completion=250)
    policy, reward = shape_of("gpt3-175b"), shape_of("gpt3-6b")
    sft = next(each for each in stages_of(recipe, counts, policy, reward, "bf16") if each.name == "sft")
    assert sft.petaflop_days == pytest.approx(PAPER["175B SFT"] / 4, rel=0.03)


def test_most_of_ppo_ptx_is_pretraining_text() -> None:
    days = days_of("paper-175b")
    assert 1 - days["ppo"] / days["ppo_ptx"] > 0.8


def test_reading_is_two_operations_a_weight_and_learning_six() -> None:
    read = Pass("", SMALL, tokens=10, predicted=4, length=5, batches=1, of_batch=2)
    assert read.weights == 2 * (138 * 10 + 14 * 4)
    # 2 products of 2 operations, 3 layers, one head of 2; a token sees 2.5 others
    assert read.attention == 2 * 2 * 3 * 1 * 2 * 10 * 2.5
    learned = Pass("", SMALL, 10, 4, 5, 1, 2, "learned")
    assert (learned.weights, learned.attention) == (3 * read.weights, 3 * read.attention)


def iteration(precision: str, **settings: object) -> StageWork:
    recipe = Recipe.model_validate(
        {
            "data": {"max_prompt_tokens": 10, "max_completion_tokens": 4},
            "base": {"row_tokens": 8},
            "ppo": {"episodes": 6, "batch_size": 6, "minibatches": 2, **settings},
        }
    )
    counts = Counts.of(recipe)
    return reinforcement("ppo_ptx", recipe.ppo, recipe, counts, SMALL, SMALL, precision)  # type: ignore[arg-type]


def test_an_iteration_of_ppo_by_hand() -> None:
    tokens, new, body, head = 6 * 14, 6 * 4, 138, 14
    by_name = {each.name: each.weights for each in iteration("bf16", ptx_rows_per_episode=2).passes}
    assert by_name == {
        "prompts": 2 * body * 60,
        "sampling": 2 * (body + head) * new,
        "reference": 2 * (body * tokens + head * new),
        "reward model": 2 * body * tokens,
        "values": 2 * body * tokens,
        "value function": 6 * body * tokens,
        "policy": 6 * (body * tokens + head * new),
        "log π_old again": 2 * (body * tokens + head * new),
        "pretraining rows": 6 * (body + head) * 2 * 6 * 8,
    }


def test_in_fp32_nothing_is_read_again_and_plain_ppo_reads_no_text() -> None:
    names = [each.name for each in iteration("fp32", ptx_coefficient=0).passes]
    assert "log π_old again" not in names
    assert "pretraining rows" not in names


def test_what_is_ours_is_not_counted_as_the_methods() -> None:
    work = iteration("bf16")
    ours = [each for each in work.passes if each.ours]
    assert work.weights(ours=True) - work.weights() == sum(each.weights for each in ours) > 0


def test_a_warm_up_of_the_value_function_leaves_the_policy_fewer_updates() -> None:
    recipe = Recipe(ppo=PPORecipe(episodes=40, batch_size=4, minibatches=2, value_warmup_iterations=5))
    stage = reinforcement("ppo_ptx", recipe.ppo, recipe, Counts.of(recipe), SMALL, SMALL, "fp32")
    assert [steps.count for steps in stage.steps] == [10, 20]


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_every_shipped_recipe_is_planned(name: str) -> None:
    recipe = load_recipe(name)
    model = recipe.base.model
    policy = SMALL if model in (None, "mini") else shape_of(str(model))
    planned = plan(recipe, Counts.of(recipe), policy, policy, machine_of("h200"), Layout())
    assert all(stage.work.petaflop_days > 0 for stage in planned.stages)
    assert all(stage.memory.total > 0 and stage.duration.total > 0 for stage in planned.stages)
    assert {"sft", "reward", "ppo", "ppo_ptx"} <= {stage.work.name for stage in planned.stages}
