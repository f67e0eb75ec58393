"""A model's weights spread over ranks by FSDP2 (`fully_shard`): each keeps a part and gathers a block's when it passes.

A pass of ours reads the backbone, the unembedding and the head by themselves, and FSDP gathers the weights for calls of
whole modules. So what makes a pass is marked `one_pass`, and is called as the model's own method.
"""

import copy
import types
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec

import torch
from torch import Tensor, nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import apply_activation_checkpointing
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import (
    FSDPModule,
    MixedPrecisionPolicy,
    fully_shard,
    register_fsdp_forward_method,
)
from torch.distributed.tensor import DTensor, distribute_tensor
from transformers import PreTrainedModel

from tutelage.distributed import size
from tutelage.models.adapters import add_adapter, shape_of_adapter, switch_on
from tutelage.models.dropout import decoder_blocks
from tutelage.models.evaluating import FOUND
from tutelage.models.learning import CHECKPOINTED, own_adapter, trained_parameters
from tutelage.models.probing import probe_family

P = ParamSpec("P")


def one_pass(
    compute: Callable[Concatenate[PreTrainedModel, P], Tensor],
) -> Callable[Concatenate[PreTrainedModel, P], Tensor]:
    """Have a function of a model and its inputs count as one pass of the model, for which its weights are gathered."""

    @wraps(compute)
    def call(model: PreTrainedModel, /, *args: P.args, **kwargs: P.kwargs) -> Tensor:
        switch_on(model)
        if not is_sharded(model):
            return compute(model, *args, **kwargs)
        made: Tensor = model.carry_out(partial(compute, model, *args, **kwargs))  # type: ignore[operator]
        return made

    return call


def is_sharded(model: nn.Module) -> bool:
    """Whether its weights are spread over ranks."""
    return isinstance(model, FSDPModule)


def spread(
    model: PreTrainedModel,
    *,
    shard: bool = False,
    activation_checkpointing: bool = False,
    dtype: torch.dtype | None = None,
) -> PreTrainedModel:
    """Make a model ready to be trained by the ranks that work together; it is returned.

    shard: its weights, gradients and optimizer over the ranks; else every rank has all of them.
    activation_checkpointing: blocks are computed again for their gradient.
    dtype: in which the weights of blocks are gathered, None leaves them as they are. All others are gathered in full.
    """
    if activation_checkpointing:
        blocks = set(decoder_blocks(model))
        apply_activation_checkpointing(model, check_fn=blocks.__contains__)
    if not shard or size() == 1:
        return model
    mesh = init_device_mesh(model.device.type, (size(),))
    probe_family(model)
    in_dtype = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for block in decoder_blocks(model):
        fully_shard(block, mesh=mesh, mp_policy=in_dtype)
    # left whole after a pass, what is changed by hand, such as a head that is centred, would be a copy
    fully_shard(model, mesh=mesh, reshard_after_forward=True)
    for module in model.modules():
        if isinstance(module, FSDPModule):
            # parts weigh what their rows do in the whole batch, so gradients are added up and not averaged
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)
    vars(model)["carry_out"] = types.MethodType(_carry_out, model)
    register_fsdp_forward_method(model, "carry_out")
    model.register_load_state_dict_pre_hook(_shard_state)
    return model


def _carry_out(_: nn.Module, work: Callable[[], Tensor]) -> Tensor:
    return work().clone()  # FSDP hooks in where the result's gradient comes back, and a view would hide that


def _shard_state(model: nn.Module, state: dict[str, Any], prefix: str, *_: object) -> None:
    """Before weights are loaded: whole ones become shards."""
    for name, weight in model.state_dict().items():
        if prefix + name in state:
            state[prefix + name] = laid_out_as(weight, state[prefix + name])


def laid_out_as(weight: Tensor, tensor: Tensor) -> Tensor:
    """A tensor of the weight's shape, spread over ranks as the weight is. All ranks have the same tensor."""
    if not isinstance(weight, DTensor) or isinstance(tensor, DTensor):
        return tensor
    whole = tensor.to(weight.device)
    return distribute_tensor(whole, weight.device_mesh, weight.placements, src_data_rank=None)


def own_part(tensor: Tensor) -> Tensor:
    """What this rank has of a tensor: all of it, where it is not sharded. Changes of it are changes of the tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def gathered_tensor(tensor: Tensor) -> Tensor:
    """All of a tensor; every rank must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def whole(model: PreTrainedModel) -> PreTrainedModel:
    """The model with all its weights in this process, to be sampled or saved: itself, where it is not sharded.

    Else a copy, which every rank must ask for.
    """
    return gathered_copy(model) if is_sharded(model) else model


@torch.no_grad()
def gathered_copy(model: PreTrainedModel) -> PreTrainedModel:
    """A copy with all weights in this process; every rank must ask. Weights that do not learn are not copied."""
    if not is_sharded(model):
        learning = set(map(id, trained_parameters(model).values()))
        return copy.deepcopy(
            model, {id(weight): weight for weight in model.parameters() if id(weight) not in learning}
        )
    return rebuilt(model, {name: gathered_tensor(weight) for name, weight in model.state_dict().items()})


def rebuilt(model: PreTrainedModel, weights: dict[str, Tensor]) -> PreTrainedModel:
    """A model of the same family with these weights, which are not copied, and with the model's buffers.

    It has the model's own adapter where the weights have it.
    """
    family = next(each for each in type(model).__mro__ if not issubclass(each, FSDPModule))
    assert issubclass(family, PreTrainedModel)
    with torch.device("meta"):
        plain = family(copy.deepcopy(model.config))
    own = own_adapter(model)
    if own is not None and any(f".{own}." in name for name in weights):
        add_adapter(plain, shape_of_adapter(model), own, empty=True)
    plain.load_state_dict(weights, assign=True)
    plain.tie_weights()
    for name, buffer in model.named_buffers():
        if name in weights:
            continue
        place, _, leaf = name.replace(CHECKPOINTED, "").rpartition(".")
        plain.get_submodule(place).register_buffer(leaf, buffer, persistent=False)
    vars(plain).update((name, found) for name, found in vars(model).items() if name.startswith(FOUND))
    if model.can_generate():
        plain.generation_config = copy.deepcopy(model.generation_config)
    return plain.train(model.training)
