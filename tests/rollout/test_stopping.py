"""Stop strings where one character may be several tokens, and one token several characters."""

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from tutelage.data.template import Template
from tutelage.rollout.stopping import StopStrings


@pytest.fixture(scope="module")
def byte_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(["the end of the Question: the end\n\n"] * 4, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>")


@pytest.mark.parametrize(
    ("strings", "text", "left"),
    [
        (["\n\n"], "the end\n\nof", "the end"),
        (["Question:"], "the Question: of", "the "),
        (["ß", "never"], "Straße", "Stra"),
        (["😀!"], "a😀 b😀!c", "a😀 b"),
        (["end", "the en"], "of the end", "of "),
        (["never"], "the end", "the end"),
        ([], "the end", "the end"),
        ([""], "the end", "the end"),
    ],
)
def test_the_first_token_that_completes_one_is_noticed(
    byte_tokenizer: PreTrainedTokenizerFast, strings: list[str], text: str, left: str
) -> None:
    stops = StopStrings(strings, byte_tokenizer, Template())
    tokens = byte_tokenizer.encode(text)
    for size in range(1, len(tokens) + 1):
        reached = stops.cut(byte_tokenizer.decode(tokens[:size])) != byte_tokenizer.decode(tokens[:size])
        assert stops.reached(tokens[:size]) == reached
        if reached:
            break
    assert stops.cut(text) == left


def test_only_what_can_no_longer_change_is_certain(byte_tokenizer: PreTrainedTokenizerFast) -> None:
    stops = StopStrings(["\n\n", "Q:"], byte_tokenizer, Template())
    for text, certain in [
        ("the", "the"),
        ("the\n", "the"),
        ("the Q", "the "),
        ("the\n of", "the\n of"),
        ("a\ufffd", "a"),
    ]:
        assert stops.certain(text) == certain
