"""A generation as padded tensors."""

import torch

from tutelage.rollout import Generation

GENERATION = Generation(
    [[5, 6], [7]], [[8, 1], [9, 9, 9]], [[-0.5, -1.0], [-2.0, -3.0, -4.0]], ["stop", "length"]
)


def test_matrices_agree_on_where_each_token_stands() -> None:
    sequences = GENERATION.sequences(pad_id=0)
    assert sequences.tokens.tolist() == [[5, 6, 8, 1], [7, 9, 9, 9]]
    assert GENERATION.logprob_matrix().tolist() == [[-0.5, -1.0, 0.0], [-2.0, -3.0, -4.0]]
    assert torch.equal(GENERATION.logprob_matrix() != 0, sequences.mask.bool())


def test_nothing_has_no_rows() -> None:
    assert Generation([], [], [], []).logprob_matrix().shape == (0, 0)
