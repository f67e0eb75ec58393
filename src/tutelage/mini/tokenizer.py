"""The tokenizer of the miniature world: whole words with implied spaces, and bytes for whatever users type.

Sub-word pieces make tiny models misspell; here every word that the world knows is one token, wherever it stands in
a line, and any other text falls back to known pieces and bytes. It is a standard ``tokenizer.json``.
"""

from collections import Counter
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

END, PAD = "<|end|>", "<|pad|>"
_WORDS = r" ?[A-Za-z]+| ?[^\sA-Za-z]|\n|\s"
_WORD_SCORE, _BYTE_SCORE = -8.0, -30.0


def _skeleton(pieces: list[tuple[str, float]]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    # A space is implied at the start of each line, so that a word is the same token there as in the middle.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(r"\n(?=[^\n])"), "\n "), normalizers.Prepend(" ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteLevel(), decoders.Replace("\n ", "\n"), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def build_tokenizer(texts: Iterable[str], vocabulary_size: int) -> PreTrainedTokenizerFast:
    """A tokenizer whose whole words are the most frequent ones of ``texts``; at most ``vocabulary_size`` tokens."""
    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = [PAD, END]
    splitter = _skeleton([(piece, 0.0) for piece in special])
    counts: Counter[str] = Counter()
    for text in texts:
        normalized = splitter.normalizer.normalize_str(text)
        counts.update(word for word, _ in splitter.pre_tokenizer.pre_tokenize_str(normalized))
    room = vocabulary_size - len(special) - len(bytes_)
    words = sorted((w for w in counts if len(w) > 1), key=lambda w: (-counts[w], w))[:room]
    pieces = [(token, _BYTE_SCORE) for token in special + bytes_] + [(word, _WORD_SCORE) for word in words]
    return PreTrainedTokenizerFast(
        tokenizer_object=_skeleton(pieces), eos_token=END, pad_token=PAD, clean_up_tokenization_spaces=False
    )
