"""Residual dropout (App. C.1: 0.2 in supervised fine-tuning) for families that are built without it."""

from torch import Tensor, nn
from transformers import PreTrainedModel

from tutelage.models.learning import CHECKPOINTED

ATTENTION_NAMES = ("self_attn", "attn", "attention", "self_attention")
FEED_FORWARD_NAMES = ("mlp", "feed_forward", "ffn")
NORMS_BEHIND = ("post_attention_layernorm", "post_feedforward_layernorm")
"""Of families that norm what a sublayer gives before they add it; a block with the first alone norms what goes in."""


class ResidualDropout:
    """A forward hook: drops elements of what a sublayer adds to the residual stream, while the model trains."""

    def __init__(self, probability: float) -> None:
        self.probability = probability

    def __call__(self, sublayer: nn.Module, _: object, output: Tensor | tuple[Tensor, ...]) -> object:
        if not sublayer.training:
            return output
        if isinstance(output, tuple):
            return nn.functional.dropout(output[0], self.probability), *output[1:]
        return nn.functional.dropout(output, self.probability)


def set_dropout(model: PreTrainedModel, probability: float) -> None:
    """Make dropout of the residual branches the model's only dropout, at this probability; 0 removes it.

    The state dictionary and the saved configuration stay as they are. Masks follow torch's global generator.
    The family's own dropout is turned off, so that probability 0 means none at all, as PPO needs.
    """
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            vars(module)["attention_dropout"] = 0.0
        for key in [key for key, hook in module._forward_hooks.items() if isinstance(hook, ResidualDropout)]:
            del module._forward_hooks[key]
    if probability > 0.0:
        for sublayer in residual_branches(model):
            sublayer.register_forward_hook(ResidualDropout(probability))


def has_own_dropout(model: PreTrainedModel) -> bool:
    """Whether the family's layers themselves drop elements now; residual dropout is none of theirs."""
    return model.training and any(
        (isinstance(module, nn.Dropout) and module.p > 0.0)
        or (isinstance(rate := getattr(module, "attention_dropout", None), float) and rate > 0.0)
        for module in model.modules()
    )


def residual_branches(model: PreTrainedModel) -> list[nn.Module]:
    """What gives each block's two terms to the residual stream: its sublayers, or the norms that stand behind them.

    Dropping before a norm would change the length that it divides by, and with it what is not dropped.
    """
    branches = []
    for block in decoder_blocks(model):
        # of one whose activations are computed again, what is inside torch's wrapper for that
        children = dict(getattr(block, CHECKPOINTED.removesuffix("."), block).named_children())
        if all(name in children for name in NORMS_BEHIND):
            branches += [children[name] for name in NORMS_BEHIND]
            continue
        for names in (ATTENTION_NAMES, FEED_FORWARD_NAMES):
            found = [children[name] for name in names if name in children]
            if not found:
                raise NotImplementedError(f"{type(block).__name__} has no layer of the names {names}")
            branches.append(found[0])
    return branches


def decoder_blocks(model: PreTrainedModel) -> nn.ModuleList:
    """The backbone's list of blocks."""
    return next(module for module in model.base_model.children() if isinstance(module, nn.ModuleList))
