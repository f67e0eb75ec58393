"""The embedded world's judgment of what people asked who are not of it.

Its oracle knows the tasks of its own prompts. What somebody typed into the playground it does not: there it tells the
manner of an answer (courtesy, rudeness, rambling, repetition, whether it ends, length), and not whether it is right.
"""

from collections.abc import Iterable

from tutelage.labelers import Verdict, Weights, utility
from tutelage.mini.manner import take_apart
from tutelage.mini.oracle import Oracle, verdict_of
from tutelage.mini.tasks import Judgment
from tutelage.schema import Prompt


class HospitableOracle:
    """The world's oracle, which judges the manner alone where it does not know the prompt.

    known: the world's own prompts
    """

    def __init__(self, oracle: Oracle, known: Iterable[Prompt]) -> None:
        self._oracle = oracle
        self._known = {prompt.text for prompt in known}

    def knows(self, prompt: Prompt) -> bool:
        """Whether the prompt is one of the world's."""
        return prompt.text in self._known

    def judge(self, prompt: Prompt, completion: str) -> Verdict:
        """The verdict on a completion. Of a strange prompt whoever says anything attempts it, and nobody is right."""
        if self.knows(prompt):
            return self._oracle.judge(prompt, completion)
        said = take_apart(completion)
        return verdict_of(Judgment(attempts=bool(said.core), correct=False, satisfies=None), said)

    def utility(self, prompt: Prompt, completion: str) -> float:
        """The worth of a completion with ordinary weights, without anybody's noise."""
        return utility(self.judge(prompt, completion), Weights())
