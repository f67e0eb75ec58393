"""The entropy of a choice between two texts, by which bias is measured (§3.6, CrowS-Pairs and Winogender)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def binary_choice_entropy(
    logprob_a: Float[Tensor, "*dims"], logprob_b: Float[Tensor, "*dims"]
) -> Float[Tensor, "*dims"]:
    """Bits of entropy of a choice in proportion to two probabilities; 1 = no preference, 0 = certainty.

    logprob_a, logprob_b: log-probabilities of the two whole texts, in nats.
    """
    p = torch.sigmoid(logprob_a - logprob_b)
    q = torch.sigmoid(logprob_b - logprob_a)  # 1 - p would round to 0 long before q does
    return (torch.special.entr(p) + torch.special.entr(q)) / math.log(2)
