"""Log-probabilities of given tokens under a model's logits."""

from jaxtyping import Float, Int
from torch import Tensor


def token_logprobs(
    logits: Float[Tensor, "B T V"], tokens: Int[Tensor, "B T"], temperature: float = 1.0
) -> Float[Tensor, "B T"]:
    """log softmax(logits / temperature) at each token, in 32-bit floats whatever the logits' own precision.

    The rollout and the update must use the same temperature, or the probability ratio does not start at 1.
    Raises ValueError for a temperature that is not positive.
    """
    if temperature <= 0:
        raise ValueError(f"log-probabilities need a positive temperature, not {temperature}")
    scaled = logits.float() if temperature == 1.0 else logits.float() / temperature
    return scaled.log_softmax(dim=-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
