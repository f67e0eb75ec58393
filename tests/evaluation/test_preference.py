"""Win rates by hand, and the way labelers are shown what they rank."""

from collections.abc import Sequence

import pytest

from tutelage.evaluation import head_to_head, rank_outputs, win_rates
from tutelage.schema import Labeler, Prompt, Ranking

MODELS = ("base", "sft", "ppo")


def ranking(
    text: str, ranks: Sequence[int], labeler: str = "ann", sources: tuple[str, ...] = MODELS
) -> Ranking:
    completions = tuple(f"{source} says {place}" for place, source in enumerate(sources))
    return Ranking(
        prompt=Prompt(text=text),
        completions=completions,
        ranks=tuple(ranks),
        labeler=labeler,
        sources=sources,
    )


def test_win_rates_by_hand_with_ties_as_halves() -> None:
    rankings = [
        ranking("a", [3, 2, 1]),  # ppo wins, base loses
        ranking("b", [3, 1, 1]),  # ppo ties, base loses
        ranking("c", [1, 2, 3]),  # ppo loses, base wins
        ranking("d", [2, 2, 1]),  # ppo wins, base ties
    ]
    rates = win_rates(rankings, "sft")
    assert list(rates) == ["base", "ppo"]
    assert rates["ppo"].value == (1 + 0.5 + 0 + 1) / 4
    assert rates["base"].value == (0 + 0 + 1 + 0.5) / 4
    assert (rates["ppo"].n, rates["ppo"].clusters) == (4, 4)


def test_only_the_order_of_ranks_counts() -> None:
    dense, skipping = ranking("a", [1, 1, 2]), ranking("a", [1, 1, 3])
    assert win_rates([dense], "ppo") == win_rates([skipping], "ppo")


def test_judgments_of_one_prompt_are_one_cluster() -> None:
    wins, losses = [1, 3, 2], [3, 1, 2]
    few = [ranking(text, wins if text < "f" else losses) for text in "abcdefghij"]
    many = [ranking(r.prompt.text, r.ranks, labeler) for r in few for labeler in ("ann", "bob", "cy")]
    once, thrice = win_rates(few, "sft")["base"], win_rates(many, "sft")["base"]
    assert (thrice.n, thrice.clusters) == (30, 10)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_two_samples_of_the_baseline_share_one_comparison() -> None:
    # ppo is above one sample of sft and below the other.
    rates = win_rates([ranking("a", [1, 2, 3], sources=("sft", "ppo", "sft"))], "sft")
    assert (rates["ppo"].value, rates["ppo"].n) == (0.5, 1)


def test_rankings_without_the_baseline_say_nothing() -> None:
    rankings = [ranking("a", [1, 2], sources=("ppo", "base")), ranking("b", [2, 1], sources=("sft", "ppo"))]
    assert win_rates(rankings, "sft")["ppo"].n == 1
    with pytest.raises(ValueError, match="'sft'"):
        win_rates(rankings[:1], "sft")


def test_head_to_head_is_fair_to_both_sides() -> None:
    table = head_to_head([ranking("a", [3, 2, 1]), ranking("b", [3, 1, 1]), ranking("c", [1, 2, 3])])
    for row in MODELS:
        assert row not in table[row]
        for column in table[row]:
            assert table[row][column].value + table[column][row].value == pytest.approx(1)
    assert table["base"]["ppo"].value == pytest.approx(1 / 3)


class Reader:
    """Prefers the completion that a rule gives the highest number."""

    def __init__(self, name: str, by_place: bool) -> None:
        self.labeler = Labeler(name=name)
        self.by_place = by_place
        self.shown: list[list[str]] = []

    def rank(self, prompt: Prompt, completions: Sequence[str]) -> tuple[int, ...]:
        self.shown.append(list(completions))
        if self.by_place:
            return tuple(range(1, len(completions) + 1))
        longest = sorted((len(text) for text in completions), reverse=True)
        return tuple(1 + longest.index(len(text)) for text in completions)


def test_ranks_come_back_in_the_order_of_the_models() -> None:
    prompts = [Prompt(text=f"prompt {number}") for number in range(12)]
    outputs = {"base": ["a"] * 12, "sft": ["bbb"] * 12, "ppo": ["cc"] * 12}
    reader = Reader("ann", by_place=False)
    rankings = rank_outputs(prompts, outputs, [reader])
    assert [ranking.ranks for ranking in rankings] == [(3, 1, 2)] * 12
    assert rankings[4].completions == ("a", "bbb", "cc")
    assert (rankings[4].labeler, rankings[4].sources, rankings[4].prompt) == ("ann", MODELS, prompts[4])
    assert len({tuple(shown) for shown in reader.shown}) > 3
    assert rank_outputs(prompts, outputs, [Reader("ann", by_place=False)]) == rankings


def test_a_labeler_who_likes_the_first_place_favours_no_model() -> None:
    prompts = [Prompt(text=f"prompt {number}") for number in range(400)]
    outputs = {model: [model] * 400 for model in MODELS}
    rates = win_rates(rank_outputs(prompts, outputs, [Reader("ann", by_place=True)]), "sft")
    assert rates["ppo"].low < 0.5 < rates["ppo"].high
    assert rates["base"].low < 0.5 < rates["base"].high


def test_a_missing_completion_is_refused() -> None:
    with pytest.raises(ValueError, match="ppo has 1 completions for 2 prompts"):
        rank_outputs([Prompt(text="a"), Prompt(text="b")], {"sft": ["x", "y"], "ppo": ["z"]}, [])
