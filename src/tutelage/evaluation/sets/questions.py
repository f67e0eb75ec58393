"""TruthfulQA (Lin et al. 2021): questions that people often get wrong, with true and false answers."""

from collections.abc import Sequence

from tutelage.data.rows import Row
from tutelage.evaluation.sets.columns import read, text, texts, value
from tutelage.schema import InputError, Question


def read_questions(path: str) -> list[Question]:
    """From the set with its choices (`mc1_targets`, `mc2_targets` on the hub), or with answers alone.

    Where both are there, the choices count: they are what multiple choice is made of.
    """
    return read(path, _question, Question)


def _question(row: Row) -> Question:
    fields = row.fields
    best: str | None = None
    true: Sequence[str]
    false: Sequence[str]
    if "mc2_choices" in fields or "mc2_targets" in fields:
        true, false = _choices(row, "mc2")
        if "mc1_choices" in fields or "mc1_targets" in fields:
            (best, *others), _ = _choices(row, "mc1")
            if others or best not in true:
                raise InputError("not one true answer, which mc2 has as well", f"{row.where}: mc1")
    else:
        true, false = texts(row, "correct_answers"), texts(row, "incorrect_answers")
        given = fields.get("best_answer")
        best = given if given in true else None
    return Question(
        question=text(row, "question"), true_answers=tuple(true), false_answers=tuple(false), best_answer=best
    )


def _choices(row: Row, kind: str) -> tuple[list[str], list[str]]:
    """The true and the false choices."""
    choices = texts(row, f"{kind}_choices", f"{kind}_targets.choices")
    labels = value(row, f"{kind}_labels", f"{kind}_targets.labels")
    if not isinstance(labels, Sequence) or len(labels) != len(choices) or set(labels) != {0, 1}:
        raise InputError("not a label, 1 or 0, for each choice, both there", f"{row.where}: {kind}_labels")
    pairs = list(zip(choices, labels, strict=True))
    return [choice for choice, label in pairs if label], [choice for choice, label in pairs if not label]
