"""After centring, demonstrations average 0 and what is better stays better."""

import pytest
import torch
from transformers import PreTrainedModel

from tutelage.data.tokens import Sequences
from tutelage.models import center_scores, final_hidden_states, final_scores, reward_model_from
from tutelage.schema import RunError


def completions(count: int) -> Sequences:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(2, 50, (count, 12), generator=generator).tolist()
    return Sequences.of([row[:6] for row in rows], [[*row[6:], 1] for row in rows], 0)


def offset_reward_model(policy: PreTrainedModel) -> PreTrainedModel:
    model = reward_model_from(policy)
    torch.manual_seed(1)
    torch.nn.init.normal_(model.score.weight)
    return model


def test_demonstrations_average_zero_and_differences_hardly_change(policy: PreTrainedModel) -> None:
    model, rows = offset_reward_model(policy), completions(300)
    demonstrations = torch.arange(100)
    with torch.no_grad():
        before = final_scores(model, rows)
        spread = center_scores(model, final_hidden_states(model, rows), demonstrations)
        after = final_scores(model, rows)
    shift = after - before
    assert abs(before[demonstrations].mean()) > 0.05
    assert abs(after[demonstrations].mean()) < 1e-5
    assert float(shift.std(correction=0)) == pytest.approx(spread, rel=1e-3, abs=1e-6)
    assert spread < 0.1 * float(before.std())  # what it adds to the differences between completions
    assert spread < 0.5 * abs(float(shift.mean()))


def test_it_holds_on_rows_that_it_has_not_seen(llama: PreTrainedModel) -> None:
    model, rows = offset_reward_model(llama), completions(400)
    with torch.no_grad():
        before = final_scores(model, rows)
        hidden = final_hidden_states(model, rows)
        center_scores(model, hidden[:300], torch.arange(300))
        after = final_scores(model, rows)
    shift = after - before
    assert float(shift[300:].mean()) == pytest.approx(float(shift[:300].mean()), rel=0.1)


def test_centring_twice_changes_nothing_more(llama: PreTrainedModel) -> None:
    model, rows = offset_reward_model(llama), completions(100)
    with torch.no_grad():
        hidden = final_hidden_states(model, rows)
        center_scores(model, hidden, torch.arange(50))
        centred = model.score.weight.clone()
        center_scores(model, hidden, torch.arange(50))
    torch.testing.assert_close(model.score.weight, centred, atol=1e-6, rtol=0)


def test_states_with_nothing_in_common_are_refused(llama: PreTrainedModel) -> None:
    model = offset_reward_model(llama)
    states = torch.eye(32).repeat(2, 1) * torch.tensor([1.0] * 32 + [-1.0] * 32)[:, None]
    with pytest.raises(RunError, match="in common"):
        center_scores(model, states, torch.arange(64))
