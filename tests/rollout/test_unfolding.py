"""Pieces of text are never taken back, and together are the whole."""

from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from tutelage.data.template import Template
from tutelage.pipeline.tokenizer import train_tokenizer
from tutelage.rollout.stopping import StopStrings
from tutelage.rollout.unfolding import Unfolding

TOKENIZER: PreTrainedTokenizerBase = train_tokenizer(["some words, some more words; naïve café"] * 3, 300)
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
