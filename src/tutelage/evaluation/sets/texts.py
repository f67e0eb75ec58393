"""Sets whose answer is a text: SQuAD 2.0, DROP, summaries (Reddit TL;DR, CNN/DM), translation (WMT 2015)."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tutelage.data.rows import Row
from tutelage.evaluation.framing import Framing
from tutelage.evaluation.samples import Item
from tutelage.evaluation.sets.columns import drawn, read, text, texts
from tutelage.schema import InputError

NO_ANSWER = "no answer"
"""What is asked for, and shown in examples, where the passage does not answer."""


@dataclass(frozen=True)
class TextSet:
    """How a set is read, what a model is told to do, and how long its answers may get.

    instruction: before the examples and the question; tokens: the longest answer.
    """

    make: Callable[[Row], Item]
    instruction: str
    tokens: int

    def read(self, path: str) -> list[Item]:
        """Each item once. Raises InputError as `columns.read` does."""
        return list({item.text: item for item in read(path, self.make)}.values())

    def divided(self, path: str, shots: int, limit: int | None, seed: int) -> tuple[list[Item], list[Item]]:
        """So many items as examples, drawn at random, and of the others, which are asked, at most `limit`.

        Fewer examples are the first of more, so that a number of them means the same whatever else is asked for.

        Raises:
            InputError: nothing would be left to ask.
        """
        items = self.read(path)
        if shots >= len(items):
            raise InputError(f"{shots} examples leave nothing of {len(items)} items", path, "lower --shots")
        examples = random.Random(seed).sample(items, len(items))[:shots]
        others = [item for item in items if item not in examples]
        return examples, drawn(others, limit, seed)


def squad(row: Row) -> Item:
    """`context`, `question`, `answers: {text: […]}` or a list; without any, the passage does not say."""
    passage, question = text(row, "context"), text(row, "question")
    answers = tuple(dict.fromkeys(texts(row, "answers.text", "answers")))
    return Item(asked(passage, question), answers or (NO_ANSWER,))


def drop(row: Row) -> Item:
    """`passage`, `question`, and `answers_spans: {spans: […]}`, a list `answers`, or the official `answer` objects."""
    passage, question = text(row, "passage"), text(row, "question")
    if "answer" in row.fields:
        others = row.fields.get("validated_answers") or []
        if isinstance(others, Mapping):  # the hub keeps a list of objects as an object of lists
            others = [dict(zip(others, each, strict=True)) for each in zip(*others.values(), strict=True)]
        answers = tuple(said for each in [row.fields["answer"], *others] if (said := spoken(each)))
    else:
        answers = texts(row, "answers_spans.spans", "answers")
        if (
            "answers_spans" in row.fields
            and len(set(answers)) > 1
            and "span" in texts(row, "answers_spans.types")
        ):
            raise InputError(
                "several spans: the parts of one answer, or several answers? This form does not tell",
                f"{row.where}: answers_spans",
                "take the form with `answer` and `validated_answers`, as EleutherAI/drop has it",
            )
    if not answers:
        raise InputError("no answer", row.where)
    return Item(asked(passage, question), tuple(dict.fromkeys(answers)))


def spoken(answer: Any) -> str:
    """An answer object of DROP as a text: its number, its spans, or its date."""
    if not isinstance(answer, Mapping):
        return str(answer or "")
    if answer.get("number"):
        return str(answer["number"])
    if answer.get("spans"):
        return ", ".join(answer["spans"])
    date = answer.get("date") or {}
    return " ".join(str(date[part]) for part in ("day", "month", "year") if date.get(part))


def french(row: Row) -> Item:
    """`translation: {fr, en}`, or `fr` and `en`."""
    return Item(
        f"French: {text(row, 'translation.fr', 'fr')}\nEnglish:", (text(row, "translation.en", "en"),)
    )


def reddit(row: Row) -> Item:
    """`post` (or `prompt`) and `summary` (or `label`)."""
    post = text(row, "post", "prompt").removesuffix("TL;DR:").strip()
    return Item(f"Post: {post}\nTL;DR:", (text(row, "summary", "label").strip(),))


def news(row: Row) -> Item:
    """`article` and `highlights`."""
    return Item(f"Article: {text(row, 'article')}\nSummary:", (text(row, "highlights"),))


def asked(passage: str, question: str) -> str:
    """A question about a passage."""
    return f"Passage: {passage}\nQuestion: {question}\nAnswer:"


TEXT_SETS: Mapping[str, TextSet] = {
    "squadv2": TextSet(
        squad,
        "Answer each question from its passage, in as few words as you can. "
        f"Where the passage does not say, answer: {NO_ANSWER}",
        48,
    ),
    "drop": TextSet(drop, "Answer each question from its passage, with a number, a date or a few words.", 32),
    "fr_to_en": TextSet(french, "Translate from French into English.", 128),
    "tldr": TextSet(reddit, "Summarize each post in one or two sentences.", 96),
    "cnn_dm": TextSet(news, "Summarize each article in a few sentences.", 160),
}
"""By the task's name."""


def framings_of(instruction: str, examples: Sequence[Item], shots: Sequence[int]) -> list[Framing]:
    """An instruction, which may be empty, and after it as many examples as each of the `shots` says: `0-shot` …"""
    solved = [f"{item.text} {item.references[0]}" for item in examples]
    return [
        Framing(
            f"{number}-shot",
            before=f"{instruction}\n\n" if instruction else "",
            examples=tuple(solved[:number]),
        )
        for number in shots
    ]
