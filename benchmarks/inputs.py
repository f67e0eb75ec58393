"""What ours and the peer are given alike: models of random weights, prompts, rankings and demonstrations, by seed."""

from __future__ import annotations

import math
from typing import Any

import torch
from tokenizers import Tokenizer, models
from torch import Tensor, nn
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    GPT2Config,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from benchmarks.limits import SHAPES, Shape, end_rate
from benchmarks.plan import PROMPT_TOKENS, Run

PAD, BEGIN, END = 0, 1, 2
CONTEXT = 1024
DEMONSTRATION_TOKENS = (16, 256)
RANKED_TOKENS = (40, 72)
USED = 1 / 3
"""Mean length of completions as in use, as a part of the longest."""


def configuration(shape: Shape) -> PreTrainedConfig:
    """In plain transformers, without dropout."""
    common: dict[str, Any] = {
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": CONTEXT,
        "pad_token_id": PAD,
        "bos_token_id": BEGIN,
        "eos_token_id": END,
    }
    if shape.family == "gpt2":
        return GPT2Config(**common, n_inner=shape.inner, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
    return LlamaConfig(**common, intermediate_size=shape.inner, tie_word_embeddings=False)


def language_model(run: Run, device: torch.device) -> PreTrainedModel:
    """One that never ends, or as in use: then at every token with the same chance."""
    torch.manual_seed(0)
    with device:
        model: PreTrainedModel = AutoModelForCausalLM.from_config(configuration(SHAPES[run.shape]))
        if run.in_use:
            let_end(model, end_rate(run.new_tokens, USED * run.new_tokens))
        else:
            model.config.eos_token_id = model.generation_config.eos_token_id = None
    return model.eval()


@torch.no_grad()
def let_end(model: PreTrainedModel, rate: float) -> None:
    """Give the head a bias under which end-of-text has this probability whatever was read."""
    weight = model.get_output_embeddings().weight
    vocabulary, hidden = weight.shape
    head = nn.Linear(hidden, vocabulary)
    head.weight = weight
    head.weight[END] = 0.0
    head.bias.zero_()
    # the last norm leaves states of length √hidden, so the other logits are normal with this variance
    variance = hidden * model.config.initializer_range**2
    head.bias[END] = math.log(rate / (1 - rate)) + math.log(vocabulary) + variance / 2
    model.set_output_embeddings(head)


def scalar_model(run: Run, device: torch.device, seed: int = 1) -> PreTrainedModel:
    """A reward or value model."""
    torch.manual_seed(seed)
    config = configuration(SHAPES[run.shape])
    config.num_labels = 1
    with device:
        model: PreTrainedModel = AutoModelForSequenceClassification.from_config(config)
    return model.eval()


def tokenizer(run: Run, padding_side: str = "right") -> PreTrainedTokenizerFast:
    """Trainers ask for one; nothing is ever encoded."""
    words = {f"w{token}": token for token in range(SHAPES[run.shape].vocabulary)}
    special = {"pad_token": f"w{PAD}", "bos_token": f"w{BEGIN}", "eos_token": f"w{END}"}
    bare = Tokenizer(models.WordLevel(words, unk_token="w0"))
    return PreTrainedTokenizerFast(tokenizer_object=bare, padding_side=padding_side, **special)


def texts(run: Run, lengths: list[int], draw: torch.Generator) -> list[list[int]]:
    """Random tokens, none of them special."""
    vocabulary = SHAPES[run.shape].vocabulary
    return [torch.randint(END + 1, vocabulary, (length,), generator=draw).tolist() for length in lengths]


def uniform(low_high: tuple[int, int], count: int, draw: torch.Generator) -> list[int]:
    """Random lengths, both ends included."""
    low, high = low_high
    return torch.randint(low, high + 1, (count,), generator=draw).tolist()


def prompts(run: Run, tokens: tuple[int, int] = PROMPT_TOKENS) -> list[list[int]]:
    """A batch of them."""
    draw = torch.Generator().manual_seed(run.seed)
    return texts(run, uniform(tokens, run.batch, draw), draw)


def rankings(run: Run) -> list[tuple[list[int], list[list[int]]]]:
    """For every step a batch of prompts with their completions, the best first."""
    draw = torch.Generator().manual_seed(run.seed)
    return [
        (prompt, texts(run, uniform(RANKED_TOKENS, run.completions, draw), draw))
        for prompt in texts(run, uniform(PROMPT_TOKENS, run.steps * run.batch, draw), draw)
    ]


def demonstrations(run: Run) -> list[list[int]]:
    """For every step a batch of texts, the logarithms of their lengths uniform."""
    draw = torch.Generator().manual_seed(run.seed)
    low, high = DEMONSTRATION_TOKENS
    shares = torch.rand(run.steps * run.batch, generator=draw).tolist()
    return texts(run, [round(low * (high / low) ** share) for share in shares], draw)


def completion_tokens(run: Run, completions: Tensor) -> int:
    """Of rows (B, T): all, or those up to the first end-of-text, itself included, where a completion may end."""
    ends = (completions == END).long()
    before = ends.cumsum(1) - ends if run.in_use else torch.zeros_like(ends)
    return int((before == 0).sum())
