"""Keys and values of the tokens read so far, in memory that is allocated for some tokens more.

transformers' own caches either copy everything at every token (dynamic) or attend to the longest text that may come
(static).
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from transformers import PreTrainedConfig
from transformers.cache_utils import Cache, CacheLayerMixin

from tutelage.models import product_dtype
from tutelage.schema import InputError

ATTENTION_LAYERS = {"full_attention", "sliding_attention", "chunked_attention"}


class PreallocatedLayer(CacheLayerMixin):
    """One block's keys and values: `length` tokens filled of `capacity`."""

    is_compileable = False
    is_sliding = False
    is_croppable = False

    def __init__(self, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity
        self.length = 0

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        # rounded once, as they are stored, and not at every token
        self.dtype, self.device = product_dtype(key_states), key_states.device
        self.keys = key_states.new_empty(
            *key_states.shape[:2], self.capacity, key_states.shape[3], dtype=self.dtype
        )
        self.values = value_states.new_empty(
            *value_states.shape[:2], self.capacity, value_states.shape[3], dtype=self.dtype
        )
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Append states (B, heads, new tokens, D); returns views of all states so far."""
        keys, values = self.append(key_states, value_states)
        return keys[:, :, : self.length], values[:, :, : self.length]

    def append(self, key_states: Tensor, value_states: Tensor) -> tuple[Tensor, Tensor]:
        """Append states (B, heads, new tokens, D); returns all columns, those not yet filled too."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.length + key_states.shape[2]
        keys, values = self.states
        keys[:, :, self.length : end] = key_states
        values[:, :, self.length : end] = value_states
        self.length = end
        return keys, values

    @property
    def states(self) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, capacity, D), of which `length` tokens are filled."""
        assert self.keys is not None
        assert self.values is not None
        return self.keys, self.values

    def fill(self, length: int, parts: Sequence[tuple["PreallocatedLayer", Tensor]]) -> None:
        """Take in the given rows of other layers, part after part, each ending in the last of `length` columns.

        All other columns are zeros: they are masked, but what is not a number would get through.
        """
        parts = [(layer, rows) for layer, rows in parts if len(rows)]
        first = parts[0][0]
        self.dtype, self.device = first.dtype, first.device
        self.keys, self.values = (
            self._filled(length, [(layer.states[number], layer.length, rows) for layer, rows in parts])
            for number in (0, 1)
        )
        self.length = length
        self.is_initialized = True

    def _filled(self, length: int, parts: Sequence[tuple[Tensor, int, Tensor]]) -> Tensor:
        states = parts[0][0]
        rows = sum(len(rows) for _, _, rows in parts)
        filled = states.new_empty(rows, states.shape[1], self.capacity, states.shape[3])
        start = 0
        for states, present, rows_of_part in parts:
            end, taken = start + len(rows_of_part), min(length, present)
            filled[start:end, :, : length - taken] = 0
            filled[start:end, :, length:] = 0
            filled[start:end, :, length - taken : length] = states[
                :, :, present - taken : present
            ].index_select(0, rows_of_part)
            start = end
        return filled

    def replace(self, seats: Tensor, other: "PreallocatedLayer", rows: Tensor) -> None:
        """Write another's rows in place of these, ending in the last filled column.

        What is left in the columns before is masked, and is numbers.
        """
        for states, new in zip(self.states, other.states, strict=True):
            states[seats, :, self.length - other.length : self.length] = new[
                :, :, : other.length
            ].index_select(0, rows)

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        return self.length

    def get_max_length(self) -> int:
        return self.capacity


class PreallocatedCache(Cache):
    """The cache of a whole model for at most `capacity` tokens a row.

    Layers with a sliding window keep all tokens too; the mask does the sliding.
    """

    def __init__(self, config: PreTrainedConfig, capacity: int) -> None:
        unknown = set(getattr(config, "layer_types", None) or ()) - ATTENTION_LAYERS
        if unknown:
            raise InputError(
                f"cannot sample from the family '{config.model_type}': it has layers of type {sorted(unknown)}",
                remedy="choose a decoder whose blocks all use attention",
            )
        self.blocks = [PreallocatedLayer(capacity) for _ in range(config.num_hidden_layers)]
        super().__init__(layers=list(self.blocks))

    @property
    def length(self) -> int:
        """Tokens read so far."""
        return self.blocks[0].length

    @property
    def capacity(self) -> int:
        """Tokens that find room."""
        return self.blocks[0].capacity

    @classmethod
    def of(
        cls,
        config: PreTrainedConfig,
        capacity: int,
        length: int,
        parts: Sequence[tuple["PreallocatedCache", Tensor]],
    ) -> "PreallocatedCache":
        """A new cache of the given rows of others, all of them ending in the last of its `length` columns.

        The others give up their states, block by block, so that there is never a second cache.
        """
        cache = cls(config, capacity)
        for number, block in enumerate(cache.blocks):
            block.fill(length, [(other.blocks[number], rows) for other, rows in parts])
            for other, _ in parts:
                other.blocks[number].keys = other.blocks[number].values = None
        return cache

    def replace(self, seats: Tensor, other: "PreallocatedCache", rows: Tensor) -> None:
        """In every block another's rows in place of these."""
        for mine, its in zip(self.blocks, other.blocks, strict=True):
            mine.replace(seats, its, rows)

    def append(self, block: int, key_states: Tensor, value_states: Tensor) -> tuple[Tensor, Tensor]:
        """A block's keys and values after new ones have joined them, with the columns that are not filled yet."""
        return self.blocks[block].append(key_states, value_states)

    def count_column(self) -> None:
        """Count a token that something else has written behind those that were read."""
        for block in self.blocks:
            block.length += 1
