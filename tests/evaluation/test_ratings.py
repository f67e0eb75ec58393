"""Likert means and metadata rates, by hand."""

from tutelage.evaluation import likert_means, metadata_rates
from tutelage.schema import Flags, Prompt, Rating


def rating(text: str, source: str | None, overall: int, **flags: bool | None) -> Rating:
    return Rating(
        prompt=Prompt(text=text),
        completion="x",
        source=source,
        overall=overall,
        flags=Flags(**flags),
        labeler="ann",
    )


RATINGS = [
    rating("a", "sft", 3, hallucination=True, satisfies_constraint=True),
    rating("b", "sft", 4, hallucination=False, satisfies_constraint=None),
    rating("c", "sft", 6, hallucination=False, satisfies_constraint=False),
    rating("a", "ppo", 7, fails_task=True),
    rating("a", "ppo", 5),
    rating("a", None, 1),
]


def test_likert_means() -> None:
    means = likert_means(RATINGS)
    assert list(means) == ["sft", "ppo"]
    assert (means["sft"].value, means["sft"].n, means["sft"].clusters) == (13 / 3, 3, 3)
    assert (means["ppo"].value, means["ppo"].n, means["ppo"].clusters) == (6, 2, 1)
    assert 3 <= means["sft"].low <= means["sft"].value <= means["sft"].high <= 6


def test_metadata_rates_leave_out_flags_that_do_not_apply() -> None:
    rates = metadata_rates(RATINGS)
    assert rates["sft"]["hallucination"].value == 1 / 3
    assert (rates["sft"]["satisfies_constraint"].value, rates["sft"]["satisfies_constraint"].n) == (0.5, 2)
    assert rates["ppo"]["fails_task"].value == 0.5
    assert "satisfies_constraint" not in rates["ppo"]
    assert set(rates["sft"]) == set(Flags.model_fields)
