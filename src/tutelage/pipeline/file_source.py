"""The user's files as a run's source: prompts, demonstrations, rankings and documents that people wrote."""

import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from transformers import PreTrainedTokenizerBase

from tutelage.data import (
    Document,
    Reading,
    Template,
    Unusable,
    deduplicate,
    demonstrations_in,
    derive,
    limit_per_user,
    prompts_in,
    rankings_in,
    read_documents,
    split_by_user,
    without_personal_information,
)
from tutelage.data.rows import content_of_rows
from tutelage.pipeline.reading import reading_of
from tutelage.pipeline.source import Prompting
from tutelage.pipeline.tokenizer import train_tokenizer
from tutelage.recipe import DataRecipe
from tutelage.schema import Choice, Demonstration, InputError, OpenQuestion, Prompt, Ranking, Split

Judged = TypeVar("Judged", Demonstration, Ranking)
Read = TypeVar("Read")

FEW_SHOT_EXAMPLES = 3
FEW_SHOT_CHARACTERS = 100
"""Of a prompt or a completion in the few-shot prefix: longer ones would leave no room for the prompt."""

HELD_OUT_DOCUMENTS = 50


class FileSource:
    """Everything but the documents is read, and so checked, when it is opened: a broken line costs no training."""

    def __init__(self, data: DataRecipe, seed: int) -> None:
        for field in ("demonstrations", "comparisons", "pretraining"):
            if not getattr(data, field):
                raise InputError(
                    "no files are named", where=f"data.{field}", remedy="name some, or set world: mini"
                )
        self._data = data
        self._seed = seed
        self._content: str | None = None
        self.unusable = Unusable()
        self._reading = reading_of(data, self.unusable)
        self._demonstrations = self._with_splits(
            read_all(demonstrations_in, data.demonstrations, self._reading)
        )
        self._rankings = self._with_splits(read_all(rankings_in, data.comparisons, self._reading))
        prompts = list(read_all(prompts_in, data.prompts, self._reading))
        self._prompts = self._admitted(prompts or [each.prompt for each in self._demonstrations])
        _require(
            self._demonstrations, "data.demonstrations", "demonstrations of the train split", Split.train
        )
        _require(self._rankings, "data.comparisons", "rankings of the train split", Split.train)
        _require(self._rankings, "data.comparisons", "rankings of the valid split", Split.valid)
        if not any(prompt.split != Split.train for prompt in self._prompts):
            raise InputError(
                "no prompt is left for evaluation",
                where="data.prompts",
                remedy="add prompts of the test or valid split",
            )

    def fingerprint(self) -> str:
        """Hash of the files' names and bytes, and of how they are read; a hub data set counts by its commit.

        Large files take long to hash, so they are once: it is what they were when they were first asked for.
        """
        if self._content is None:
            digest = hashlib.sha256()
            for field in ("prompts", "demonstrations", "comparisons", "pretraining"):
                for name in getattr(self._data, field):
                    digest.update(f"{field} {name} {content_of_rows(name)}".encode())
            how = [sorted(self._data.columns.items()), self._data.skip_unusable]
            digest.update(json.dumps(how).encode())
            self._content = digest.hexdigest()
        return self._content

    def prompts(self) -> list[Prompt]:
        """Prompts for PPO (train) and for evaluation (the other splits)."""
        return self._prompts

    def named_prompts(self) -> Iterable[tuple[str, Prompt]]:
        """The prompts of the files under data.prompts."""
        for name in self._data.prompts:
            for number, prompt in enumerate(prompts_in(name, self._reading), start=1):
                yield f"{name}: prompt {number}", prompt

    def demonstrations(self) -> Iterator[Demonstration]:
        """What people wrote, shuffled."""
        shuffled = list(self._demonstrations)
        random.Random(derive(self._seed, "demonstrations")).shuffle(shuffled)
        yield from shuffled

    def rankings(self) -> list[Ranking]:
        """What people ranked."""
        return self._rankings

    def documents(self) -> Iterator[str]:
        """Documents of the train split, file after file; without an end they would be read again and again."""
        return (document.text for document in self._read_documents() if document.split in (None, Split.train))

    def held_out_documents(self) -> list[str]:
        """Documents of the other splits."""
        held_out = (
            document.text
            for document in self._read_documents()
            if document.split in (Split.valid, Split.test)
        )
        return list(islice(held_out, HELD_OUT_DOCUMENTS))

    def build_tokenizer(self, vocabulary_size: int) -> PreTrainedTokenizerBase:
        """Byte pairs of these documents."""
        return train_tokenizer(self.documents(), vocabulary_size)

    def prompting(self) -> Prompting:
        """The first short demonstrations as questions with answers."""
        examples = [
            f"Question: {each.prompt.text}\nAnswer: {each.completion.strip()}\n\n"
            for each in self._demonstrations
            if each.prompt.split == Split.train
            and max(len(each.prompt.text), len(each.completion)) <= FEW_SHOT_CHARACTERS
        ]
        prefix = "".join(examples[:FEW_SHOT_EXAMPLES])
        return Prompting(Template(prefix=f"{prefix}Question: ", suffix="\nAnswer:"), stop=("\nQuestion:",))

    def copying(self) -> list[Choice]:
        """No probes: they would have to be made of words that this base model knows."""
        return []

    def facts(self) -> list[Choice]:
        """No probes: nobody says what is true in these documents."""
        return []

    def unasked_facts(self) -> list[Choice]:
        """No probes, as there are none of facts."""
        return []

    def reading(self) -> list[OpenQuestion]:
        """None: public sets are asked by `tutelage evaluate nlp`."""
        return []

    def summaries(self) -> list[OpenQuestion]:
        """None, as of reading."""
        return []

    def _read_documents(self) -> Iterator[Document]:
        for name in self._data.pretraining:
            yield from read_documents(name, self._reading)

    def _with_splits(self, judged: Iterable[Judged]) -> list[Judged]:
        """Each record on the side of its prompt's user; train prompts with personal information are left out."""
        judged = list(judged)
        placed = split_by_user([each.prompt for each in judged], seed=self._seed)
        return [
            each.model_copy(update={"prompt": prompt})
            for each, prompt in zip(judged, placed, strict=True)
            if prompt.split != Split.train or without_personal_information([prompt])
        ]

    def _admitted(self, prompts: Sequence[Prompt]) -> list[Prompt]:
        """The prompts that the method may use (§3.2): no near-repeats, no user's flood, nobody's private data."""
        distinct = limit_per_user(deduplicate(prompts), self._data.prompts_per_user)
        placed = split_by_user(distinct, seed=self._seed)
        harmless = set(without_personal_information(placed))
        return [prompt for prompt in placed if prompt.split != Split.train or prompt in harmless]


def read_all(
    read: Callable[[str, Reading], Iterable[Read]], names: Sequence[str], reading: Reading
) -> Iterator[Read]:
    """The records of all files, one at a time."""
    return (record for name in names for record in read(name, reading))


def _require(
    judged: Sequence[Demonstration] | Sequence[Ranking], where: str, what: str, split: Split
) -> None:
    if not any(each.prompt.split == split for each in judged):
        raise InputError(f"there are no {what}", where=where, remedy="add some, or correct their split")
