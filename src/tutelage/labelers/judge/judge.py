"""A model that judges as a held-out labeler does: it compares completions by pairs, and marks them from 1 to 7."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import permutations

from tutelage.labelers.judge.costs import CostEstimate, Prices
from tutelage.labelers.judge.endpoint_judge import EndpointJudge
from tutelage.labelers.judge.prompting import Question, comparison, marking
from tutelage.schema import Group, Labeler, Prompt

WON = {"A": 1.0, "TIE": 0.5, "B": 0.0, None: 0.5}
"""What a verdict is worth to A; an abstention prefers neither."""


class ModelJudge(EndpointJudge):
    """A model behind an OpenAI-compatible endpoint, as a ranker of completions.

    Every pair is asked in both orders, and its outcome is the mean of the two verdicts: a judge that always favours
    the first place prefers nothing. An abstention counts as no preference; a pair is two questions.

    Ask for much at once by :meth:`ask`; `rank` and `likert` then have it at hand. The arguments, and what is raised,
    are those of an `EndpointJudge`.
    """

    @property
    def labeler(self) -> Labeler:
        """As whom it judges: nobody whom anything was trained on."""
        return Labeler(name=f"judge: {self._model}", group=Group.heldout)

    def rank(self, prompt: Prompt, completions: Sequence[str]) -> tuple[int, ...]:
        """Ranks by the sum of a completion's outcomes against the others; equal sums are ties, as are equal texts.

        Raises RunError where the endpoint fails, InputError where it refuses.
        """
        asked = _comparisons(prompt, completions)
        answers = self._settle(asked.values(), None)
        verdicts = {pair: WON[answers[question]] for pair, question in asked.items()}

        def outcome(one: str, other: str) -> float:
            return 0.5 if one == other else (verdicts[one, other] + 1 - verdicts[other, one]) / 2

        sums = [sum(outcome(one, other) for other in completions) for one in completions]
        return tuple(1 + sum(other > own for other in sums) for own in sums)

    def likert(self, prompt: Prompt, completion: str) -> int | None:
        """The overall quality from 1 to 7; None where the judge abstains. Raises as `rank`."""
        question = marking(prompt.text, completion)
        mark = self._settle([question], None)[question]
        return None if mark is None else int(mark)

    def ask(
        self,
        prompts: Sequence[Prompt],
        outputs: Mapping[str, Sequence[str]],
        *,
        marks: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Have all questions answered that ranking each prompt's outputs needs, or marking them.

        outputs: model -> one completion a prompt. progress: called in this thread with the questions that are
        answered and how many there are. Ctrl-C, as any error, lets the requests that are under way end, so that
        their replies are kept; a second Ctrl-C stops at once. Raises as `rank`.
        """
        self._settle(_questions(prompts, outputs, marks), progress)

    def estimate(
        self,
        prompts: Sequence[Prompt],
        outputs: Mapping[str, Sequence[str]],
        *,
        marks: bool = False,
        prices: Prices | None = None,
    ) -> CostEstimate:
        """What :meth:`ask` would request, how much of it is answered already, and what the rest would cost."""
        return self._estimate(_questions(prompts, outputs, marks), prices)


def _questions(
    prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]], marks: bool
) -> Iterable[Question]:
    """What ranking each prompt's outputs takes, or marking them. Raises ValueError for other than one a prompt."""
    for prompt, *completions in zip(prompts, *outputs.values(), strict=True):
        if marks:
            yield from (marking(prompt.text, completion) for completion in completions)
        else:
            yield from _comparisons(prompt, completions).values()


def _comparisons(prompt: Prompt, completions: Sequence[str]) -> dict[tuple[str, str], Question]:
    """The question for each ordered pair of different texts."""
    pairs = permutations(dict.fromkeys(completions), 2)
    return {(first, second): comparison(prompt.text, first, second) for first, second in pairs}
