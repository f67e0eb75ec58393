"""Passes over padded batches against plain transformers on one unpadded row at a time."""

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from tutelage.data.tokens import Sequences
from tutelage.models import (
    completion_logprobs,
    final_hidden_states,
    final_scores,
    reward_model_from,
    row_logprobs,
    token_values,
)
from tutelage.models.layout import lay_out, packs
from tutelage.schema import InputError

PROMPTS = [[5, 9, 7], [4, 4, 8, 21, 30, 2, 17], [11]]
COMPLETIONS = [[12, 3, 40, 1], [33, 1], [6, 7, 8, 9, 10, 11, 12]]


def plain_logprobs(model: PreTrainedModel, prompt: list[int], completion: list[int]) -> np.ndarray:
    with torch.no_grad():
        logits = model(torch.tensor([prompt + completion])).logits[0].double().numpy()
    normal = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return np.array([normal[len(prompt) - 1 + step, token] for step, token in enumerate(completion)])


def scalar_model(policy: PreTrainedModel) -> PreTrainedModel:
    model = reward_model_from(policy)
    torch.manual_seed(1)
    torch.nn.init.normal_(model.score.weight)
    return model


def test_completion_logprobs_are_those_of_each_row_alone(
    policy: PreTrainedModel, sequences: Sequences
) -> None:
    logprobs = completion_logprobs(policy, sequences).detach().numpy()
    assert logprobs.shape == (3, 7)
    for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        expected = plain_logprobs(policy, prompt, completion)
        np.testing.assert_allclose(logprobs[row, : len(completion)], expected, atol=1e-5)
        assert not logprobs[row, len(completion) :].any()


def test_temperature_divides_the_logits(llama: PreTrainedModel, sequences: Sequences) -> None:
    with torch.no_grad():
        warm = completion_logprobs(llama, sequences, temperature=2.0)
        llama.lm_head.weight = torch.nn.Parameter(llama.lm_head.weight / 2.0)  # unties it
        halved = completion_logprobs(llama, sequences)
    torch.testing.assert_close(warm, halved)


def test_padding_changes_nothing(policy: PreTrainedModel, sequences: Sequences) -> None:
    longer = [*COMPLETIONS[:2], [6] * 30]
    wide = Sequences.of(PROMPTS, longer, 10**6)  # a padding id outside the vocabulary
    scalar = scalar_model(policy)
    with torch.no_grad():
        for measure in (
            lambda rows: completion_logprobs(policy, rows)[:2, :4],
            lambda rows: token_values(scalar, rows)[:2, :4],
            lambda rows: final_scores(scalar, rows)[:2],
            lambda rows: final_hidden_states(policy, rows)[:2],
        ):
            torch.testing.assert_close(measure(wide), measure(sequences), atol=1e-5, rtol=1e-5)


def test_a_shared_prompt_changes_neither_numbers_nor_gradients(policy: PreTrainedModel) -> None:
    prompt = [5, 9, 7, 30, 31, 32, 33, 34]
    completions = [[12, 3, 1], [40, 1], [], [12, 4, 41, 42, 1]]
    together = Sequences.of([prompt] * 4 + [[8, 9]], [*completions, [3, 1]], 0)
    if packs(policy):  # the prompt is read once
        assert lay_out(policy, together).tokens.numel() == 8 + 3 + 2 + 0 + 5 + 2 + 2
    scalar = scalar_model(policy)

    (final_scores(scalar, together).sin().sum() + token_values(scalar, together).cos().sum()).backward()
    gradients = {name: weight.grad.clone() for name, weight in scalar.named_parameters()}
    scalar.zero_grad()
    logprobs, scores = completion_logprobs(policy, together), final_scores(scalar, together)
    for row in range(5):
        alone = together.select([row])
        size = alone.mask.shape[1]
        values = token_values(scalar, alone)
        torch.testing.assert_close(
            completion_logprobs(policy, alone)[0], logprobs[row, :size], atol=1e-5, rtol=0
        )
        torch.testing.assert_close(final_scores(scalar, alone)[0], scores[row], atol=1e-5, rtol=0)
        # what token_values masks out counts as cos(0) = 1 in the sum above, without a gradient
        (final_scores(scalar, alone).sin().sum() + values.cos().sum()).backward()
    for name, weight in scalar.named_parameters():
        torch.testing.assert_close(weight.grad, gradients[name], atol=1e-4, rtol=1e-4)


def test_row_logprobs(policy: PreTrainedModel) -> None:
    rows = torch.tensor([[5, 9, 7, 12, 3], [2, 2, 8, 49, 1]])
    logprobs = row_logprobs(policy, rows).detach().numpy()
    expected = [plain_logprobs(policy, row[:1], row[1:]) for row in rows.tolist()]
    np.testing.assert_allclose(logprobs, np.array(expected), atol=1e-5)


def test_scores_are_those_of_plain_transformers(policy: PreTrainedModel, sequences: Sequences) -> None:
    model = scalar_model(policy)
    with torch.no_grad():
        scores = final_scores(model, sequences)
        for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
            plain = model(torch.tensor([prompt + completion])).logits[0, 0]
            torch.testing.assert_close(scores[row], plain, atol=1e-5, rtol=1e-5)


def test_the_score_of_an_empty_completion_falls_on_the_prompt(llama: PreTrainedModel) -> None:
    model = scalar_model(llama)
    with torch.no_grad():
        scores = final_scores(model, Sequences.of([[5, 6, 7], [5, 6]], [[], [7]], 0))
    torch.testing.assert_close(scores[0], scores[1])


def test_a_value_is_of_the_state_before_its_token(policy: PreTrainedModel, sequences: Sequences) -> None:
    model = scalar_model(policy)
    with torch.no_grad():
        values = token_values(model, sequences)
        changed = Sequences.of(PROMPTS, [[12, 3, 41, 1], *COMPLETIONS[1:]], 0)
        other = token_values(model, changed)
        before_second = model(torch.tensor([PROMPTS[0] + COMPLETIONS[0][:1]])).logits[0, 0]
    torch.testing.assert_close(values[0, 1], before_second, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(other[0, :3], values[0, :3], atol=1e-5, rtol=1e-5)
    assert abs(other[0, 3] - values[0, 3]) > 1e-3
    assert not values[1, 2:].any()


def test_gradients_reach_every_weight(policy: PreTrainedModel, sequences: Sequences) -> None:
    completion_logprobs(policy, sequences).sum().backward()
    scalar = scalar_model(policy)
    token_values(scalar, sequences).sum().backward()
    for model in (policy, scalar):
        still = [
            name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()
        ]
        assert still == []


def test_a_policy_gives_no_scores(llama: PreTrainedModel, sequences: Sequences) -> None:
    with pytest.raises(InputError, match="no scalar score"):
        final_scores(llama, sequences)
