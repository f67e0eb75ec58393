"""The cache keeps what it is given, in the rows it is told."""

import pytest
import torch
from transformers import LlamaConfig, PreTrainedConfig

from tutelage.rollout.cache import PreallocatedCache
from tutelage.schema import InputError


def test_states_are_appended_and_rows_selected() -> None:
    cache = PreallocatedCache(LlamaConfig(num_hidden_layers=2), capacity=5)
    prompt, step = torch.randn(3, 2, 3, 4), torch.randn(4, 2, 1, 4)
    for layer in range(2):
        cache.update(prompt, -prompt, layer)
    assert (cache.length, cache.get_seq_length(), cache.get_mask_sizes(1, 0)) == (3, 3, (4, 0))
    rows = torch.tensor([2, 0, 0, 1])
    cache.select(rows)
    for layer in range(2):
        keys, values = cache.update(step, -step, layer)
        expected = torch.cat([prompt[rows], step], 2)
        assert torch.equal(keys, expected)
        assert torch.equal(values, -expected)


def test_a_family_whose_blocks_are_not_attention_is_refused() -> None:
    config = PreTrainedConfig(num_hidden_layers=2)
    config.layer_types = ["full_attention", "linear_attention"]
    with pytest.raises(InputError, match="linear_attention"):
        PreallocatedCache(config, capacity=5)
