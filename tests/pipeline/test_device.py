"""What a recipe leaves to the machine, and when."""

from pathlib import Path

import pytest
import torch

from tutelage.pipeline import device
from tutelage.pipeline.device import with_precision
from tutelage.recipe import Recipe, dump_recipe

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "faster_precision", lambda _: "bf16")


def test_auto_becomes_what_is_faster_here_and_a_choice_stays() -> None:
    assert with_precision(Recipe(), CPU).precision == "bf16"
    assert with_precision(Recipe(precision="fp32"), CPU).precision == "fp32"


def test_work_goes_on_in_the_precision_that_it_was_begun_in(tmp_path: Path) -> None:
    earlier = tmp_path / "recipe.yaml"
    assert with_precision(Recipe(), CPU, earlier).precision == "bf16"
    earlier.write_text(dump_recipe(Recipe(precision="fp32")), encoding="utf-8")
    assert with_precision(Recipe(), CPU, earlier).precision == "fp32"
    assert with_precision(Recipe(precision="bf16"), CPU, earlier).precision == "bf16"
    earlier.write_text(dump_recipe(Recipe()), encoding="utf-8")
    assert with_precision(Recipe(), CPU, earlier).precision == "bf16"
    earlier.write_text("precision: [", encoding="utf-8")
    assert with_precision(Recipe(), CPU, earlier).precision == "bf16"
