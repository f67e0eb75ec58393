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
    unfolding = Unfolding(stops, frozenset(), len(tokens))
    pieces = []
    for token in tokens:
        piece, reason = unfolding.take(token)
        pieces.append(piece)
        if reason is not None:
            break
    assert reason == (
        "stop" if any(text in unfolding.stops.decode(unfolding.tokens) for text in strings) else "length"
    )
    assert "".join(pieces) == unfolding.text == stops.cut(Template().decode_completion(TOKENIZER, tokens))


def test_a_completion_ends_by_a_stop_token_by_a_text_or_by_its_length() -> None:
    words, end = TOKENIZER.encode("some words", add_special_tokens=False), TOKENIZER.eos_token_id

    def reasons(strings: list[str], tokens: list[int], longest: int) -> list[str | None]:
        unfolding = Unfolding(StopStrings(strings, TOKENIZER, Template()), {end}, longest)
        return [unfolding.take(token)[1] for token in tokens]

    before: list[str | None] = [None] * (len(words) - 1)
    assert reasons([], [*words, end], 9) == [*before, None, "stop"]
    assert reasons(["words"], words, 9) == [*before, "stop"]
    assert reasons([], words, len(words)) == [*before, "length"]
    assert reasons([], [*words, end], len(words) + 1) == [
        *before,
        None,
        "stop",
    ]  # and not cut, though at the limit
