"""The moving average, by hand."""

import torch
from transformers import PreTrainedModel

from tutelage.models import ExponentialMovingAverage


def fill(model: PreTrainedModel, value: float) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(value)


def test_it_moves_by_one_minus_decay(policy: PreTrainedModel) -> None:
    fill(policy, 1.0)
    average = ExponentialMovingAverage(policy, decay=0.75)
    fill(policy, 5.0)
    average.update(policy)  # 0.75 · 1 + 0.25 · 5 = 2
    fill(policy, 10.0)
    average.update(policy)  # 0.75 · 2 + 0.25 · 10 = 4
    average.copy_to(policy)
    for weight in policy.parameters():
        torch.testing.assert_close(weight.detach(), torch.full_like(weight, 4.0))


def test_a_checkpoint_brings_it_back(llama: PreTrainedModel) -> None:
    fill(llama, 1.0)
    average = ExponentialMovingAverage(llama, decay=0.5)
    state = {name: weight.clone() for name, weight in average.state_dict().items()}
    fill(llama, 3.0)
    resumed = ExponentialMovingAverage(llama, decay=0.5)
    resumed.load_state_dict(state)
    resumed.update(llama)
    resumed.copy_to(llama)
    assert all(torch.equal(weight, torch.full_like(weight, 2.0)) for weight in llama.parameters())
