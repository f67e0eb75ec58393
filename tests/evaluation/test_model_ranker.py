"""A reward model as a judge: the order of its scores, and equal texts are ties."""

from collections.abc import Sequence

from tutelage.evaluation import rank_outputs
from tutelage.evaluation.model_ranker import ModelRanker, ranks_of
from tutelage.schema import Group, Prompt

PROMPTS = [Prompt(text="a"), Prompt(text="b")]
OUTPUTS = {"base": ["xxx", "x"], "sft": ["xx", "x"], "ppo": ["xxx", "xx"]}


class Unsteady:
    """Scores by length, and never gives one text the same score twice, as other batches do in the last bit."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.bits = 0.0

    def __call__(self, prompts: list[str], texts: list[str]) -> Sequence[float]:
        self.calls.append(len(texts))
        self.bits += 1e-7
        return [len(text) + self.bits * place for place, text in enumerate(texts)]


def test_ranks_are_the_order_of_scores_and_skip_after_ties() -> None:
    assert ranks_of([0.5, 2.0, 0.5, -1.0]) == (2, 1, 2, 4)
    assert ranks_of([1.0]) == (1,)


def test_all_prompts_are_scored_in_one_call_each_text_once() -> None:
    score = Unsteady()
    ranker = ModelRanker("judge", score)
    rankings = ranker.rank_all(PROMPTS, OUTPUTS)
    assert [each.ranks for each in rankings] == [(1, 3, 1), (2, 2, 1)]
    assert score.calls == [4]
    assert {(each.labeler, each.sources) for each in rankings} == {("judge", ("base", "sft", "ppo"))}
    assert ranker.labeler.group is Group.heldout
    assert rank_outputs(PROMPTS, OUTPUTS, [ranker]) == rankings  # one prompt at a time is the same
