"""A saved folder in plain transformers gives the numbers that it gives here."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from tutelage.data.tokens import Sequences
from tutelage.models import final_scores, load_policy, load_reward_model, reward_model_from, save_model
from tutelage.rollout import Sampler, end_of_text
from tutelage.schema import InputError

TOKENS = torch.tensor([[5, 6, 7, 8, 9]])


def tokenizer_of(size: int, **special: str) -> PreTrainedTokenizerFast:
    words = {"<pad>": 0, "<end>": 1, **{f"w{index}": index for index in range(2, size)}}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="w2")), **special
    )


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    return tokenizer_of(50, pad_token="<pad>", eos_token="<end>")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_not_a_model_is_never_replaced(
    kind: str, policy: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    text = precious / "thesis.txt" if kind == "folder" else precious
    text.parent.mkdir(exist_ok=True)
    text.write_text("mine")
    with pytest.raises(InputError, match="not a model's folder"):
        save_model(policy, tokenizer, precious)
    assert text.read_text() == "mine"


def test_an_empty_folder_and_an_older_model_give_way(
    policy: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    for _ in range(2):
        save_model(policy, tokenizer, tmp_path)
        assert (tmp_path / "config.json").is_file()


def test_a_policy_gives_the_same_logits(
    policy: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    save_model(policy, tokenizer, tmp_path / "policy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy"]
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "policy")
    with torch.no_grad():
        expected = policy(TOKENS).logits
        torch.testing.assert_close(plain(TOKENS).logits, expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            load_policy(tmp_path / "policy")(TOKENS).logits, expected, atol=1e-5, rtol=1e-5
        )
    for settings in (plain.config, plain.generation_config):
        assert settings.eos_token_id == policy.config.eos_token_id
    assert (plain.config.pad_token_id, plain.generation_config.pad_token_id) == (0, 0)
    assert AutoTokenizer.from_pretrained(tmp_path / "policy").pad_token == "<pad>"
    assert not list((tmp_path / "policy").glob("*.bin"))


@pytest.mark.parametrize(
    ("known", "kept"), [(1, 1), ([1, 3], [1, 3]), (7, 1), ([7, 3], 1), (None, 1)], ids=str
)
def test_tokens_that_end_a_turn_are_kept_beside_end_of_text(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path, known: object, kept: object
) -> None:
    llama.config.eos_token_id = known
    save_model(llama, tokenizer, tmp_path)
    loaded = load_policy(tmp_path)
    assert loaded.config.eos_token_id == loaded.generation_config.eos_token_id == kept
    listed = kept if isinstance(kept, list) else [kept]
    assert Sampler(loaded, tokenizer).stop_ids == end_of_text(loaded) == frozenset(listed)


def test_a_reward_model_gives_the_same_scores_in_a_padded_batch(
    policy: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, sequences: Sequences, tmp_path: Path
) -> None:
    model = reward_model_from(policy)
    torch.nn.init.normal_(model.score.weight)
    save_model(model, tokenizer, tmp_path / "rm")
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path / "rm")
    with torch.no_grad():
        scores = plain(sequences.tokens, attention_mask=sequences.attention_mask).logits[:, 0]
        torch.testing.assert_close(scores, final_scores(model, sequences), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(
            final_scores(load_reward_model(tmp_path / "rm"), sequences), scores, atol=1e-5, rtol=1e-5
        )


def test_saving_replaces_an_older_model(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    save_model(llama, tokenizer, tmp_path / "policy")
    with torch.no_grad():
        llama.lm_head.weight.add_(1.0)
    save_model(llama, tokenizer, tmp_path / "policy")
    loaded = load_policy(tmp_path / "policy")
    torch.testing.assert_close(loaded.lm_head.weight, llama.lm_head.weight)


def test_an_added_padding_token_gets_an_embedding_and_little_probability(
    policy: PreTrainedModel, tmp_path: Path
) -> None:
    tokenizer = tokenizer_of(50, eos_token="<end>")
    tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    assert tokenizer.pad_token_id == 50
    with torch.no_grad():
        before = policy(TOKENS).logits.log_softmax(-1)
    save_model(policy, tokenizer, tmp_path / "policy")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "policy")
    with torch.no_grad():
        after = plain(torch.cat([TOKENS, torch.tensor([[50]])], 1)).logits.log_softmax(-1)[:, :5]
    padding = after[..., 50].exp()
    assert float(padding.max()) < 1 / 50
    expected = before + torch.log1p(-padding)[..., None]
    torch.testing.assert_close(after[..., :50], expected, atol=1e-4, rtol=0)


def test_padding_that_is_end_of_text_is_refused(llama: PreTrainedModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="padding token"):
        save_model(llama, tokenizer_of(50, pad_token="<end>", eos_token="<end>"), tmp_path / "policy")
