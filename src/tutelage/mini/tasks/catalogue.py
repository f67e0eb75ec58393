"""Which families of tasks make up each use case of the paper's Table 1."""

import random
from collections.abc import Callable

from tutelage.mini.tasks import lists, passages, questions, writing
from tutelage.mini.tasks.task import Task
from tutelage.schema import UseCase

Family = Callable[[random.Random], Task]

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
