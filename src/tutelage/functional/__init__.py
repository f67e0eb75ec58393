"""The paper's equations as pure functions of tensors: no state, randomness or configuration; masks explicit.

Everywhere B counts completions (prompts, in a ranking), T a completion's tokens and K the completions of a
prompt. A mask is 1 on completion tokens up to and including end-of-text, 0 elsewhere.
"""

from tutelage.functional.advantages import Advantages, gae, leave_one_out
from tutelage.functional.choice import binary_choice_entropy
from tutelage.functional.importance import truncated_importance_weights
from tutelage.functional.kl import (
    adapted_kl_coefficient,
    kl_penalized_rewards,
    last_tokens,
    log_ratio_kl,
    nonnegative_kl,
)
from tutelage.functional.logprobs import token_logprobs
from tutelage.functional.masking import masked, masked_mean
from tutelage.functional.policy import PolicyLoss, policy_loss
from tutelage.functional.ranking import comparison_counts, ranking_accuracy, ranking_loss
from tutelage.functional.value import ValueLoss, value_loss
from tutelage.functional.whitening import scale, standardize

__all__ = [
    "Advantages",
    "PolicyLoss",
    "ValueLoss",
    "adapted_kl_coefficient",
    "binary_choice_entropy",
    "comparison_counts",
    "gae",
    "kl_penalized_rewards",
    "last_tokens",
    "leave_one_out",
    "log_ratio_kl",
    "masked",
    "masked_mean",
    "nonnegative_kl",
    "policy_loss",
    "ranking_accuracy",
    "ranking_loss",
    "scale",
    "standardize",
    "token_logprobs",
    "truncated_importance_weights",
    "value_loss",
]
