"""The reward model: a prompt is one element, a completion passes once, demonstrations score 0 in the end."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.data import Example, RankedExample
from tutelage.models import final_scores, reward_model_from
from tutelage.recipe import RewardRecipe
from tutelage.schema import InputError
from tutelage.training import Interrupted, SilentMonitor, train_reward_model
from tutelage.training.passes import per_completion, sequences_of
from tutelage.training.rankings import by_prompt, completions_of, ranks_of, whole_prompts, with_comparisons
from tutelage.training.reward import accumulate_gradient

RECIPE = RewardRecipe(learning_rate=5e-3, batch_size=4, micro_batch_tokens=40)


def ranking_by_count(seed):
    """Completions of 2 to 5 tokens, ranked by how often token 7 stands in them; dense ranks."""
    generator = torch.Generator().manual_seed(seed)
    k = 2 + seed % 3
    completions = [[*torch.randint(6, 9, (2 + seed % 4,), generator=generator).tolist(), 0] for _ in range(k)]
    counts = [completion.count(7) for completion in completions]
    ranks = [1 + len({other for other in counts if other > count}) for count in counts]
    return RankedExample([2 + seed % 3] * (1 + seed % 2), completions, ranks)


RANKINGS = [ranking_by_count(seed) for seed in range(40)]
DEMONSTRATIONS = [Example([2], [6, 7, 0]), Example([3, 3], [7, 7, 8, 0]), Example([4], [6, 0])]


@pytest.fixture
def model(policy):
    return reward_model_from(policy)


def test_each_completion_is_scored_exactly_once_an_epoch(model, monkeypatch):
    seen = []

    def noting(scalar_model, sequences):
        if torch.is_grad_enabled():  # not when the trained model is measured
            lengths = sequences.lengths.tolist()
            seen.extend(tuple(row[:n]) for row, n in zip(sequences.tokens.tolist(), lengths, strict=True))
        return final_scores(scalar_model, sequences)

    monkeypatch.setattr("tutelage.training.reward.final_scores", noting)
    train_reward_model(model, RANKINGS, RANKINGS[:3], DEMONSTRATIONS, RECIPE, 0, SilentMonitor())
    rankings = with_comparisons(RANKINGS)
    assert len(rankings) < len(RANKINGS)
    assert sorted(seen) == sorted((*r.prompt, *completion) for r in rankings for completion in r.completions)


@pytest.mark.parametrize("micro_batch_tokens", [1, 60])
def test_splitting_a_batch_leaves_its_gradient(model, gradient_of, micro_batch_tokens):
    with torch.no_grad():
        model.score.weight.normal_(generator=torch.Generator().manual_seed(0))
    rankings = with_comparisons(RANKINGS)
    whole_progress = accumulate_gradient(model, rankings, 100_000)
    whole = gradient_of(model)
    progress = accumulate_gradient(model, rankings, micro_batch_tokens)
    assert torch.allclose(gradient_of(model), whole, atol=1e-6)
    assert progress.loss == pytest.approx(whole_progress.loss, abs=1e-6)
    assert progress.accuracy == pytest.approx(whole_progress.accuracy, abs=1e-6)


def test_it_learns_what_labelers_prefer(model, undisturbed):
    fresh = [ranking_by_count(seed) for seed in range(1000, 1060)]
    recipe = RECIPE.model_copy(update={"epochs": 10})
    result = train_reward_model(model, RANKINGS, fresh, DEMONSTRATIONS, recipe, 0, undisturbed)
    assert result.validation_accuracy is not None
    assert result.validation_accuracy > 0.95
    losses = [json.loads(line)["loss"] for line in undisturbed.metrics.read_text().splitlines()]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)  # a head of zeros: log 2
    assert losses[-1] < 0.2


def test_demonstrations_score_zero_in_the_mean(model):
    train_reward_model(model, RANKINGS, [], DEMONSTRATIONS, RECIPE, 0, SilentMonitor())
    scores = per_completion(lambda part: final_scores(model, part), sequences_of(DEMONSTRATIONS), 1000)
    assert scores.mean().item() == pytest.approx(0.0, abs=1e-5)
    assert scores.std().item() > 1e-3


def test_what_it_learned_from_is_counted(model):
    rankings = [
        RankedExample([2], [[6, 0], [7, 0], [8, 0]], [1, 1, 2]),
        RankedExample([3], [[6, 0], [7, 0]], [1, 1]),
    ]
    result = train_reward_model(model, rankings, [], [], RECIPE, 0, SilentMonitor())
    assert (result.rankings, result.comparisons) == (1, 2)
    assert (result.validation_loss, result.validation_accuracy) == (None, None)


def test_nothing_but_ties_is_refused(model):
    ties = [RankedExample([3], [[6, 0], [7, 0]], [1, 1])]
    with pytest.raises(InputError, match="all ties"):
        train_reward_model(model, ties, [], [], RECIPE, 0, SilentMonitor())


def test_interrupted_and_resumed_equals_undisturbed(new_tiny_policy, same_weights, undisturbed, interrupting):
    def train(seed, monitor):
        model = reward_model_from(new_tiny_policy(seed))
        return model, train_reward_model(model, RANKINGS, RANKINGS, DEMONSTRATIONS, RECIPE, 5, monitor)

    whole, result = train(0, undisturbed)
    with pytest.raises(Interrupted):
        train(0, interrupting(4))
    resumed, resumed_result = train(99, interrupting(0))
    assert same_weights(resumed, whole)
    assert resumed_result == result


def test_scores_and_ranks_by_prompt():
    rankings = [RankedExample([2], [[6], [7]], [2, 1]), RankedExample([3], [[6], [7], [8]], [1, 2, 2])]
    assert ranks_of(rankings).tolist() == [[2, 1, 0], [1, 2, 2]]
    assert by_prompt(torch.arange(1.0, 6.0), rankings).tolist() == [[1, 2, 0], [3, 4, 5]]
    assert completions_of(rankings).tokens.tolist() == [[2, 6], [2, 7], [3, 6], [3, 7], [3, 8]]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(2, 5), st.integers(1, 9)), min_size=1, max_size=12),
    st.integers(1, 200),
)
def test_parts_hold_whole_prompts_within_the_budget(shapes, budget):
    rankings = [RankedExample([2] * p, [[3] * c] * k, list(range(1, k + 1))) for p, k, c in shapes]
    groups = [part.rows for part in whole_prompts(rankings, budget)]
    assert sorted(index for group in groups for index in group) == list(range(len(rankings)))
    for group in groups:
        padded = completions_of([rankings[index] for index in group]).tokens.numel()
        assert padded <= budget or len(group) == 1
