"""What a real (tiny) model is asked, against transformers asked directly."""

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from tutelage.data import Template
from tutelage.evaluation import Subject

LETTERS = ["<pad>", "<end>", *"abcdefghijklmnop .:?"]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {letter: place for place, letter in enumerate(LETTERS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>")


@pytest.fixture(scope="module")
def model() -> PreTrainedModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(LETTERS),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=32,
        eos_token_id=1,
        pad_token_id=0,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


@pytest.fixture
def subject(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> Subject:
    return Subject("sft", model, tokenizer, Template(prefix="a:", suffix="?"), max_new_tokens=6, seed=3)


def log_probability(model: PreTrainedModel, before: list[int], after: list[int]) -> float:
    """Asked of transformers, one text at a time."""
    with torch.no_grad():
        logits = model(torch.tensor([before + after])).logits[0].double().log_softmax(-1)
    return sum(logits[len(before) + place - 1, token].item() for place, token in enumerate(after))


def ids(text: str) -> list[int]:
    return [LETTERS.index(letter) for letter in text]


def test_continuations_are_scored_after_the_start_of_a_document(subject: Subject) -> None:
    contexts, ends = ["a bed", "", "a big cab in a dim cage"], [" of", "a bog", " ."]
    expected = [
        log_probability(subject.model, [1, *ids(c)], ids(e)) for c, e in zip(contexts, ends, strict=True)
    ]
    assert subject.continuation_log_probabilities(contexts, ends) == pytest.approx(expected, abs=1e-4)


def test_answers_are_scored_in_the_template_with_their_end(subject: Subject) -> None:
    expected = [log_probability(subject.model, ids("a:find?"), [*ids("a face"), 1])]
    assert subject.answer_log_probabilities(["find"], ["a face"]) == pytest.approx(expected, abs=1e-4)


def test_neighbours_in_a_batch_change_nothing(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> None:
    texts = ["a", "a cab", "bog", "keep a code in", "face", ""]
    ends = [" b", " of", "a", " aid", " in a cage", "doom"]
    one_by_one = Subject("x", model, tokenizer, Template(), batch_tokens=1)
    together = Subject("x", model, tokenizer, Template(), batch_tokens=10_000)
    assert together.continuation_log_probabilities(texts, ends) == pytest.approx(
        one_by_one.continuation_log_probabilities(texts, ends), abs=1e-4
    )


def test_a_long_document_is_read_in_pieces_of_the_context(subject: Subject) -> None:
    long, short = "a bad dog. " * 6, "mono"
    found = subject.document_likelihoods([long, short, ""])
    assert [document.tokens for document in found] == [66, 4, 0]
    pieces = [ids(long)[start : start + 31] for start in (0, 31, 62)]
    assert found[0].log_probability == pytest.approx(
        sum(log_probability(subject.model, [1], piece) for piece in pieces), abs=1e-3
    )
    assert found[1].log_probability == pytest.approx(
        log_probability(subject.model, [1], ids(short)), abs=1e-4
    )
    assert found[2].log_probability == 0


def test_a_seed_gives_the_same_answers(subject: Subject) -> None:
    first = subject.answers(["find", "make", "do"])
    assert first == subject.answers(["find", "make", "do"])
    assert subject.answers(["find"])[0] == first[0]
    assert all(len(answer) <= 6 for answer in subject.continuations(["a bad", "a dog"]))
