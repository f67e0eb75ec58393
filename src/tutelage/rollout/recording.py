"""A decoding step on a GPU, recorded once and played again.

It is hundreds of small kernels, and to call each of them from Python takes several times as long as to compute it.
"""

import torch
from torch import Tensor

from tutelage.models.decoding import DecodingStep
from tutelage.rollout.cache import PreallocatedCache


def recording_pays(device: torch.device) -> bool:
    """Whether steps can be recorded here."""
    return device.type == "cuda"


class RecordedStep:
    """The logits of the rows of one cache, token after token; all tensors stay where they are.

    The first token is computed plainly, for then libraries choose their kernels; the second is recorded.
    """

    def __init__(
        self, step: DecodingStep, cache: PreallocatedCache, mask: Tensor, opened: float, last_position: int
    ) -> None:
        """mask: over all columns, (B, 1, 1, capacity), of which each step opens one by the value `opened`."""
        self._step, self._cache, self._mask, self._opened = step, cache, mask, opened
        self._last_position = last_position
        self._column = torch.tensor([cache.length], device=mask.device)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._is_first = True
        self._recorded: Tensor | None = None

    def logits(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """(B, vocabulary) after tokens (B,), of which padding (B,) columns stand before the first; the same two each
        time."""
        if self._is_first or not tokens.is_cuda:
            logits = self._compute(tokens, padding)
        else:
            if self._graph is None:
                self._record(tokens, padding)
            assert self._graph is not None
            assert self._recorded is not None
            self._graph.replay()
            logits = self._recorded
        self._is_first = False
        self._column += 1
        self._cache.count_column()
        return logits

    def _record(self, tokens: Tensor, padding: Tensor) -> None:
        # not torch.cuda.graph: that gives back all free memory first, which takes longer than a step
        recorder = torch.cuda.Stream(tokens.device)
        recorder.wait_stream(torch.cuda.current_stream(tokens.device))
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.stream(recorder):
            self._graph.capture_begin()
            self._recorded = self._compute(tokens, padding)
            self._graph.capture_end()
        torch.cuda.current_stream(tokens.device).wait_stream(recorder)

    def _compute(self, tokens: Tensor, padding: Tensor) -> Tensor:
        self._mask.index_fill_(-1, self._column, self._opened)
        positions = (self._column - padding).clamp(max=self._last_position)
        return self._step.logits(tokens, positions, self._mask, self._append)

    def _append(self, block: int, key_states: Tensor, value_states: Tensor) -> tuple[Tensor, Tensor]:
        """As the cache's own, into a column whose number the GPU knows."""
        keys, values = self._cache.blocks[block].states
        for states, new in ((keys, key_states), (values, value_states)):
            states.index_copy_(2, self._column, new.to(states.dtype))
        return keys, values
