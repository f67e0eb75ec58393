"""Keys and values of the tokens read so far, in memory that is allocated once for a whole batch.

transformers' own caches either copy everything at every token (dynamic) or attend to all that is allocated (static).
"""

from typing import Any

from torch import Tensor
from transformers import PreTrainedConfig
from transformers.cache_utils import Cache, CacheLayerMixin

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
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys = key_states.new_empty(*key_states.shape[:2], self.capacity, key_states.shape[3])
        self.values = value_states.new_empty(*value_states.shape[:2], self.capacity, value_states.shape[3])
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Append states (B, heads, new tokens, D); returns views of all states so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        end = self.length + key_states.shape[2]
        keys, values = self.states
        keys[:, :, self.length : end] = key_states
        values[:, :, self.length : end] = value_states
        self.length = end
        return keys[:, :, :end], values[:, :, :end]

    def select(self, rows: Tensor) -> None:
        """Keep the given rows, in their order; a row may be taken several times."""
        self.keys, self.values = (self._selected(states, rows) for states in self.states)

    @property
    def states(self) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, capacity, D), of which `length` tokens are filled."""
        assert self.keys is not None
        assert self.values is not None
        return self.keys, self.values

    def _selected(self, states: Tensor, rows: Tensor) -> Tensor:
        selected = states.new_empty(len(rows), *states.shape[1:])
        selected[:, :, : self.length] = states[:, :, : self.length].index_select(0, rows)
        return selected

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

    def select(self, rows: Tensor) -> None:
        """Keep the given rows of the batch, in their order; a row may be taken several times."""
        for block in self.blocks:
            block.select(rows)
