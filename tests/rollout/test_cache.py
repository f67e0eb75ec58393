"""The cache keeps what it is given, in the rows it is told."""

import pytest
import torch
from transformers import LlamaConfig, PreTrainedConfig

from tutelage.rollout.cache import PreallocatedCache
from tutelage.schema import InputError


def filled(capacity: int, states: torch.Tensor) -> PreallocatedCache:
    cache = PreallocatedCache(LlamaConfig(num_hidden_layers=2), capacity)
    for layer in range(2):
        cache.update(states, -states, layer)
    return cache


def test_states_are_appended_and_rows_of_two_caches_end_together() -> None:
    old, new, step = torch.randn(3, 2, 3, 4), torch.randn(2, 2, 2, 4), torch.randn(5, 2, 1, 4)
    cache = filled(5, old)
    assert (cache.length, cache.get_seq_length(), cache.get_mask_sizes(1, 0)) == (3, 3, (4, 0))
    kept, entering = torch.tensor([2, 0, 0]), torch.tensor([1, 0])
    joined = PreallocatedCache.of(
        LlamaConfig(num_hidden_layers=2), 5, 3, ((cache, kept), (filled(2, new), entering))
    )
    padded = torch.cat([torch.zeros(2, 2, 1, 4), new[entering]], 2)
    expected = torch.cat([torch.cat([old[kept], padded]), step], 2)
    for layer in range(2):
        keys, values = joined.update(step, -step, layer)
        assert torch.equal(keys, expected)
        assert torch.equal(values, -expected)


def test_columns_that_no_row_needs_are_dropped() -> None:
    states = torch.randn(2, 2, 4, 4)
    cache = filled(6, states)
    shorter = PreallocatedCache.of(LlamaConfig(num_hidden_layers=2), 6, 2, ((cache, torch.tensor([1])),))
    keys, _ = shorter.update(states[1:, :, :1], states[1:, :, :1], 0)
    assert torch.equal(keys, torch.cat([states[1:, :, 2:], states[1:, :, :1]], 2))


def test_a_family_whose_blocks_are_not_attention_is_refused() -> None:
    config = PreTrainedConfig(num_hidden_layers=2)
    config.layer_types = ["full_attention", "linear_attention"]
    with pytest.raises(InputError, match="linear_attention"):
        PreallocatedCache(config, capacity=5)
