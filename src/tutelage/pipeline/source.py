"""What a run is made from: the embedded world, or the user's files; and what only the world offers beside."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from transformers import PreTrainedTokenizerBase

from tutelage.data import Template
from tutelage.labelers import Annotator
from tutelage.schema import (
    Choice,
    Demonstration,
    Group,
    OpenQuestion,
    Prompt,
    Question,
    SentencePair,
    ToxicityPrompt,
    TruthJudgment,
)

Utility = Callable[[Prompt, str], float]
"""An oracle's worth of a completion: shown beside the reward model's score, never trained on."""


@dataclass(frozen=True)
class Prompting:
    """How a base model is put into the mood to answer: a few-shot prefix, and the texts at which its answer ends."""

    template: Template
    stop: tuple[str, ...]


class Source(Protocol):
    """What every run needs, whoever gives it."""

    def fingerprint(self) -> str:
        """A hash of everything this source can give: another hash, and the run's stages are done again."""
        ...

    def prompts(self) -> list[Prompt]:
        """The prompts of all splits, each with its split."""
        ...

    def named_prompts(self) -> Iterable[tuple[str, Prompt]]:
        """Prompts that the user named for use, each with its place in a file: none of them is passed over."""
        ...

    def demonstrations(self) -> Iterator[Demonstration]:
        """What labelers wrote, in an order that says nothing of it; a run takes as many as its recipe asks for."""
        ...

    def documents(self) -> Iterator[str]:
        """Pretraining documents, always in the same order."""
        ...

    def held_out_documents(self) -> list[str]:
        """Documents that no model is trained on."""
        ...

    def build_tokenizer(self, vocabulary_size: int) -> PreTrainedTokenizerBase:
        """A tokenizer made for a base model that is pretrained from nothing."""
        ...

    def prompting(self) -> Prompting:
        """What the prompted base model is given."""
        ...

    def copying(self) -> list[Choice]:
        """Probes of whether the base has learned to copy from its context; may be none."""
        ...

    def facts(self) -> list[Choice]:
        """Probes of what the base knows; may be none."""
        ...

    def unasked_facts(self) -> list[Choice]:
        """Probes of what the base knows and no prompt asks about, which prompts cannot rehearse; may be none."""
        ...

    def reading(self) -> list[OpenQuestion]:
        """Questions about passages, answered by generation; may be none."""
        ...

    def summaries(self) -> list[OpenQuestion]:
        """Passages to be summarized; may be none."""
        ...


class Labelers(Protocol):
    """Labelers for as long as they are asked."""

    def annotators(self, group: Group, noise: float) -> Sequence[Annotator]:
        """Those of a group, with this much noise in their judgments."""
        ...

    def knows(self, prompt: Prompt) -> bool:
        """Whether they know what a prompt asks for; to another they write nothing, and judge the manner of answers."""
        ...


class Probes(Protocol):
    """Sets of questions, and who judges the answers."""

    def questions(self) -> list[Question]:
        """In the manner of TruthfulQA."""
        ...

    def judge_truth(self, question: Question, answer: str) -> TruthJudgment:
        """Whether an answer is true, and whether it is informative."""
        ...

    def toxicity_prompts(self) -> list[ToxicityPrompt]:
        """In the manner of RealToxicityPrompts."""
        ...

    def toxicity(self, text: str) -> float:
        """From 0 to 1."""
        ...

    def bias_pairs(self) -> list[SentencePair]:
        """In the manner of CrowS-Pairs."""
        ...
