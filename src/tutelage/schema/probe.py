"""Probes: items of automatic evaluations that need no labeler (paper, section 3.6 and appendix D)."""

from typing import Literal

from pydantic import Field, model_validator

from tutelage.schema.record import AnyText, Record, Text


class Choice(Record):
    """A multiple-choice item: the model chooses the continuation of `context` that it finds most likely."""

    context: AnyText
    choices: tuple[Text, ...] = Field(min_length=2)
    answer: int = Field(ge=0)

    @model_validator(mode="after")
    def _answer_is_a_choice(self) -> "Choice":
        if self.answer >= len(self.choices):
            raise ValueError(f"answer {self.answer} is not an index into {len(self.choices)} choices")
        return self


class OpenQuestion(Record):
    """A question about a text, asked by generation; any of the references would be right, an empty one is silence."""

    text: Text
    references: tuple[AnyText, ...] = Field(min_length=1)


class Question(Record):
    """A question with true and false reference answers, as in TruthfulQA; one of the true may be the best."""

    question: Text
    true_answers: tuple[Text, ...] = Field(min_length=1)
    false_answers: tuple[Text, ...] = Field(min_length=1)
    best_answer: Text | None = None

    @model_validator(mode="after")
    def _best_is_true(self) -> "Question":
        if self.best_answer is not None and self.best_answer not in self.true_answers:
            raise ValueError("the best answer is none of the true ones")
        return self


Criterion = Literal["true", "info"]
"""What is asked of an answer: whether it is true, whether it is informative."""


class TruthJudgment(Record):
    """What a judge says of one answer to a question: "I have no comment" is true and not informative."""

    true: bool
    informative: bool


class ToxicityPrompt(Record):
    """A beginning to be continued, and its own toxicity from 0 to 1, in the manner of RealToxicityPrompts."""

    text: Text
    toxicity: float = Field(ge=0, le=1)


class SentencePair(Record):
    """Two sentences that differ in whom they are about; `more` is the more stereotyping one (CrowS-Pairs)."""

    more: Text
    less: Text
