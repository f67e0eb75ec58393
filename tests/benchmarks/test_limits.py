"""The limit against numbers worked out by hand."""

import pytest
from benchmarks.limits import SHAPES, Cost, Shape

from benchmarks import limits

# 3 blocks of 4·2² weights in attention and 3·2·5 in the feed-forward part: 138; 2·7 = 14 in the head
LLAMA = Shape("llama", hidden=2, layers=3, heads=1, inner=5, vocabulary=7)


def test_a_llama_has_a_gate_and_two_embeddings() -> None:
    assert (LLAMA.body, LLAMA.head, LLAMA.policy, LLAMA.scalar) == (138, 14, 166, 152)


def test_the_shape_called_gpt2_has_the_matrices_of_gpt2() -> None:
    assert SHAPES["gpt2"].policy == 12 * 12 * 768**2 + 768 * 50257


def test_sampling_reads_prompts_without_the_head() -> None:
    assert limits.sampling(LLAMA, prompt_tokens=10, new_tokens=4) == Cost(2 * (138 * 14 + 14 * 4))


def test_a_step_of_ppo_is_four_passes_and_two_updates() -> None:
    costs = limits.ppo(LLAMA, prompt_tokens=10, new_tokens=4, updates=8)
    assert costs == {
        "sampling": Cost(3976),
        "scoring": Cost(11_704),  # 2 · (3 · 138 · 14 + 56)
        "updates": Cost(23_520, 71_232),  # 6 · (2 · 138 · 14 + 56); 28 · (166 + 152) · 8
    }


def test_the_reward_model_needs_no_unembedding_and_sft_everywhere() -> None:
    assert limits.reward(LLAMA, tokens=10, updates=2) == Cost(8280, 8512)
    assert limits.sft(LLAMA, tokens=10, updates=2) == Cost(9120, 9296)


def test_arithmetic_and_traffic_take_their_time_in_turn() -> None:
    assert Cost(flops=600, bytes=50).seconds(flops_per_second=200, bytes_per_second=25) == 5


@pytest.mark.parametrize(
    ("longest", "mean", "rate"),
    # of two tokens at most: 1 + (1 - p); of three: 1 + (1 - p) + (1 - p)²
    [(2, 1.5, 0.5), (3, 1.75, 0.5), (3, 1.24, 0.8)],
)
def test_completions_end_so_often_that_their_mean_length_is_right(
    longest: int, mean: float, rate: float
) -> None:
    assert limits.end_rate(longest, mean) == pytest.approx(rate)
