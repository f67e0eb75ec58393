"""What of a model learns: all of its weights, or an adapter of its own and a scalar model's head."""

from torch import Tensor, nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import _CHECKPOINT_PREFIX

OWN_ADAPTER = "own_adapter"
"""Where a model remembers the name of its adapter."""
HEAD = "score"
"""What transformers calls the head of a scalar model; it learns whole."""
CHECKPOINTED = _CHECKPOINT_PREFIX
"""In the names of what torch's wrapper for activation checkpointing is around."""


def has_adapter(model: nn.Module) -> bool:
    """Whether what is trained of the model is an adapter; also true of one that passes with it off."""
    return OWN_ADAPTER in vars(model)


def own_adapter(model: nn.Module) -> str | None:
    """The name of the model's adapter; None where it has none, or passes with it off."""
    name: str | None = vars(model).get(OWN_ADAPTER)
    return name


def trained_parameters(model: nn.Module) -> dict[str, nn.Parameter]:
    """What of the model learns, by name: all of its weights that are not frozen, or its own adapter and head."""
    named = {name.replace(CHECKPOINTED, ""): weight for name, weight in model.named_parameters()}
    if not has_adapter(model):
        return {name: weight for name, weight in named.items() if weight.requires_grad}
    own = own_adapter(model)
    parts = (f".lora_A.{own}.", f".lora_B.{own}.")
    return {
        name: weight
        for name, weight in named.items()
        if name.startswith(f"{HEAD}.") or any(part in name for part in parts)
    }


def trained_state(model: nn.Module) -> dict[str, Tensor]:
    """The weights that a checkpoint must have: all, or where an adapter learns, that and the head."""
    state = model.state_dict()
    if not has_adapter(model):
        return state
    return {name: state[name] for name in trained_parameters(model)}


def load_trained_state(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Go on from a checkpoint's weights. Raises RuntimeError, as torch does, where they are not this model's."""
    if has_adapter(model) and set(state) != set(trained_parameters(model)):
        raise RuntimeError("these are the weights of another adapter")
    model.load_state_dict(state, strict=not has_adapter(model))
