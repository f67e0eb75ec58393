"""Scores and length: by hand."""

from tutelage.evaluation.length_bias import longer_preferred, score_by_length
from tutelage.schema import Prompt, Ranking


def test_the_mean_score_of_short_and_of_long_completions() -> None:
    """Twenty prompts, each ranked twice: its short completion scores 0 or 1, its long one 2."""
    rankings, scores = [], []
    for number in range(20):
        for completions in (("one", "one two three"), ("one two three", "one")):
            rankings.append(Ranking(prompt=Prompt(text=str(number)), completions=completions, ranks=(1, 2)))
            known = {"one": float(number % 2), "one two three": 2.0}
            scores.append([known[text] for text in completions])
    short, long = score_by_length(rankings, scores)
    assert (short.shortest, short.longest, short.score.value, short.score.n) == (1, 1, 0.5, 20)
    assert (long.shortest, long.longest, long.score.value, long.score.n) == (3, 3, 2.0, 20)
    assert short.score.low < 0.5 < short.score.high


def test_one_prompt_has_no_spread_and_is_left_out() -> None:
    ranking = Ranking(prompt=Prompt(text="p"), completions=("one", "one two"), ranks=(1, 2))
    assert score_by_length([ranking], [[1.0, 2.0]]) == []


def test_how_often_the_longer_has_the_higher_score_and_the_better_rank() -> None:
    completions = ("a", "a b", "a b c", "x y z")
    ranking = Ranking(prompt=Prompt(text="p"), completions=completions, ranks=(1, 2, 3, 3))
    # the labeler prefers the shorter of every two; x y z, as long as a b c, is tied with it
    # the model prefers a b to a, a b c to both, and cannot tell x y z from a
    found = longer_preferred([ranking], [[0.0, 1.0, 2.0, 0.0]])
    assert found is not None
    assert (found.by_labelers.value, found.by_labelers.n) == (0.0, 5)
    assert found.by_score.value == (1 + 1 + 0.5 + 1 + 0) / 5


def test_where_all_are_equally_long_nothing_can_be_told() -> None:
    ranking = Ranking(prompt=Prompt(text="p"), completions=("a b", "c d"), ranks=(1, 2))
    assert longer_preferred([ranking], [[0.0, 1.0]]) is None
