"""Packing, order, micro-batches, seeds: which tokens and rows go together."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from tutelage.data.batching import epoch_order, micro_batches
from tutelage.data.packing import pack_rows
from tutelage.data.seeds import derive, generator


def test_packing_by_hand():
    rows = pack_rows(iter([[1, 2, 3], [4], [5, 6]]), length=4, eos_id=0)
    assert rows.tolist() == [[1, 2, 3, 0], [4, 0, 5, 6]]  # the last end-of-text begins a row that never fills
    assert pack_rows([[1, 2, 3], [4], [5, 6]], length=9, eos_id=0).tolist() == [[1, 2, 3, 0, 4, 0, 5, 6, 0]]


def test_too_little_text_makes_no_row():
    assert pack_rows([[1]], length=3, eos_id=0).shape == (0, 3)


@given(st.lists(st.lists(st.integers(1, 50), max_size=8), max_size=8), st.integers(1, 7))
def test_packing_loses_only_the_tail(documents, length):
    stream = [token for document in documents for token in [*document, 0]]
    rows = pack_rows(documents, length, eos_id=0)
    assert rows.flatten().tolist() == stream[: len(stream) // length * length]


@given(st.integers(0, 40), st.integers(0, 3), st.integers(0, 3))
def test_an_epochs_order_is_a_permutation_and_repeats(n, seed, epoch):
    order = epoch_order(n, seed, epoch)
    assert sorted(order.tolist()) == list(range(n))
    assert order.tolist() == epoch_order(n, seed, epoch).tolist()


def test_epochs_and_seeds_have_orders_of_their_own():
    assert len({tuple(epoch_order(50, s, e).tolist()) for s in range(3) for e in range(3)}) == 9


@given(st.lists(st.integers(1, 100), max_size=60), st.integers(1, 300))
def test_micro_batches_hold_every_row_once_within_the_budget(lengths, budget):
    groups = micro_batches(lengths, budget)
    assert sorted(index for group in groups for index in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or len(group) * max(lengths[i] for i in group) <= budget


def test_micro_batches_put_similar_lengths_together():
    assert micro_batches([10, 1, 10, 1, 1], token_budget=20) == [[0, 2], [1, 3, 4]]
    assert micro_batches([50], token_budget=20) == [[0]]


def test_seeds_differ_by_path_and_by_the_types_of_its_parts():
    paths = [(), ("a",), ("a", 1), ("a", "1"), ("a1",), (1, "a"), ("a", 1, 0)]
    seeds = {derive(0, *path) for path in paths} | {derive(1, *path) for path in paths}
    assert len(seeds) == 14
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_seed_is_for_ever():
    # first 8 bytes of sha256('[7, "ppo", 3]') by sha256sum, less the lowest bit
    assert derive(7, "ppo", 3) == 0x64222A0A7F0E76AB >> 1


def test_a_generator_draws_the_same_again():
    one, two = (torch.rand(3, generator=generator(5, "x", 2)).tolist() for _ in range(2))
    assert one == two
    assert one != torch.rand(3, generator=generator(5, "x", 3)).tolist()
