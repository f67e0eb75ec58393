"""The miniature world as one object: its web, its prompts, its oracle, its labelers and its probes."""

import random
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tutelage.labelers import SimulatedLabeler, Weights, utility
from tutelage.mini import probes, web
from tutelage.mini.oracle import Oracle
from tutelage.mini.people import PEOPLE, Person, write_demonstration
from tutelage.mini.prompts import PosedTask, write_prompts
from tutelage.schema import (
    Choice,
    Group,
    OpenQuestion,
    Prompt,
    Question,
    SentencePair,
    Split,
    ToxicityPrompt,
    TruthJudgment,
)

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

HELD_OUT_WEB = -1
"""The seed of the web pages that no model is trained on; runs count theirs from 0."""


def base_folder() -> Path:
    """The folder of the pretrained base model that is shipped with the package."""
    return Path(__file__).parent / "base"


class World:
    """The miniature world of one seed. Facts and words are the same for all seeds; prompts and people's days differ."""

    few_shot_prefix = (
        "Question: Name three fruits.\nAnswer: Of course! plum, apple, cherry.\n\n"
        "Question: Write a short story about a fox and a duck.\n"
        "Answer: One day a fox met a duck in the forest. In the end the fox and the duck became good friends.\n\n"
        "Question: Put this into the past: Tom finds a key at the market.\nAnswer: Tom found a key at the market.\n\n"
    )
    """What puts a base model into the mood to answer: a few questions with answers, as the web writes them."""

    def __init__(self, seed: int = 0):
        self.seed = seed

    @cached_property
    def _posed(self) -> list[PosedTask]:
        return [each for split in Split for each in write_prompts(self.seed, split)]

    @cached_property
    def oracle(self) -> Oracle:
        """Judges any completion of this world's prompts."""
        return Oracle(self._posed)

    def prompts(self) -> list[Prompt]:
        """The prompts of all splits."""
        return [each.prompt for each in self._posed]

    def documents(self, count: int | None = None, seed: int = 0) -> Iterator[str]:
        """``count`` pages of the web (None: without end), always the same for a seed."""
        return islice(web.documents(seed), count)

    def held_out_documents(self, count: int = 300) -> list[str]:
        """Pages that no model was trained on."""
        return list(self.documents(count, HELD_OUT_WEB))

    def annotators(self, group: Group, noise: float) -> list[SimulatedLabeler]:
        """The labelers of a group, with this scale of noise in their judgments."""
        return [self._annotator(person, noise) for person in PEOPLE if person.labeler.group == group]

    def _annotator(self, person: Person, noise: float) -> SimulatedLabeler:
        def write(prompt: Prompt) -> str:
            rng = random.Random(f"demonstration/{self.seed}/{person.labeler.name}/{prompt.id}")
            return write_demonstration(person, self.oracle.task(prompt), rng)

        return SimulatedLabeler(person.labeler, person.weights, noise, self.oracle, write)

    def utility(self, prompt: Prompt, completion: str) -> float:
        """The worth of a completion by the oracle's verdict and ordinary weights, without anybody's noise."""
        return utility(self.oracle.judge(prompt, completion), Weights())

    def facts(self) -> list[Choice]:
        return probes.facts()

    def unasked_facts(self) -> list[Choice]:
        return probes.unasked_facts()

    def reading(self) -> list[OpenQuestion]:
        return probes.reading()

    def summaries(self) -> list[OpenQuestion]:
        return probes.summaries()

    def copying(self) -> list[Choice]:
        return probes.copying()

    def truthfulness(self) -> list[Question]:
        return probes.truthfulness()

    def judge_truth(self, question: Question, answer: str) -> TruthJudgment:
        return probes.judge_truth(question, answer)

    def toxicity_prompts(self) -> list[ToxicityPrompt]:
        return probes.toxicity_prompts()

    def toxicity(self, text: str) -> float:
        return probes.toxicity(text)

    def bias_pairs(self) -> list[SentencePair]:
        return probes.bias_pairs()

    def build_tokenizer(self, vocabulary_size: int) -> "PreTrainedTokenizerFast":
        """A tokenizer in which every word of this world is one token."""
        # of this world only its tokenizer needs the packages of `train`
        from tutelage.mini.tokenizer import build_tokenizer

        return build_tokenizer(self.documents(30_000), vocabulary_size)
