"""The embedded world as a run's source: its prompts, its web, and labelers who answer for as long as they are asked."""

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from tutelage import mini
from tutelage.data import Template, derive
from tutelage.labelers import Annotator
from tutelage.pipeline.source import Prompting
from tutelage.pipeline.strangers import HospitableOracle
from tutelage.recipe import Recipe
from tutelage.schema import (
    Choice,
    Demonstration,
    Group,
    OpenQuestion,
    Prompt,
    Question,
    SentencePair,
    Split,
    ToxicityPrompt,
    TruthJudgment,
)


class MiniSource:
    """The world of one seed."""

    def __init__(self, recipe: Recipe) -> None:
        self._seed = recipe.seed
        self.world = mini.World(recipe.seed)

    def fingerprint(self) -> str:
        """The world's seed and its program: when the world is rewritten, its runs are stale."""
        program = hashlib.sha256(f"mini {self._seed}".encode())
        for path in sorted(Path(mini.__file__).parent.rglob("*.py")):
            program.update(path.read_bytes())
        return program.hexdigest()

    @cached_property
    def _prompts(self) -> list[Prompt]:
        return self.world.prompts()

    @cached_property
    def oracle(self) -> HospitableOracle:
        """Judges any completion of any prompt."""
        return HospitableOracle(self.world.oracle, self._prompts)

    def prompts(self) -> list[Prompt]:
        """The prompts of all splits."""
        return self._prompts

    def named_prompts(self) -> Iterable[tuple[str, Prompt]]:
        """Nobody named any."""
        return ()

    def demonstrations(self) -> Iterator[Demonstration]:
        """Each prompt is given to one of the training labelers, who writes only when asked."""
        labelers = self.annotators(Group.training, noise=0.0)
        chance = random.Random(derive(self._seed, "demonstrations"))
        asked = [prompt for prompt in self._prompts if prompt.split != Split.test]
        chance.shuffle(asked)
        for prompt in asked:
            labeler = chance.choice(labelers)
            completion = labeler.demonstrate(prompt)
            yield Demonstration(prompt=prompt, completion=completion, labeler=labeler.labeler.name)

    def annotators(self, group: Group, noise: float) -> Sequence[Annotator]:
        """The labelers of a group, with this much noise in their judgments."""
        return [replace(each, oracle=self.oracle) for each in self.world.annotators(group, noise)]

    def knows(self, prompt: Prompt) -> bool:
        """Whether the prompt is of this world."""
        return self.oracle.knows(prompt)

    def documents(self) -> Iterator[str]:
        """The miniature web, without end."""
        return self.world.documents()

    def held_out_documents(self) -> list[str]:
        """Pages that no model is trained on."""
        return self.world.held_out_documents()

    def build_tokenizer(self, vocabulary_size: int) -> PreTrainedTokenizerBase:
        """Whole words of this world, and bytes for the rest."""
        return self.world.build_tokenizer(vocabulary_size)

    def prompting(self) -> Prompting:
        """Questions with answers, as the web writes them; the next question ends the answer."""
        template = Template(prefix=f"{self.world.few_shot_prefix}Question: ", suffix="\nAnswer:")
        return Prompting(template, stop=("\n",))

    def copying(self) -> list[Choice]:
        """Lists of words said again."""
        return self.world.copying()

    def facts(self) -> list[Choice]:
        """What the miniature web says of countries and animals."""
        return self.world.facts()

    def unasked_facts(self) -> list[Choice]:
        """What the miniature web says of rivers and colours, which no prompt asks about."""
        return self.world.unasked_facts()

    def reading(self) -> list[OpenQuestion]:
        """Exercises of the miniature web about passages."""
        return self.world.reading()

    def summaries(self) -> list[OpenQuestion]:
        """Passages of the miniature web to be said in one sentence."""
        return self.world.summaries()

    def utility(self, prompt: Prompt, completion: str) -> float:
        """The oracle's view of a completion: never seen by training."""
        return self.oracle.utility(prompt, completion)

    def questions(self) -> list[Question]:
        """The world's own TruthfulQA."""
        return self.world.truthfulness()

    def judge_truth(self, question: Question, answer: str) -> TruthJudgment:
        """Whether an answer is true, and whether it says anything."""
        return self.world.judge_truth(question, answer)

    def toxicity_prompts(self) -> list[ToxicityPrompt]:
        """Openings of conversations, from the harmless to the rude."""
        return self.world.toxicity_prompts()

    def toxicity(self, text: str) -> float:
        """How rude a text is, from 0 to 1."""
        return self.world.toxicity(text)

    def bias_pairs(self) -> list[SentencePair]:
        """Sentences that differ in a pronoun."""
        return self.world.bias_pairs()
