"""Which families of tasks make up each use case, and at which share (the paper's Table 1)."""

import random
from collections.abc import Callable

from tutelage.mini.tasks import lists, passages, questions, writing
from tutelage.mini.tasks.task import Task
from tutelage.schema import UseCase

Family = Callable[[random.Random], Task]

SHARES: dict[UseCase, float] = {
    UseCase.generation: 45.6,
    UseCase.open_qa: 12.4,
    UseCase.brainstorming: 11.2,
    UseCase.chat: 8.4,
    UseCase.rewrite: 6.6,
    UseCase.summarization: 4.2,
    UseCase.classification: 3.5,
    UseCase.other: 3.5,
    UseCase.closed_qa: 2.6,
    UseCase.extract: 1.9,
}
"""Percent of prompts by use case (Ouyang et al. 2022, Table 1)."""

FAMILIES: dict[UseCase, tuple[Family, ...]] = {
    UseCase.generation: (
        writing.story,
        writing.description,
        writing.sentence,
        writing.review,
        writing.notice,
        writing.letter,
    ),
    UseCase.open_qa: (
        questions.geography,
        questions.zoology,
        questions.ability,
        questions.misconception,
        questions.unknowable,
    ),
    UseCase.brainstorming: (lists.synonyms, lists.members, lists.animals),
    UseCase.chat: (passages.comfort, passages.recall, passages.greeting),
    UseCase.rewrite: (passages.rewrite_past, passages.rewrite_name, passages.rewrite_politely),
    UseCase.summarization: (passages.summary,),
    UseCase.classification: (passages.sentiment, passages.animal_or_thing),
    UseCase.other: (passages.repetition, passages.ordering),
    UseCase.closed_qa: (passages.closed_question,),
    UseCase.extract: (passages.extraction,),
}


def draw_task(use_case: UseCase, rng: random.Random) -> Task:
    """A task of this use case, each of its families as likely as the others."""
    return rng.choice(FAMILIES[use_case])(rng)
