"""Padded batches and their masks."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.data.tokens import Sequences

PAD = 9


def test_masks_by_hand():
    batch = Sequences.of([[1, 2], [3]], [[4], [5, 6, 7]], PAD)
    assert batch.tokens.tolist() == [[1, 2, 4, PAD], [3, 5, 6, 7]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert batch.completion_index.tolist() == [[2, 0, 0], [1, 2, 3]]
    assert batch.mask.tolist() == [[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    assert (batch.completion_tokens * batch.mask.long()).tolist() == [[4, 0, 0], [5, 6, 7]]
    assert batch.lengths.tolist() == [3, 4]


tokens = st.lists(st.integers(0, PAD), min_size=1, max_size=6)  # real tokens may be the padding id
rows = st.lists(st.tuples(tokens, st.lists(st.integers(0, PAD), max_size=6)), min_size=1, max_size=5)


@given(rows)
def test_every_row_is_found_again_whatever_its_tokens(pairs):
    batch = Sequences.of([p for p, _ in pairs], [c for _, c in pairs], PAD)
    for row, (prompt, completion) in enumerate(pairs):
        real = batch.attention_mask[row].bool()
        assert batch.tokens[row][real].tolist() == prompt + completion
        assert batch.completion_tokens[row][batch.mask[row].bool()].tolist() == completion
        assert (batch.tokens[row][~real] == PAD).all()


@given(rows, st.data())
def test_selecting_rows_is_the_batch_of_those_rows(pairs, data):
    prompts, completions = [p for p, _ in pairs], [c for _, c in pairs]
    chosen = data.draw(st.lists(st.integers(0, len(pairs) - 1), min_size=1, max_size=4))
    selected = Sequences.of(prompts, completions, PAD).select(chosen)
    expected = Sequences.of([prompts[i] for i in chosen], [completions[i] for i in chosen], PAD)
    for name in ("tokens", "attention_mask", "completion_index", "mask"):
        np.testing.assert_array_equal(getattr(selected, name), getattr(expected, name))


def test_rows_may_be_selected_by_a_tensor_and_moved():
    batch = Sequences.of([[1], [2, 3]], [[4], [5]], PAD)
    assert batch.select(torch.tensor([0])).tokens.tolist() == [[1, 4]]
    assert batch.to("meta").tokens.device.type == "meta"


def test_refuses_what_makes_no_batch():
    with pytest.raises(ValueError, match="2 prompts but 1 completions"):
        Sequences.of([[1], [2]], [[3]], PAD)
    with pytest.raises(ValueError, match="without tokens"):
        Sequences.of([[]], [[3]], PAD)
