"""Models of a few hundred weights, in folders, that prefer one thing to another for no reason."""

from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, reward_model_from, save_model

SAID = "Say one and two, and name an animal."


def policy_of(seed: int, said: str = SAID) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """A language model that has read nothing, and a tokenizer that knows these words."""
    tokenizer = build_tokenizer([said] * 2, 300)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 64}
    architecture = Architecture(**sizes, vocabulary_size=len(tokenizer))
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    return new_policy(architecture, seed, **special), tokenizer


def save_policy(folder: Path, seed: int, said: str = SAID) -> str:
    """A language model's folder."""
    save_model(*policy_of(seed, said), folder)
    return str(folder)


def save_reward_model(folder: Path, seed: int) -> str:
    """A reward model's folder."""
    policy, tokenizer = policy_of(1)
    model = reward_model_from(policy)
    torch.manual_seed(seed)
    torch.nn.init.normal_(model.score.weight)
    save_model(model, tokenizer, folder)
    return str(folder)
