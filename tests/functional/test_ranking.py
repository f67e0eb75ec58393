"""The ranking loss against hand arithmetic, against loops over pairs, and against Bradley–Terry."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.functional import comparison_counts, ranking_accuracy, ranking_loss


def loss_by_loops(scores, ranks):
    """The definition, pair by pair: a mean over each prompt's untied pairs, then over prompts with one."""
    prompts = []
    for row_scores, row_ranks in zip(scores, ranks, strict=True):
        pairs = []
        for i in range(len(row_ranks)):
            for j in range(i + 1, len(row_ranks)):
                if 0 in (row_ranks[i], row_ranks[j]) or row_ranks[i] == row_ranks[j]:
                    continue
                better, worse = (i, j) if row_ranks[i] < row_ranks[j] else (j, i)
                pairs.append(math.log1p(math.exp(row_scores[worse] - row_scores[better])))
        if pairs:
            prompts.append(np.mean(pairs))
    return np.mean(prompts) if prompts else 0.0


rankings = st.integers(2, 6).flatmap(
    lambda k: st.lists(
        st.tuples(
            st.lists(st.floats(-8, 8, width=32), min_size=k, max_size=k),
            st.lists(st.integers(0, 4), min_size=k, max_size=k),
        ),
        min_size=1,
        max_size=5,
    )
)


@given(rankings)
def test_loss_is_the_mean_over_pairs_then_over_prompts(batch):
    scores = torch.tensor([row[0] for row in batch], dtype=torch.float64)
    ranks = torch.tensor([row[1] for row in batch])
    assert float(ranking_loss(scores, ranks)) == pytest.approx(
        loss_by_loops(scores.tolist(), ranks.tolist()), abs=1e-9
    )


def test_loss_by_hand():
    # One prompt: scores 2, 1, 0 ranked 1, 2, 2. Pairs: (2 over 1) and (2 over 0); the tie of 1 and 0 is
    # dropped.
    loss = ranking_loss(torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([[1, 2, 2]]))
    assert float(loss) == pytest.approx((math.log(1 + math.exp(-1)) + math.log(1 + math.exp(-2))) / 2)


def test_two_completions_are_bradley_terry():
    chosen, rejected = torch.tensor([0.3, -1.0, 2.0]), torch.tensor([0.1, 0.5, -2.0])
    scores = torch.stack([chosen, rejected], dim=1)
    ranks = torch.tensor([[1, 2]] * 3)
    bradley_terry = torch.nn.functional.binary_cross_entropy_with_logits(chosen - rejected, torch.ones(3))
    assert torch.allclose(ranking_loss(scores, ranks), bradley_terry)


def test_a_prompt_weighs_the_same_however_many_completions_it_has():
    pair = ranking_loss(torch.tensor([[0.0, 1.0]]), torch.tensor([[1, 2]]))
    four = ranking_loss(torch.tensor([[0.5, 1.0, -1.0, 3.0]]), torch.tensor([[1, 2, 3, 4]]))
    both = ranking_loss(
        torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.5, 1.0, -1.0, 3.0]]),
        torch.tensor([[1, 2, 0, 0], [1, 2, 3, 4]]),
    )
    assert torch.allclose(both, (pair + four) / 2)


@pytest.mark.parametrize("garbage", [1e30, float("inf"), float("nan")])
def test_padding_changes_neither_loss_nor_gradient(garbage):
    scores = torch.tensor([[0.2, -0.4, 1.1]], requires_grad=True)
    ranks = torch.tensor([[2, 1, 3]])
    ranking_loss(scores, ranks).backward()
    padded = torch.tensor([[0.2, -0.4, 1.1, garbage]], requires_grad=True)
    loss = ranking_loss(padded, torch.tensor([[2, 1, 3, 0]]))
    loss.backward()
    assert torch.allclose(loss, ranking_loss(scores, ranks))
    assert scores.grad is not None
    assert padded.grad is not None
    assert torch.allclose(padded.grad[:, :3], scores.grad)
    assert float(padded.grad[0, 3]) == 0.0


def test_dense_and_competition_ranks_say_the_same():
    scores = torch.tensor([[0.2, -0.4, 1.1, 0.0]])
    assert torch.equal(
        ranking_loss(scores, torch.tensor([[1, 2, 2, 3]])), ranking_loss(scores, torch.tensor([[1, 2, 2, 4]]))
    )


def test_all_tied_gives_no_loss_and_no_gradient():
    scores = torch.tensor([[0.2, -0.4]], requires_grad=True)
    loss = ranking_loss(scores, torch.tensor([[1, 1]]))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert scores.grad is not None
    assert scores.grad.tolist() == [[0.0, 0.0]]


def test_shifting_all_scores_of_a_prompt_changes_nothing():
    scores, ranks = torch.randn(4, 5, dtype=torch.float64), torch.tensor([[1, 2, 3, 4, 4]] * 4)
    assert torch.allclose(ranking_loss(scores, ranks), ranking_loss(scores + 7.0, ranks))


def test_comparisons_are_counted():
    ranks = torch.tensor([[1, 2, 3, 4], [1, 1, 2, 0], [1, 1, 1, 1], [1, 2, 0, 0]])
    assert comparison_counts(ranks).tolist() == [6, 2, 0, 1]


def test_accuracy_by_hand():
    # First prompt: 1 over 2 right, 1 over 3 right, 2 over 3 wrong. Second: one pair of equal scores, half.
    scores = torch.tensor([[3.0, 1.0, 2.0], [0.5, 0.5, 99.0]])
    ranks = torch.tensor([[1, 2, 3], [1, 2, 0]])
    assert float(ranking_accuracy(scores, ranks)) == pytest.approx((1 + 1 + 0 + 0.5) / 4)
