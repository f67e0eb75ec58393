"""The oracle of the miniature world: it knows what each prompt asks for and can judge any completion of it."""

from collections.abc import Iterable
from functools import lru_cache

from tutelage.labelers import Verdict
from tutelage.mini.manner import Utterance, take_apart
from tutelage.mini.prompts import PosedTask
from tutelage.mini.tasks import Judgment, Task
from tutelage.schema import InputError, Prompt


class Oracle:
    """Judges completions of the world's own prompts."""

    def __init__(self, posed: Iterable[PosedTask]):
        self._tasks = {each.prompt.text: each.task for each in posed}
        self._judge = lru_cache(maxsize=200_000)(self._judge_text)

    def task(self, prompt: Prompt) -> Task:
        """The task that a prompt poses. Raises InputError for a prompt that is not of this world."""
        if prompt.text not in self._tasks:
            raise InputError(
                f"the embedded world does not know the prompt {prompt.text[:60]!r}",
                remedy="its simulated labelers judge only its own prompts; let people or a model judge label others",
            )
        return self._tasks[prompt.text]

    def judge(self, prompt: Prompt, completion: str) -> Verdict:
        """The verdict on a completion; the same text always gets the same verdict."""
        self.task(prompt)
        return self._judge(prompt.text, completion)

    def _judge_text(self, prompt_text: str, completion: str) -> Verdict:
        said = take_apart(completion)
        return verdict_of(self._tasks[prompt_text].answer.judge(said.core), said)


def verdict_of(judgment: Judgment, said: Utterance) -> Verdict:
    """What is right about an answer and how it is said, in one."""
    return Verdict(
        attempts=judgment.attempts,
        correct=judgment.correct,
        satisfies=judgment.satisfies,
        invents=judgment.invents,
        polite=said.polite,
        rude=said.rude,
        rambles=said.rambles,
        repeats=said.repeats,
        ends=said.ends,
        words=said.words,
    )
