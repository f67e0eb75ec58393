"""Any transformers causal language model as policy, and its backbone with a scalar head as reward and value model.

Knows no text and no loss.
"""

from tutelage.models.adapters import Adapter, add_adapter, twin_of
from tutelage.models.architecture import Architecture
from tutelage.models.arithmetic import (
    Precision,
    arithmetic,
    faster_precision,
    product_dtype,
    unchanging_weights,
)
from tutelage.models.attention import attends_plainly
from tutelage.models.averaging import ExponentialMovingAverage
from tutelage.models.budget import rows_at_once, tokens_at_once
from tutelage.models.centering import center_scores
from tutelage.models.decoding import decoding_step
from tutelage.models.dropout import set_dropout
from tutelage.models.evaluating import evaluating
from tutelage.models.folders import require_room, save_model
from tutelage.models.forward import (
    completion_logprobs,
    final_hidden_states,
    final_scores,
    row_logprobs,
    token_values,
)
from tutelage.models.learning import (
    has_adapter,
    load_trained_state,
    own_adapter,
    trained_parameters,
    trained_state,
)
from tutelage.models.memory import keep_freed_memory
from tutelage.models.merging import joined, merged, reward_model_on
from tutelage.models.narrowing import read_only_at
from tutelage.models.policy import load_policy, load_tokenizer, new_policy
from tutelage.models.reward import load_reward_model, reward_model_from, value_model_from
from tutelage.models.rounding import quantized, rounded
from tutelage.models.sharding import (
    gathered_copy,
    gathered_tensor,
    is_sharded,
    laid_out_as,
    own_part,
    spread,
    whole,
)

__all__ = [
    "Adapter",
    "Architecture",
    "ExponentialMovingAverage",
    "Precision",
    "add_adapter",
    "arithmetic",
    "attends_plainly",
    "center_scores",
    "completion_logprobs",
    "decoding_step",
    "evaluating",
    "faster_precision",
    "final_hidden_states",
    "final_scores",
    "gathered_copy",
    "gathered_tensor",
    "has_adapter",
    "is_sharded",
    "joined",
    "keep_freed_memory",
    "laid_out_as",
    "load_policy",
    "load_reward_model",
    "load_tokenizer",
    "load_trained_state",
    "merged",
    "new_policy",
    "own_adapter",
    "own_part",
    "product_dtype",
    "quantized",
    "read_only_at",
    "require_room",
    "reward_model_from",
    "reward_model_on",
    "rounded",
    "row_logprobs",
    "rows_at_once",
    "save_model",
    "set_dropout",
    "spread",
    "token_values",
    "tokens_at_once",
    "trained_parameters",
    "trained_state",
    "twin_of",
    "unchanging_weights",
    "value_model_from",
    "whole",
]
