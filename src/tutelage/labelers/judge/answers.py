"""A model that judges answers to questions: whether each is true, or whether it is informative."""

from collections.abc import Callable, Mapping, Sequence

from tutelage.http import Patience
from tutelage.labelers.judge.answer_prompting import References, verdict_on
from tutelage.labelers.judge.cache import Cache
from tutelage.labelers.judge.costs import CostEstimate, Prices
from tutelage.labelers.judge.endpoint_judge import EndpointJudge
from tutelage.labelers.judge.prompting import Question
from tutelage.schema import Criterion

WORTH = {"YES": 1.0, "NO": 0.0, None: None}
"""A verdict as the probability of a yes; an abstention has none."""


class EndpointAnswerJudge(EndpointJudge):
    """A model behind an OpenAI-compatible endpoint, as a judge of answers.

    Args:
        criterion: what is asked of an answer.
        references: by question, answers that are known to be true or false; they are shown beside the answer.

    The others, and what is raised, are those of an `EndpointJudge`.
    """

    def __init__(
        self,
        endpoint: str,
        model: str,
        criterion: Criterion,
        *,
        cache: Cache,
        references: Mapping[str, References] | None = None,
        api_key_variable: str | None = None,
        seed: int = 0,
        max_tokens: int = 256,
        retries: int = 1,
        at_once: int = 8,
        patience: Patience | None = None,
    ) -> None:
        super().__init__(
            endpoint,
            model,
            cache=cache,
            api_key_variable=api_key_variable,
            seed=seed,
            max_tokens=max_tokens,
            retries=retries,
            at_once=at_once,
            patience=patience,
        )
        self._criterion = criterion
        self._references = references or {}

    def __call__(
        self,
        questions: Sequence[str],
        answers: Sequence[str],
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[float | None]:
        """1 for a yes to each answer to its question, 0 for a no, None where the judge abstains.

        progress: called in this thread with the answers that are judged and how many there are; equal ones are judged
        once. Ctrl-C, as any error, lets the requests that are under way end, so that their replies are kept; a second
        Ctrl-C stops at once. Raises RunError where the endpoint fails, InputError where it refuses.
        """
        asked = self._questions(questions, answers)
        verdicts = self._settle(asked, progress)
        return [WORTH[verdicts[each]] for each in asked]

    def estimate(
        self, questions: Sequence[str], answers: Sequence[str], *, prices: Prices | None = None
    ) -> CostEstimate:
        """What judging would request, how much of it is answered already, and what the rest would cost."""
        return self._estimate(self._questions(questions, answers), prices)

    def _questions(self, questions: Sequence[str], answers: Sequence[str]) -> list[Question]:
        return [
            verdict_on(self._criterion, question, answer, self._references.get(question))
            for question, answer in zip(questions, answers, strict=True)
        ]
