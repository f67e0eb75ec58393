"""The reward model on labelers it never learned from: as many reward models as there are groups of labelers (§4.1)."""

from collections.abc import Callable, Sequence

from tutelage.evaluation.labeler_folds import FoldAccuracies
from tutelage.pipeline.labeler_folds import Folds, Scores
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.stages.reward import start_of_reward
from tutelage.pipeline.workbench import Workbench
from tutelage.report import Accuracy, LabelerFold, LabelerFolds
from tutelage.schema import Ranking, Split

FIELD = "evaluation.labeler_folds"


def measure_labeler_folds(
    bench: Workbench, read: Callable[[Workbench], Sequence[Ranking]], count: int
) -> Findings:
    """Train without each of `count` groups of labelers, and test on it; the models are not kept.

    read: gives the rankings that the run's reward model learned from, and those of the valid split
    """
    rankings = read(bench)
    learned, tested = (
        [each for each in rankings if each.prompt.split == split] for split in (Split.train, Split.valid)
    )
    start = start_of_reward(bench.recipe, bench.folder)
    folds = Folds.of(start, learned, tested, count, bench.recipe.seed, FIELD)
    monitor = bench.monitor()
    scores: list[Scores] = (monitor.resume() or {"scores": []})["scores"]
    for fold in range(len(scores), count):
        learning = bench.monitor(f"fold_{fold + 1}")
        scores.append(folds.train(fold, bench.recipe, bench.device, learning)[1])
        monitor.step(fold + 1, count, {}, lambda: {"scores": scores})
        learning.clear()
    found = folds.accuracies(scores)
    bench.display.say(
        f"  accuracy {found.seen.value:.1%} on labelers seen, {found.unseen.value:.1%} on others"
    )
    return {"labeler_folds": as_figures(folds, found)}


def as_figures(folds: Folds, found: FoldAccuracies) -> LabelerFolds:
    """As the report has them; groups that preferred nothing are left out."""
    return LabelerFolds(
        seen=Accuracy.of(found.seen),
        unseen=Accuracy.of(found.unseen),
        folds=[
            LabelerFold(labelers=list(group), accuracy=Accuracy.of(accuracy))
            for group, accuracy in zip(folds.groups, found.by_fold, strict=True)
            if accuracy is not None
        ],
    )
