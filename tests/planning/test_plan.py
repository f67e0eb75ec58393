"""Layouts, what devices send, how long stages take: by hand."""

from dataclasses import replace

import pytest

from tutelage.planning import Counts, Layout, fitting, machine_of, plan, shape_of
from tutelage.planning.communication import traffic
from tutelage.planning.hardware import Machine
from tutelage.planning.layouts import candidates
from tutelage.planning.memory import Setting
from tutelage.planning.passes import Pass
from tutelage.planning.seconds import duration
from tutelage.planning.shapes import llama
from tutelage.planning.stages import StageWork, Steps
from tutelage.recipe import Recipe, load_recipe
from tutelage.schema import InputError

SMALL = llama(2, 3, 1, 5, 7, context=64)
H100 = machine_of("h100-80")
RECIPE = Recipe(precision="bf16")
COUNTS = Counts.of(RECIPE)
LEARNED = Pass("texts", SMALL, tokens=800, predicted=800, length=10, batches=4, of_batch=20, kind="learned")
STEPS = Steps(SMALL, SMALL.parameters, 4)


def settings(layout: Layout, machine: Machine = H100) -> Setting:
    return Setting(machine, layout, "bf16")


def test_replicas_sum_their_gradients_once_a_step() -> None:
    """A ring's sum of n bytes sends 2 n · (ranks - 1) / ranks."""
    stage = StageWork("sft", (LEARNED,), (STEPS,))
    sent = traffic(stage, settings(Layout(8)))
    assert sent.summed == pytest.approx(4 * 2 * 4 * SMALL.parameters * 7 / 8)
    assert sent.gathered == 0


def test_shards_are_gathered_twice_a_pass_and_their_gradients_divided() -> None:
    stage = StageWork("sft", (LEARNED,), (STEPS,))
    sent = traffic(stage, settings(Layout(8, shard=True)))
    assert sent.gathered == pytest.approx(4 * 2 * 2 * SMALL.parameters * 7 / 8)  # in 16 bits
    assert sent.summed == pytest.approx(4 * 4 * SMALL.parameters * 7 / 8)


def test_two_terms_are_summed_one_by_one() -> None:
    stages = (StageWork("ppo", (LEARNED,), (replace(STEPS, measured=each),)) for each in (False, True))
    plain, mixed = (traffic(stage, settings(Layout(8))).summed for stage in stages)
    assert mixed == 2 * plain


def test_candidates_are_sampled_by_one_rank_while_the_others_wait() -> None:
    recipe = load_recipe("mini")
    hours = [
        {
            stage.work.name: stage.duration.total
            for stage in plan(recipe, Counts.of(recipe), SMALL, SMALL, H100, Layout(ranks)).stages
        }
        for ranks in (1, 4)
    ]
    assert hours[0]["rankings"] == hours[1]["rankings"]
    assert hours[0]["sft"] > hours[1]["sft"]


def test_one_device_sends_nothing() -> None:
    stage = StageWork("sft", (LEARNED,), (STEPS,))
    assert traffic(stage, settings(Layout())).bytes == 0


def test_between_nodes_the_network_counts() -> None:
    stage = StageWork("sft", (LEARNED,), (STEPS,))
    within, beyond = (settings(Layout(ranks)) for ranks in (8, 16))
    sent = traffic(stage, beyond)
    assert sent.seconds(beyond) == pytest.approx(sent.bytes / H100.network)
    assert traffic(stage, within).seconds(within) == pytest.approx(traffic(stage, within).bytes / H100.link)


def test_seconds_are_operations_over_what_is_reached_and_bytes_over_the_bandwidth() -> None:
    machine = replace(H100, bf16=1e6, efficiency=0.5, bandwidth=1e4)
    took = duration(StageWork("sft", (LEARNED,), (STEPS,)), COUNTS, settings(Layout(), machine))
    assert took.parts["texts"] == pytest.approx((LEARNED.weights + LEARNED.attention) / 5e5)
    assert took.parts["optimizers"] == pytest.approx(4 * SMALL.parameters * 32 / 1e4)
    assert took.total == pytest.approx(sum(took.parts.values()))


def test_a_rank_without_examples_helps_nobody() -> None:
    stage = StageWork("sft", (LEARNED,), ())
    times = [duration(stage, COUNTS, settings(Layout(ranks))).computing for ranks in (1, 10, 20, 40)]
    assert times[0] == pytest.approx(10 * times[1]) == pytest.approx(20 * times[2])
    assert times[3] == times[2]


def test_computing_again_takes_a_third_longer() -> None:
    stage = StageWork("sft", (LEARNED,), ())
    plain, again = (
        duration(stage, COUNTS, settings(Layout(activation_checkpointing=each))).computing
        for each in (False, True)
    )
    assert again == pytest.approx(4 / 3 * plain)


def test_decoding_reads_all_weights_at_every_token() -> None:
    machine = replace(H100, bf16=1e30, bandwidth=1e6)
    drawn = Pass("sampling", SMALL, tokens=60, predicted=60, length=0, batches=1, of_batch=20, kind="drawn")
    took = duration(StageWork("rankings", (drawn,)), COUNTS, settings(Layout(), machine))
    # 20 rows at once: 3 steps, each reads 138 + 14 weights of two bytes
    assert took.computing == pytest.approx(3 * 2 * 152 / 1e6)


def test_layouts_go_from_the_plainest_to_the_leanest() -> None:
    assert [each.shard for each in candidates(1)] == [False, False]
    assert candidates(8)[0] == Layout(8)
    assert candidates(8)[-1] == Layout(8, True, True)


def fitted(name: str, devices: int) -> Layout:
    shape = shape_of(name)
    return fitting(RECIPE, COUNTS, shape, shape, H100, devices).setting.layout


def test_what_has_room_is_not_divided() -> None:
    assert fitted("Qwen/Qwen2.5-0.5B", 8) == Layout(8)


def test_what_has_no_room_is_sharded() -> None:
    assert fitted("meta-llama/Llama-3.2-3B", 8).shard


def test_what_nothing_helps_is_said_not_to_fit() -> None:
    shape = shape_of("gpt3-175b")
    planned = fitting(RECIPE, COUNTS, shape, shape_of("gpt3-6b"), H100, 64)
    assert not planned.fits
    assert "the whole policy, to sample from" in planned.fullest.memory.held


def test_rounds_repeat_steps_two_and_three() -> None:
    recipe = load_recipe("mini", ["rounds=3"])
    once = load_recipe("mini")
    days = [
        {
            stage.work.name: stage.work.petaflop_days
            for stage in plan(each, Counts.of(each), SMALL, SMALL, H100, Layout()).stages
        }
        for each in (once, recipe)
    ]
    for name, factor in {"sft": 1, "rankings": 3, "reward": 3, "ppo": 1, "ppo_ptx": 3}.items():
        assert days[1][name] == pytest.approx(factor * days[0][name])


def test_an_unknown_machine_is_told_the_known() -> None:
    with pytest.raises(InputError, match="h100-80"):
        machine_of("abacus")


def test_without_a_value_function_nothing_is_counted_for_one() -> None:
    """Four samples of a prompt, compared with each other: 2 + 1 models and one optimizer less than with GAE."""
    changes = ["ppo.advantages=leave_one_out", "ppo.samples_per_prompt=4", "distributed.shard=false"]
    recipes = load_recipe("paper"), load_recipe("paper", changes)
    (gae, others) = (
        next(
            stage
            for stage in plan(each, Counts.of(each), SMALL, SMALL, H100, Layout()).stages
            if stage.work.name == "ppo"
        )
        for each in recipes
    )
    names = [{each.name: each for each in stage.work.passes} for stage in (gae, others)]
    assert set(names[0]) - set(names[1]) == {"values", "value function"}
    assert names[1]["prompts"].tokens == names[0]["prompts"].tokens / 4
    assert names[1]["sampling"].tokens == names[0]["sampling"].tokens
    assert names[1]["reward model"].tokens == 256_000 * (1000 / 4 + 1000)
    assert len(others.work.steps) == 1
    held = gae.memory.held, others.memory.held
    assert held[0]["weights"] - held[1]["weights"] == 4 * SMALL.scalar
    assert held[0]["gradients"] - held[1]["gradients"] == 4 * SMALL.scalar
    assert held[0]["Adam's moments"] - held[1]["Adam's moments"] == 8 * SMALL.scalar


def test_patience_keeps_the_best_average_a_copy_and_a_judge() -> None:
    small = ["ppo.ptx_coefficient=0", "ppo.micro_batch_tokens=2000", "ppo.batch_size=8", "ppo.episodes=80"]

    def held(*changes: str) -> dict[str, float]:
        recipe = load_recipe("paper", [*small, *changes])
        stages = plan(recipe, Counts.of(recipe), SMALL, SMALL, H100, Layout()).stages
        return dict(next(stage.memory.held for stage in stages if stage.work.name == "ppo"))

    found, plain = held("ppo.patience=3", "evaluation.prompts=500"), held("evaluation.prompts=500")
    assert found["average that held-out judges liked best"] == plain["moving average"]
    assert (
        found["whole average, to sample from"] == 4 * SMALL.parameters
    )  # the fullest moment: 500 rows, not 8
    assert found["held-out judge"] == 4 * SMALL.scalar
    assert "held-out judge" not in held("ppo.patience=3", "world=mini")
