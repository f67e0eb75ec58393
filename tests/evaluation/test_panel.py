"""What the figures of a panel leave out: use cases that nobody knows, and strengths where choix is not installed."""

from importlib.util import find_spec

import pytest

from tutelage.evaluation import panel
from tutelage.evaluation.panel import measure_panel
from tutelage.schema import Prompt, Ranking, UseCase

CASES = {"a": UseCase.other, "b": UseCase.chat, "c": None, "d": None}
RANKINGS = [
    Ranking(
        prompt=Prompt(text=text, use_case=case),
        completions=("x", "y"),
        ranks=(1, 2) if text in "ac" else (2, 1),
        labeler="ann",
        sources=("ppo", "sft"),
    )
    for text, case in CASES.items()
]


def test_prompts_of_no_known_use_case_are_in_none() -> None:
    """`other` is a use case of Table 1: only what was found to be of it counts."""
    found = measure_panel(RANKINGS, (), {}, "sft", resamples=10)
    assert found.win_rates["ppo"].n == 4
    by_case = {case: (own["ppo"].value, own["ppo"].n) for case, own in found.win_rates_by_use_case.items()}
    assert by_case == {"chat": (0, 1), "other": (1, 1)}


def test_without_choix_there_are_no_strengths(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure_panel(RANKINGS, (), {}, "sft", resamples=10).strengths.keys() == {"ppo", "sft"}
    monkeypatch.setattr(panel, "find_spec", lambda name: None if name == "choix" else find_spec(name))
    found = measure_panel(RANKINGS, (), {}, "sft", resamples=10)
    assert found.strengths == {}
    assert found.win_rates["ppo"].value == 0.5
