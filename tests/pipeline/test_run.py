"""The whole method on a tiny recipe: it runs, it skips what is done, and it survives being stopped anywhere."""

import json
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from tutelage.models import load_policy
from tutelage.pipeline import run, workbench
from tutelage.pipeline.display import StageDisplay
from tutelage.pipeline.interruption import Interruption
from tutelage.recipe import Recipe, load_recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import InputError
from tutelage.store import Store
from tutelage.training import Interrupted, Monitor

Tiny = Callable[..., Recipe]

STAGES = [
    "data",
    "base",
    "sft",
    "labelers",
    "rankings",
    "reward",
    "sft_choice",
    "best_of_n",
    "initialization",
    "ppo",
    "ppo_ptx",
    "answers",
    "preference",
    "reward_accuracy",
    "probes",
    "tax",
    "divergence",
    "report",
]


def stages(folder: Path) -> dict[str, Any]:
    ledger: dict[str, Any] = json.loads((folder / "stages.json").read_text())
    return ledger


def weights(folder: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in sorted(folder.glob("models/*/model.safetensors"))}


def figures(folder: Path) -> dict[str, Any]:
    """The report without what the clock says."""
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    report.pop("seconds")
    return report


def metrics(folder: Path) -> list[str]:
    return (folder / "metrics.jsonl").read_text().splitlines()


def assert_same_run(one: Path, other: Path) -> None:
    assert weights(one) == weights(other)
    assert figures(one) == figures(other)
    assert metrics(one) == metrics(other)
    for records in ("rankings", "completions", "ratings", "demonstrations"):
        first, second = Store(one / "tutelage.db"), Store(other / "tutelage.db")
        assert getattr(first, records)() == getattr(second, records)()
        first.close()
        second.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs") / "undisturbed"


@pytest.fixture
def finished(tiny: Tiny, undisturbed: Path) -> Path:
    """A run of the tiny recipe from beginning to end; done once, whichever test asks first."""
    return run(tiny(), undisturbed)


def test_every_stage_is_on_record_and_leaves_what_the_design_says(finished: Path) -> None:
    assert sorted(stages(finished)) == sorted(STAGES)
    assert set(weights(finished)) >= {"base", "sft", "reward", "initialization", "ppo", "ppo_ptx"}
    for name in ("recipe.yaml", "tutelage.db", "metrics.jsonl", "report.html", "report.json"):
        assert (finished / name).is_file()
    assert not list((finished / "checkpoints").glob("*.pt"))


def test_the_recipe_on_disk_is_the_recipe(finished: Path, tiny: Tiny) -> None:
    written = load_recipe(finished / "recipe.yaml")
    assert tiny().precision == "auto"
    assert written.precision in ("fp32", "bf16")
    assert written.model_copy(update={"precision": "auto"}) == tiny()


def test_the_report_has_every_section(finished: Path) -> None:
    report = figures(finished)
    five = {"base", "base_prompted", "sft", "ppo", "ppo_ptx"}
    assert set(report["preference"]["heldout_labelers"]) == five - {"sft"}
    assert set(report["likert"]["training_labelers"]) == five
    for section in ("metadata", "truthfulness", "toxicity", "bias", "utility"):
        assert set(report[section]) == five
    assert set(report["alignment_tax"]) == five - {"base_prompted"}
    assert set(report["kl"]) == {"ppo", "ppo_ptx"}
    assert report["reward_model"]["labeler_agreement"].keys() == {"training", "heldout"}
    assert report["best_of_n"]["heldout_labelers"].keys() == {"reward_model", "oracle"}
    assert len(report["curves"]["ppo"]["utility"]["x"]) == len(report["curves"]["ppo"]["score"]["x"]) == 6
    assert five < set(report["samples"][0])


def test_the_reward_model_is_measured_by_part_and_over_optimization_by_kl(finished: Path) -> None:
    report = figures(finished)
    measured = report["reward_model"]
    for parts in ("by_use_case", "by_size", "by_distance"):
        pairs = sum(part["n"] for part in measured[parts].values())
        assert pairs == measured["n"]
    assert sum(bin["observed"]["n"] for bin in measured["calibration"]) == measured["n"]
    assert measured["score_by_length"]
    assert "labeler_folds" not in measured

    parted = report["over_optimization"]
    assert parted["judge"] == "the oracle"
    assert [point["label"] for point in parted["methods"]["best_of_n"]] == ["n = 1", "n = 2"]
    assert parted["methods"]["best_of_n"][0]["kl"] == 0
    curve = report["best_of_n"]["curve"]["reward_model"]
    judged = {point["label"]: point["judged"] for point in parted["methods"]["best_of_n"]}
    assert judged == {f"n = {n}": curve[n] for n in ("1", "2")}
    for policy in ("ppo", "ppo_ptx"):
        lines = lines_of(finished, policy)
        points = parted["methods"][policy]
        assert [point["label"] for point in points] == [f"iterations {n}–{n + 1}" for n in (1, 3, 5)]
        assert points[1]["kl"] == pytest.approx((lines[2]["kl"] + lines[3]["kl"]) / 2)
        assert points[1]["proxy"]["mean"] == pytest.approx((lines[2]["score"] + lines[3]["score"]) / 2)
        assert points[1]["judged"]["mean"] == pytest.approx((lines[2]["utility"] + lines[3]["utility"]) / 2)


def test_prompts_are_counted_as_in_table_6(finished: Path) -> None:
    counts = figures(finished)["data_counts"]
    found = stages(finished)
    assert sum(count for name, count in counts["sft"].items() if name.startswith("train")) == 24
    assert sum(counts["reward"].values()) == (
        found["rankings"]["findings"]["rankings"] + found["rankings"]["findings"]["validation_rankings"]
    )
    for split, count in found["data"]["findings"]["prompts"].items():
        assert sum(own for name, own in counts["ppo"].items() if name.startswith(split)) == count


@pytest.mark.usefixtures("plain_page")
def test_folds_of_labelers_are_measured_where_they_are_asked_for(
    tiny: Tiny, tmp_path: Path, finished: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    run(tiny("evaluation.labeler_folds=3"), copy)
    folds = figures(copy)["reward_model"]["labeler_folds"]
    assert folds["seen"]["n"] == 2 * folds["unseen"]["n"]
    assert folds["unseen"]["n"] == sum(fold["accuracy"]["n"] for fold in folds["folds"])
    named = [name for fold in folds["folds"] for name in fold["labelers"]]
    assert len(named) == len(set(named)) <= 6
    assert not list((copy / "checkpoints").glob("*.pt"))


def test_rankings_have_the_stated_sources_and_sizes_and_one_training_labeler(finished: Path) -> None:
    with Store(finished / "tutelage.db") as store:
        batch = f"rankings/{stages(finished)['rankings']['identity'][:16]}"
        rankings = store.rankings(batch=batch)
        training = {labeler.name for labeler in store.labelers() if labeler.group == "training"}
        heldout = {labeler.name for labeler in store.labelers() if labeler.group == "heldout"}
    sources = {source for ranking in rankings for source in ranking.sources or ()}
    assert sources == {"sft", "base_prompted", "base", "policy", "demonstration"}
    assert all(2 <= len(ranking.completions) <= 4 for ranking in rankings)
    assert {ranking.labeler for ranking in rankings} <= training
    assert not training & heldout


def test_plain_transformers_gives_the_same_logits_and_scores(finished: Path) -> None:
    folder = finished / "models" / "ppo_ptx"
    tokens = torch.tensor([[5, 9, 11, 7]])
    with torch.no_grad():
        theirs = AutoModelForCausalLM.from_pretrained(folder)(tokens).logits
        ours = load_policy(folder)(tokens).logits
    torch.testing.assert_close(theirs, ours)

    scorer = load_reward_model(finished / "models" / "reward")
    tokenizer = AutoTokenizer.from_pretrained(finished / "models" / "reward")
    plain = AutoModelForSequenceClassification.from_pretrained(finished / "models" / "reward")
    prompts, completions = ["Name three fruits.", "Hello."], ["apple, plum, pear.", "Good day to you."]
    texts = [f"{prompt}\n\n" for prompt in prompts]
    rows = [
        tokenizer(text, add_special_tokens=False)["input_ids"]
        + tokenizer(completion, add_special_tokens=False)["input_ids"]
        + [tokenizer.eos_token_id]
        for text, completion in zip(texts, completions, strict=True)
    ]
    batch = tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="right")
    with torch.no_grad():
        scores = plain(**batch).logits[:, 0]
    torch.testing.assert_close(scores, scorer(prompts, completions), atol=1e-5, rtol=1e-5)


def test_a_second_run_does_nothing_again(finished: Path, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stages(finished)
    monkeypatch.setattr(StageDisplay, "update", lambda *_: pytest.fail("a finished stage was begun again"))
    run(tiny(), finished)
    assert stages(finished) == before


def test_it_stops_after_the_stage_it_was_told(tiny: Tiny, tmp_path: Path) -> None:
    run(tiny(), tmp_path / "run", until="data")
    assert set(stages(tmp_path / "run")) == {"base", "data"}
    with pytest.raises(InputError, match="there is no stage 'dat'"):
        run(tiny(), tmp_path / "other", until="dat")
    assert not (tmp_path / "other").exists()


@pytest.mark.usefixtures("plain_page")
def test_only_what_a_changed_field_decides_is_done_again(tiny: Tiny, tmp_path: Path, finished: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    before = stages(copy)
    run(tiny("ppo.kl_coefficient=0.5"), copy)
    after = stages(copy)
    redone = {name for name in STAGES if before[name]["identity"] != after[name]["identity"]}
    assert redone == {"ppo", "ppo_ptx", "answers", "preference", "probes", "tax", "divergence", "report"}
    run(tiny("evaluation.samples=3"), copy)
    assert stages(copy)["reward"]["identity"] == before["reward"]["identity"]
    assert len(figures(copy)["samples"]) == 3


def lines_of(folder: Path, stage: str) -> list[dict[str, float]]:
    return [line for line in map(json.loads, metrics(folder)) if line["stage"] == stage]


def test_the_initialization_learns_from_text_beside_the_demonstrations(finished: Path) -> None:
    """24 demonstrations in batches of 8, for two epochs."""
    learned = lines_of(finished, "initialization")
    assert len(learned) == 6
    assert all("pretraining_loss" in line for line in learned)
    assert not any("pretraining_loss" in line for line in lines_of(finished, "sft"))
    assert weights(finished)["initialization"] != weights(finished)["sft"]


@pytest.mark.usefixtures("plain_page")
@pytest.mark.parametrize(
    ("override", "start"),
    [("ppo.initialization.epochs=2", "initialization"), ("ppo.initialization=null", "sft")],
)
def test_policies_start_from_the_reference_and_kl_is_measured_from_it(
    tiny: Tiny, tmp_path: Path, finished: Path, override: str, start: str
) -> None:
    """With as many iterations of value warm-up as there are in all, a policy stays where it starts."""
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    before = stages(copy)
    run(tiny("ppo.value_warmup_iterations=6", override), copy, until="divergence")
    after = weights(copy)
    assert after["ppo"] == after["ppo_ptx"] == after[start]
    for policy in ("ppo", "ppo_ptx"):
        assert [line["kl"] for line in lines_of(copy, policy)] == pytest.approx([0.0] * 6, abs=1e-4)
        assert stages(copy)["divergence"]["findings"]["kl"][policy]["mean"] == pytest.approx(0, abs=1e-4)
    for unchanged in ("sft", "reward", "initialization"):
        assert stages(copy)[unchanged] == before[unchanged]


@pytest.mark.usefixtures("plain_page")
def test_a_lost_output_is_made_again(tiny: Tiny, tmp_path: Path, finished: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    shutil.rmtree(copy / "models" / "ppo")
    run(tiny(), copy)
    assert weights(copy) == weights(finished)


class Killed(BaseException):
    """What no stage catches."""


@pytest.mark.usefixtures("plain_page")
def test_killed_in_every_stage_and_started_again_it_ends_the_same(
    tiny: Tiny, tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a checkpoint after every step, and death between a step's log and its checkpoint, at random places."""
    chance = random.Random(0)
    folder = tmp_path / "killed"
    monkeypatch.setattr(workbench, "Monitor", partial(Monitor, seconds=0.0))
    show = StageDisplay.update
    left = {"steps": 0}

    def update(display: StageDisplay, *given: Any) -> None:
        left["steps"] -= 1
        if left["steps"] == 0:
            raise Killed
        show(display, *given)

    monkeypatch.setattr(StageDisplay, "update", update)
    deaths = 0
    while not (folder / "report.html").exists():
        left["steps"] = chance.randint(6, 9)
        try:
            run(tiny(), folder)
        except Killed:
            deaths += 1
    assert deaths >= 5
    assert_same_run(folder, finished)


@pytest.mark.usefixtures("plain_page")
def test_ctrl_c_keeps_the_step_and_the_next_run_goes_on(
    tiny: Tiny, tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "interrupted"
    show = StageDisplay.update
    asked = set()
    current: list[Interruption] = []
    watch = Interruption.watch

    def watched(interruption: Interruption, monitor: Monitor) -> Monitor:
        current.append(interruption)
        return watch(interruption, monitor)

    def update(display: StageDisplay, done: int, total: int, values: Any) -> None:
        show(display, done, total, values)
        if display.title not in asked and done == min(2, total):
            asked.add(display.title)
            if current:
                current[-1].request()

    monkeypatch.setattr(Interruption, "watch", watched)
    monkeypatch.setattr(StageDisplay, "update", update)
    interruptions = 0
    while not (folder / "report.html").exists():
        current.clear()
        try:
            run(tiny(), folder)
        except Interrupted:
            interruptions += 1
    assert interruptions >= 6
    assert_same_run(folder, finished)


@pytest.mark.usefixtures("plain_page")
def test_a_second_round_ranks_the_policys_samples(tiny: Tiny, tmp_path: Path) -> None:
    folder = run(tiny("rounds=2", "ppo.episodes=32"), tmp_path / "rounds")
    ledger = stages(folder)
    assert {"rankings_1", "reward_1", "ppo_ptx_1", "rankings", "reward", "ppo", "ppo_ptx"} <= set(ledger)
    assert "ppo_1" not in ledger
    # What policies start from is made once, for all rounds.
    assert [name for name in ledger if name.startswith("initialization")] == ["initialization"]
    # The last reward model learns from the rankings of both rounds.
    assert ledger["reward"]["findings"]["rankings"] > ledger["reward_1"]["findings"]["rankings"]
