"""Our side of every work for real, on a model of no size; and the inputs that both sides share."""

import platform
from dataclasses import replace

import pytest
import torch
from benchmarks.limits import SHAPES, end_rate
from benchmarks.measure import measure
from benchmarks.plan import Run

from benchmarks import gpu, inputs, machine

CPU = torch.device("cpu")
SAMPLING = Run("sampling", "micro", batch=4, new_tokens=5, in_use=True)
RUNS = (
    SAMPLING,
    Run("ppo", "micro", batch=8, new_tokens=4),
    Run("reward", "micro", batch=1, steps=2, completions=3),
    Run("sft", "micro", batch=2, steps=2),
)


@pytest.fixture(autouse=True)
def small_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is not what is tested."""
    monkeypatch.setattr(machine, "SIZES", {"cpu": {16: 2}})
    monkeypatch.setattr(machine, "COPIED", {"cpu": 1024})


@pytest.mark.skipif(platform.system() != "Linux", reason="memory is read as Linux tells it")
@pytest.mark.parametrize("run", RUNS, ids=[run.work for run in RUNS])
def test_a_process_counts_its_work_and_its_phases(run: Run) -> None:
    record = measure(run, CPU)
    assert record.run == run
    if run.work == "ppo":
        assert record.units == 8
        phases = [record.seconds[phase] for phase in ("sampling", "scoring", "updates")]
        assert min(phases) > 0
        assert sum(phases) == pytest.approx(record.seconds["all"])
    if run.work == "reward":
        assert record.units == 2 * 3
    if run.work == "sft":
        assert record.units == sum(map(len, inputs.demonstrations(run)))
    if run.work == "sampling":
        assert 4 <= record.units <= 4 * 5
    assert set(record.least) == set(record.seconds)
    # a process that keeps what it frees may need no more than it had
    assert record.peak_bytes > 0.99 * record.idle_bytes > 0


def test_completions_as_in_use_end_with_the_chance_that_makes_them_a_third_as_long() -> None:
    run = replace(SAMPLING, new_tokens=48)
    rows = torch.tensor(inputs.prompts(run, (32, 32)))
    with torch.no_grad():
        chances = inputs.language_model(run, CPU)(input_ids=rows).logits.softmax(-1)[..., inputs.END]
    assert chances.mean().item() == pytest.approx(end_rate(48, 16), rel=0.1)


def test_real_tokens_go_up_to_end_of_text_where_there_is_any() -> None:
    end = inputs.END
    rows = torch.tensor([[5, end, 0, 0], [end, 7, 8, end], [5, 6, 7, 8]])
    assert inputs.completion_tokens(SAMPLING, rows) == 2 + 1 + 4
    assert inputs.completion_tokens(replace(SAMPLING, in_use=False), rows) == 12


def test_shapes_are_what_transformers_builds() -> None:
    run = Run("sft", "micro")
    model, shape = inputs.language_model(run, CPU), SHAPES["micro"]
    matrices = sum(weight.numel() for weight in model.parameters() if weight.ndim == 2)
    assert matrices == shape.policy
    scalar = sum(weight.numel() for weight in inputs.scalar_model(run, CPU).parameters() if weight.ndim == 2)
    assert scalar == shape.scalar + shape.hidden


def test_equal_seeds_give_both_sides_the_same() -> None:
    for run in RUNS:
        assert inputs.prompts(run) == inputs.prompts(run) != inputs.prompts(replace(run, seed=1))
        assert inputs.rankings(run) == inputs.rankings(run)
    lengths = [len(text) for text in inputs.demonstrations(Run("sft", "micro", batch=200))]
    assert 16 <= min(lengths) < 20 < 240 < max(lengths) <= 256


def test_the_gpu_script_without_a_gpu_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main([]) == 0
    assert "no GPU" in capsys.readouterr().out


@pytest.mark.skipif(platform.system() != "Linux", reason="memory is read as Linux tells it")
def test_the_gpu_scripts_checks_and_times_run_on_a_processor_too() -> None:
    report = gpu.report(CPU, SAMPLING, RUNS)
    assert report["holds"], report
    assert len(report["times"]) == len(RUNS)


def test_a_gpu_that_fails_in_one_work_still_tells_of_the_others() -> None:
    report = gpu.report(CPU, SAMPLING, [replace(RUNS[2], steps=0), RUNS[3]])
    failed, fine = report["times"].values()
    assert "failed" in failed
    assert fine["rate"] > 0
    assert not report["holds"]
