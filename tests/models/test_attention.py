"""The CPU's attention against a plain numpy one, and against transformers' own."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.models.attention import PACKING_ATTENTION, attention


def numpy_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> np.ndarray:
    shared = query.shape[1] // key.shape[1]
    keys, values = (np.repeat(states.double().numpy(), shared, axis=1) for states in (key, value))
    products = (
        query.double().numpy() @ keys.swapaxes(-1, -2) / np.sqrt(query.shape[-1]) + mask.double().numpy()
    )
    weights = np.exp(products - products.max(-1, keepdims=True))
    return ((weights / weights.sum(-1, keepdims=True)) @ values).swapaxes(1, 2)


@pytest.mark.parametrize("queries", [1, 5])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 3e-2)])
def test_both_forms_are_softmax_attention(queries: int, dtype: torch.dtype, tolerance: float) -> None:
    torch.manual_seed(0)
    query = torch.randn(3, 4, queries, 8).to(dtype)
    key, value = (torch.randn(3, 2, 7, 8).to(dtype) for _ in range(2))
    mask = torch.zeros(3, 1, queries, 7, dtype=dtype)
    mask[1, :, :, :3] = torch.finfo(dtype).min
    output, _ = attention(nn.Module(), query, key, value, mask)
    np.testing.assert_allclose(
        output.float().numpy(), numpy_attention(query, key, value, mask), atol=tolerance
    )


def test_a_model_gives_the_logits_of_transformers_attention(policy: PreTrainedModel) -> None:
    tokens = torch.tensor([[5, 6, 7, 8, 9], [0, 0, 3, 4, 5]])
    real = torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])
    softcapped = getattr(policy.config, "attn_logit_softcapping", None) is not None
    assert policy.config._attn_implementation == ("eager" if softcapped else PACKING_ATTENTION)
    with torch.no_grad():
        ours = policy(tokens, attention_mask=real).logits
        policy.set_attn_implementation("eager")
        theirs = policy(tokens, attention_mask=real).logits
    torch.testing.assert_close(ours[real.bool()], theirs[real.bool()], atol=1e-5, rtol=1e-5)


def test_terms_that_it_does_not_know_are_refused_and_not_dropped() -> None:
    states = torch.zeros(1, 1, 2, 4)
    with pytest.raises(NotImplementedError, match="softcap"):
        attention(nn.Module(), states, states, states, None, softcap=30.0)
