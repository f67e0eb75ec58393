"""What judges compare, and how their judgments come into the store: once, whatever interrupts them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutelage.schema import Completion, InputError, Labeler, Prompt, Purpose, Ranking, Split, suggestion
from tutelage.store import Store

if TYPE_CHECKING:
    from tutelage.labelers import SimulatedLabeler

AT_ONCE = 64
"""Prompts judged and stored together: an interruption loses at most these."""


@dataclass(frozen=True)
class Contest:
    """Several models' completions of the same prompts; outputs: model -> one a prompt, in the order of `prompts`."""

    prompts: list[Prompt]
    outputs: dict[str, list[str]]

    def only(self, wanted: Collection[Prompt]) -> "Contest":
        """The part about these prompts."""
        rows = [row for row, prompt in enumerate(self.prompts) if prompt in wanted]
        return Contest(
            [self.prompts[row] for row in rows],
            {model: [texts[row] for row in rows] for model, texts in self.outputs.items()},
        )

    def parts(self, size: int) -> Iterator["Contest"]:
        """So many prompts at a time."""
        for start in range(0, len(self.prompts), size):
            rows = slice(start, start + size)
            yield Contest(self.prompts[rows], {model: texts[rows] for model, texts in self.outputs.items()})


@dataclass(frozen=True)
class Bench:
    """Where judgments go: a batch of the store. What it has of a judge and a prompt is not judged again."""

    store: Store
    batch: str

    def left(self, contest: Contest, labeler: Labeler) -> Contest:
        """What this judge has not ranked yet.

        Raises InputError where the batch has its ranking of other outputs of these prompts: beside it another one
        would count a comparison twice.
        """
        known = {
            ranking.prompt: ranking
            for ranking in self.store.rankings(batch=self.batch, purpose=Purpose.evaluation)
            if ranking.labeler == labeler.name
        }
        for row, prompt in enumerate(contest.prompts):
            ranking = known.get(prompt)
            texts = {model: own[row] for model, own in contest.outputs.items()}
            if ranking and dict(zip(ranking.sources or (), ranking.completions, strict=False)) != texts:
                raise InputError(
                    f"batch {self.batch!r} has rankings of these prompts by {labeler.name!r}, of other outputs",
                    where="--batch",
                    remedy="name another",
                )
        return contest.only(set(contest.prompts) - known.keys())

    def rank(
        self,
        contest: Contest,
        labeler: Labeler,
        rank: Callable[[Contest], list[Ranking]],
        progress: Callable[[int], object] = lambda done: None,
    ) -> None:
        """Store a judge's rankings of what is left, part by part; progress: called with how many more are done."""
        left = self.left(contest, labeler)
        self.store.add_labelers([labeler])
        progress(len(contest.prompts) - len(left.prompts))
        for part in left.parts(AT_ONCE):
            self.store.add_rankings(rank(part), self.batch, Purpose.evaluation)
            progress(len(part.prompts))

    def rate(self, contest: Contest, raters: Sequence["SimulatedLabeler"], seed: int) -> None:
        """Store ratings by labelers of one group, each prompt's by one of them, unless the batch has the group's."""
        from tutelage.evaluation.ratings import rate_outputs

        group = raters[0].labeler.group
        names = {rater.labeler.name for rater in raters}
        known = {
            rating.prompt
            for rating in self.store.ratings(batch=self.batch, purpose=Purpose.evaluation)
            if rating.labeler in names
        }
        for part in contest.only(set(contest.prompts) - known).parts(AT_ONCE):
            # the name that a run's report has for the group: the same labeler rates the same prompt here and there
            ratings = rate_outputs(part.prompts, part.outputs, raters, seed=seed, group=f"{group}_labelers")
            self.store.add_ratings(ratings, self.batch, Purpose.evaluation)


def contest_of(store: Store, batch: str, split: Split | None, limit: int | None) -> Contest:
    """What is compared: the first completion that each model of the batch gave to each prompt that all answered.

    Raises:
        InputError: there is no such batch, one model only, or no prompt that all answered.
    """
    found = store.completions(batch=batch, split=split)
    if not found:
        if split is not None and store.completions(batch=batch):
            raise InputError(f"no completions of split {split}", f"batch {batch!r}", "name another --split")
        batches = sorted({count.batch for count in store.stats() if count.table == "completions"})
        remedy = suggestion(batch, batches) if batches else "sample some: tutelage sample"
        raise InputError("no completions there", f"batch {batch!r}", remedy)
    return side_by_side(found, limit)


def side_by_side(found: Sequence[Completion], limit: int | None) -> Contest:
    """The prompts that all models answered, and by model its first completion of each.

    Raises:
        InputError: there is one model only, or no prompt that all answered.
    """
    of_prompt: dict[Prompt, dict[str, str]] = {}
    for each in found:
        of_prompt.setdefault(each.prompt, {}).setdefault(each.source, each.text)
    models = list(dict.fromkeys(each.source for each in found))
    if len(models) < 2:
        raise InputError(f"all completions are of {models[0]!r}", "--completions", "sample from two models")
    prompts = [prompt for prompt, texts in of_prompt.items() if len(texts) == len(models)][:limit]
    if not prompts:
        raise InputError(f"no prompt was answered by all of {', '.join(models)}", "--completions")
    return Contest(prompts, {model: [of_prompt[prompt][model] for prompt in prompts] for model in models})
