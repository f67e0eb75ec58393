"""A reward model as a judge of models: it ranks by its scores, equal scores are ties."""

from collections.abc import Mapping, Sequence

from tutelage.evaluation.selection import Score
from tutelage.schema import Group, Labeler, Prompt, Ranking


class ModelRanker:
    """A reward model in a labeler's place; of the held-out group, as it makes no training data."""

    def __init__(self, name: str, score: Score) -> None:
        self.labeler = Labeler(name=name, group=Group.heldout)
        self._score = score

    def rank(self, prompt: Prompt, completions: Sequence[str]) -> tuple[int, ...]:
        """1 for the highest score; ranks skip after a tie."""
        scores = self._scores([prompt] * len(completions), completions)
        return ranks_of([scores[prompt.text, text] for text in completions])

    def rank_all(self, prompts: Sequence[Prompt], outputs: Mapping[str, Sequence[str]]) -> list[Ranking]:
        """What `rank_outputs` gives, by one call of the model for all prompts and models.

        outputs: model -> one completion a prompt, in the order of `prompts`.
        """
        asked = [prompt for prompt in prompts for _ in outputs]
        rows = list(zip(*outputs.values(), strict=True))
        scores = self._scores(asked, [text for texts in rows for text in texts])
        return [
            Ranking(
                prompt=prompt,
                completions=texts,
                ranks=ranks_of([scores[prompt.text, text] for text in texts]),
                labeler=self.labeler.name,
                sources=tuple(outputs),
            )
            for prompt, texts in zip(prompts, rows, strict=True)
        ]

    def _scores(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> dict[tuple[str, str], float]:
        """Each text of a prompt is scored once, or equal ones might differ in their last bit and be no tie."""
        asked = list(dict.fromkeys((prompt.text, text) for prompt, text in zip(prompts, texts, strict=True)))
        scores = self._score([prompt for prompt, _ in asked], [text for _, text in asked])
        return {pair: float(score) for pair, score in zip(asked, scores, strict=True)}


def ranks_of(scores: Sequence[float]) -> tuple[int, ...]:
    """1 for the highest; equal scores are ties, and ranks skip after one (1, 2, 2, 4)."""
    return tuple(1 + sum(other > score for other in scores) for score in scores)
