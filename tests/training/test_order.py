"""The walk over the data: every example once an epoch, and the same walk from wherever it is continued."""

from hypothesis import given
from hypothesis import strategies as st

from tutelage.training.order import epoch_batches, examples_at

sizes = st.integers(1, 30)
seeds = st.integers(0, 2**31)


@given(sizes, sizes, seeds, st.integers(0, 3))
def test_an_epoch_holds_each_example_once_in_batches_of_nearly_equal_size(n, batch_size, seed, epoch):
    batches = epoch_batches(n, batch_size, seed, epoch)
    assert sorted(index for batch in batches for index in batch) == list(range(n))
    lengths = [len(batch) for batch in batches]
    assert max(lengths) <= batch_size
    assert max(lengths) - min(lengths) <= 1


@given(sizes, st.lists(st.integers(1, 20), min_size=1, max_size=6), seeds)
def test_the_walk_is_the_same_in_any_strides(n, strides, seed):
    whole = examples_at(0, sum(strides), n, seed)
    pieces, position = [], 0
    for stride in strides:
        pieces += examples_at(position, stride, n, seed)
        position += stride
    assert pieces == whole
    assert sorted(examples_at(0, 2 * n, n, seed)) == sorted([*range(n), *range(n)])
