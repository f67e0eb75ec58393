"""Uniform numbers from seeds, and tokens from uniform numbers."""

import torch

from tutelage.rollout.drawing import draw, inverse_cdf, truncated, uniforms


def test_uniforms_are_uniform_and_independent_of_neighbouring_seeds() -> None:
    numbers = uniforms(range(2000), 50).double()
    assert float(numbers.min()) >= 0.0
    assert float(numbers.max()) < 1.0
    counts = torch.histc(numbers, bins=20, min=0, max=1)
    # 100,000 draws in 20 bins: 5,000 each, standard deviation 69
    assert float((counts - 5000).abs().max()) < 5 * 69
    centred = numbers - 0.5
    bound = 5 / (12 * 50 * 1999) ** 0.5 / 12**0.5 * 1.0
    assert abs(float((centred[1:] * centred[:-1]).mean())) < bound
    assert abs(float((centred[:, 1:] * centred[:, :-1]).mean())) < bound


def test_a_stream_depends_on_its_seed_alone() -> None:
    assert torch.equal(uniforms([7, 2**63 - 1, 5], 9)[1], uniforms([2**63 - 1], 9)[0])
    assert torch.equal(uniforms([3], 20)[:, :5], uniforms([3], 5))


def test_inverse_cdf_by_hand() -> None:
    weights = torch.tensor([[0.0, 2.0, 0.0, 1.0, 1.0, 0.0]]).expand(6, 6)
    uniform = torch.tensor([0.0, 0.49, 0.5, 0.74, 0.75, 1 - 2**-24])
    assert inverse_cdf(weights, uniform).tolist() == [1, 1, 3, 3, 4, 4]


def test_truncation_by_hand() -> None:
    probabilities = torch.tensor([[0.1, 0.4, 0.2, 0.3]])
    zero = 0.0
    for top_p, top_k, expected in [
        (1.0, 0, [0.1, 0.4, 0.2, 0.3]),
        (1.0, 2, [zero, 0.4, zero, 0.3]),
        (0.65, 0, [zero, 0.4, zero, 0.3]),  # 0.4 is too little, 0.7 enough
        (0.75, 0, [zero, 0.4, 0.2, 0.3]),
        (0.01, 0, [zero, 0.4, zero, zero]),
        (0.5, 3, [zero, 0.4, 0.0, 0.3]),  # half of the 0.9 that top_k leaves
        (1.0, 9, [0.1, 0.4, 0.2, 0.3]),
    ]:
        torch.testing.assert_close(truncated(probabilities, top_p, top_k), torch.tensor([expected]))


def test_log_probabilities_are_at_the_temperature() -> None:
    logits = torch.tensor([[0.0, 2.0]])
    drawn = draw(logits, torch.tensor([0.0]), temperature=2.0, top_p=1.0, top_k=0)
    # softmax of (0, 1): 1 / (1 + e)
    assert drawn.tokens.tolist() == [0]
    torch.testing.assert_close(drawn.logprobs.exp(), torch.tensor([1 / (1 + 2.718281828)]))


def test_temperature_zero_takes_the_likeliest() -> None:
    drawn = draw(torch.tensor([[0.0, 2.0, 1.0]]), torch.tensor([0.999]), temperature=0.0, top_p=1.0, top_k=0)
    assert drawn.tokens.tolist() == [1]
    torch.testing.assert_close(drawn.logprobs, torch.tensor([[0.0, 2.0, 1.0]]).log_softmax(-1)[:, 1])


def test_a_temperature_next_to_nothing_is_none() -> None:
    logits, uniform = torch.tensor([[1.0, 3.0, 2.0]]), torch.tensor([0.9])
    for temperature in (1e-308, 1e-4):
        drawn = draw(logits, uniform, temperature, 1.0, 0)
        assert drawn.tokens.tolist() == [1]
        assert torch.isfinite(drawn.logprobs).all()
