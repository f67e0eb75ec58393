"""A policy's weights as other programs read them: whole, and by the names that its folder would have."""

from collections.abc import Iterator

from torch import Tensor
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion

from tutelage.models import joined, whole


def plain(model: PreTrainedModel) -> PreTrainedModel:
    """The policy with all weights in this process and its adapter in them; every rank must ask."""
    return joined(whole(model))


def named_weights(policy: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """What `save_pretrained` would write, where it lies: a weight that two layers share is there once."""
    once: dict[int, tuple[str, Tensor]] = {}
    for name, weight in policy.state_dict().items():
        once.setdefault(weight.data_ptr(), (name, weight))
    yield from revert_weight_conversion(policy, dict(once.values())).items()
