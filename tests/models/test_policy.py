"""New policies, and what is said about folders that hold none."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from tutelage.models import Architecture, load_policy, load_tokenizer, new_policy
from tutelage.schema import InputError

SMALL = Architecture(hidden_size=16, layers=1, heads=2, intermediate_size=24, vocabulary_size=30, context=32)


def test_equal_seeds_give_equal_weights_and_leave_the_global_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first, again, other = (new_policy(SMALL, seed, eos_token_id=1, pad_token_id=0) for seed in (5, 5, 6))
    torch.testing.assert_close(torch.rand(2), expected, atol=0, rtol=0)
    states = first.state_dict()
    assert all(torch.equal(weight, states[name]) for name, weight in again.state_dict().items())
    assert any(not torch.equal(weight, states[name]) for name, weight in other.state_dict().items())


@pytest.mark.parametrize("tie_embeddings", [True, False])
def test_sizes_are_those_asked_for(tie_embeddings: bool) -> None:
    model = new_policy(SMALL, 0, eos_token_id=1, pad_token_id=0, tie_embeddings=tie_embeddings)
    block = 4 * 16 * 16 + 3 * 16 * 24 + 2 * 16  # attention, feed-forward, two normalisations
    embeddings = 30 * 16 * (1 if tie_embeddings else 2)
    assert sum(weight.numel() for weight in model.parameters()) == block + embeddings + 16
    assert model(torch.tensor([[2, 3, 4]])).logits.shape == (1, 3, 30)


def test_padding_must_not_be_end_of_text() -> None:
    with pytest.raises(InputError, match="same token id"):
        new_policy(SMALL, 0, eos_token_id=1, pad_token_id=1)


@pytest.mark.parametrize(("field", "size"), [("hidden_size", 18), ("layers", 0)])
def test_impossible_sizes_are_refused(field: str, size: int) -> None:
    with pytest.raises(InputError, match=field):
        Architecture(**{**vars(SMALL), field: size})


def test_a_missing_folder_is_told_from_an_empty_one(tmp_path: Path) -> None:
    for load in (load_policy, load_tokenizer):
        with pytest.raises(InputError, match="no such model folder"):
            load(tmp_path / "nowhere")
        with pytest.raises(InputError, match=r"no config\.json"):
            load(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot load a causal language model"):
        load_policy(tmp_path)


def test_a_model_that_reads_images_too_is_refused(tmp_path: Path) -> None:
    text = {
        "vocab_size": 30,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "head_dim": 8,
    }
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Gemma3Config(text_config=text, vision_config=vision | {"image_size": 8, "patch_size": 4})
    Gemma3ForConditionalGeneration(config).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="reads more than text; give a causal language model of text alone"):
        load_policy(tmp_path)


def saved_tokenizer(folder: Path, **special: str) -> Path:
    words = {word: index for index, word in enumerate(["<end>", "<|fim_pad|>", "a", "b"])}
    PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="a")), **special
    ).save_pretrained(folder)
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    return folder


def test_a_tokenizer_without_padding_gets_a_new_token(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(saved_tokenizer(tmp_path, eos_token="<end>", pad_token="<end>"))
    assert (tokenizer.eos_token_id, tokenizer.pad_token, tokenizer.pad_token_id) == (0, "<|pad|>", 4)


def test_a_tokenizer_with_an_unused_padding_token_takes_that(tmp_path: Path) -> None:
    folder = saved_tokenizer(tmp_path, eos_token="<end>", unk_token="<|fim_pad|>")
    assert load_tokenizer(folder).pad_token_id == 1


def test_padding_that_is_a_token_of_its_own_stays(tmp_path: Path) -> None:
    assert load_tokenizer(saved_tokenizer(tmp_path, eos_token="<end>", pad_token="b")).pad_token_id == 3


def test_a_tokenizer_without_end_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no end-of-text"):
        load_tokenizer(saved_tokenizer(tmp_path))


def test_a_loaded_policy_has_no_dropout(policy: PreTrainedModel, tmp_path: Path) -> None:
    policy.save_pretrained(tmp_path)
    loaded = load_policy(tmp_path).train()
    tokens = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        torch.testing.assert_close(loaded(tokens).logits, policy.eval()(tokens).logits, atol=1e-6, rtol=0)
