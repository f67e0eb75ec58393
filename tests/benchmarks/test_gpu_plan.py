"""Steps by all weights and by adapters, as they are measured on a GPU, on a model of a few thousand weights."""

from pathlib import Path

import pytest
import torch
from benchmarks.gpu_plan import STAGES, WAYS, Seen, planned, recipe_of, rows_of, step_of

from benchmarks import gpu_plan
from tutelage.models import arithmetic
from tutelage.planning.shapes import qwen2

CPU = torch.device("cpu")


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    def texts(count: int, tokens: int, seed: int) -> list[list[int]]:
        draw = torch.Generator().manual_seed(seed)
        return torch.randint(10, 90, (count, tokens // 16), generator=draw).tolist()

    monkeypatch.setattr(gpu_plan, "texts", texts)
    monkeypatch.setattr(gpu_plan, "shape_of", lambda name: qwen2(16, 1, 2, 1, 32, 100, tied=True))
    monkeypatch.setattr(gpu_plan, "COMPLETION", 8)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.usefixtures("little")
def test_a_step_is_done(stage: str, way: str) -> None:
    recipe = recipe_of(way)
    with arithmetic("bf16", CPU):
        step_of(stage, recipe, CPU)()


def test_adapters_are_planned_to_hold_less_and_a_row_tells_the_difference() -> None:
    held = {way: [planned(Seen("NVIDIA H100", way, stage, 1.0, 1))[1] for stage in STAGES] for way in WAYS}
    whole, adapters = held.values()
    assert all(less < more for less, more in zip(adapters, whole, strict=True))
    row = rows_of(Seen("NVIDIA H100", "all weights", "sft", 1.0, round(whole[0] / 2)))
    assert row[-1] == "+100%"


def test_without_a_gpu_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["gpu_plan", "--out", str(tmp_path / "seen.json")])
    assert gpu_plan.main() == 0
    assert "there is no GPU here" in capsys.readouterr().out
    assert not (tmp_path / "seen.json").exists()
