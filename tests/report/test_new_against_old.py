"""A round's new policy against the old one: what the intervals allow to be said, and where it stands on the page."""

import pytest

from tutelage.report import NewAgainstOld, Results, WinRate
from tutelage.report.findings import new_against_old_finding, warnings
from tutelage.report.names import model_name
from tutelage.report.page import render_page, variable
from tutelage.report.sections import sections


def compared(low: float, high: float, judge: str | None = None) -> NewAgainstOld:
    rate = WinRate(win_rate=(low + high) / 2, low=low, high=high, n=48)
    return NewAgainstOld(
        round=2,
        model="ppo_ptx",
        earlier="ppo_ptx_1",
        heldout_labelers=rate,
        training_labelers=None if judge else WinRate(win_rate=0.61, low=0.55, high=0.67, n=60),
        by_origin={"own": rate, "collected": rate},
        judge=judge,
        collected={"train": 1200, "valid": 30, "test": 20},
        judged_by_manner=0 if judge else 7,
    )


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.52, 0.6, "prefer the new policy (round 2) to the old one (PPO-ptx, round 1)"),
        (0.4, 0.48, "prefer the old policy (PPO-ptx, round 1) to the new one (round 2)"),
        (0.45, 0.55, "prefer neither clearly"),
        (0.5, 0.55, "prefer neither clearly"),
    ],
)
def test_what_is_said_follows_the_interval(results: Results, low: float, high: float, said: str) -> None:
    found = results.model_copy(update={"new_against_old": compared(low, high)})
    told = new_against_old_finding(found)
    assert told.startswith(f"Held-out labelers {said}")
    assert f"{low * 100:.1f}\u2013{high * 100:.1f} %" in told
    assert "Training labelers prefer the new policy" in told
    assert new_against_old_finding(results) == ""


def test_a_judging_model_is_called_one(results: Results) -> None:
    found = results.model_copy(update={"new_against_old": compared(0.52, 0.6, "a second reward model")})
    assert new_against_old_finding(found).startswith("The judging model prefers the new policy")


def test_the_page_begins_with_it_and_says_what_was_judged_by_manner(results: Results) -> None:
    found = results.model_copy(update={"new_against_old": compared(0.52, 0.6)})
    (first, *_) = sections(found)
    assert first.anchor == "new-against-old"
    assert [row[0] for row in first.tables[0].rows] == [
        "held-out labelers",
        "training labelers",
        "on the run's own prompts",
        "on collected prompts",
    ]
    page = render_page(found)
    assert "Is the new policy better than the old one?" in page
    assert "1\u202f200 train" in page
    assert any("7 collected prompts" in warning for warning in warnings(found))
    assert Results.model_validate(found.to_json()) == found


def test_a_model_of_an_earlier_round_has_its_number_and_its_colour() -> None:
    assert model_name("ppo_ptx_1") == "PPO-ptx, round 1"
    assert model_name("ppo_2") == "PPO, round 2"
    assert variable("ppo_ptx_1") == variable("ppo_ptx") != "--soft"
