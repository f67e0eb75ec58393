"""Pieces of text are never taken back, and together are the whole."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from tutelage.data.template import Template
from tutelage.rollout.stopping import StopStrings
from tutelage.rollout.unfolding import Unfolding


def byte_pairs() -> PreTrainedTokenizerBase:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=alphabet, special_tokens=["<end>"], show_progress=False
    )
    tokenizer.train_from_iterator(["some words, some more words; naïve café"] * 3, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")


TOKENIZER = byte_pairs()
PARTS = ["some words", " more", " ", "\n", "é", "漢", "🙂", ",", "e\u0301", "x"]
TEXTS = st.lists(st.sampled_from(PARTS), max_size=40).map("".join)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(TEXTS, st.lists(st.sampled_from(["words", " m", "漢", "🙂,", "\n\n"]), max_size=2))
def test_pieces_are_the_text(written: str, strings: list[str]) -> None:
    tokens = TOKENIZER.encode(written, add_special_tokens=False) or [TOKENIZER.eos_token_id]
    stops = StopStrings(strings, TOKENIZER, Template())
    unfolding = Unfolding(stops)
    pieces = []
    for number, token in enumerate(tokens):
        over = unfolding.add(token) or number == len(tokens) - 1
        pieces.append(unfolding.rest() if over else unfolding.sure())
        if over:
            break
    assert "".join(pieces) == unfolding.text == stops.cut(Template().decode_completion(TOKENIZER, tokens))
