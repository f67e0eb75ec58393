"""Is the new policy better than the old one? Their answers to the same held-out prompts, compared (§3.1, §3.6)."""

from collections.abc import Mapping, Sequence

from tutelage.evaluation import win_rates
from tutelage.evaluation.preference import apart
from tutelage.labeling.filling import tasks_to_judge
from tutelage.pipeline import people
from tutelage.pipeline.judges import GROUP_KEYS
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import collected_texts
from tutelage.pipeline.stages.answers import answers_of
from tutelage.pipeline.workbench import Workbench
from tutelage.report import GROUPS, NewAgainstOld, WinRate
from tutelage.schema import Ranking, TaskKind

POLICY = "ppo_ptx"


def compare_by_people(bench: Workbench, earlier: str, queue: str) -> Findings:
    """Have people compare both policies' answers, and wait for them; nothing where they compared none.

    earlier: the old policy's name. Where both said the same, nobody is asked.
    """
    answers = [*answers_of(bench, earlier), *answers_of(bench, POLICY)]
    tasks = tasks_to_judge(TaskKind.evaluate, answers)
    people.put(bench, tasks, queue)
    rankings = people.wait(bench, tasks, queue)
    groups = {labeler.name: GROUP_KEYS[labeler.group] for labeler in bench.store.labelers()}
    of_groups: dict[str, list[Ranking]] = {}
    for each in rankings:
        if each.labeler in groups and {earlier, POLICY} <= set(apart(each).sources or ()):
            of_groups.setdefault(groups[each.labeler], []).append(apart(each))
    found = compare(bench, of_groups, earlier, None)
    return {} if found is None else {"new_against_old": found}


def compare(
    bench: Workbench, of_groups: Mapping[str, Sequence[Ranking]], earlier: str, judge: str | None
) -> NewAgainstOld | None:
    """How often the new policy's answer is preferred; None without a ranking.

    of_groups: the report's name of a group -> its rankings of both policies' answers
    judge: who judges, in words, where it is not labelers
    """
    counting = next((of_groups[group] for group in reversed(GROUPS) if of_groups.get(group)), None)
    if counting is None:
        return None
    strange = collected_texts(bench)
    origins = {
        "own": [each for each in counting if each.prompt.text not in strange],
        "collected": [each for each in counting if each.prompt.text in strange],
    }
    collection = bench.findings("collection")
    return NewAgainstOld(
        round=bench.recipe.rounds,
        model=POLICY,
        earlier=earlier,
        **{group: preferred(rankings, earlier) for group, rankings in of_groups.items() if rankings},
        by_origin={origin: preferred(own, earlier) for origin, own in origins.items() if own},
        judge=judge,
        collected=collection["prompts"],
        judged_by_manner=collection["strange"],
    )


def preferred(rankings: Sequence[Ranking], earlier: str) -> WinRate:
    """The new policy against the old one."""
    return WinRate.of(win_rates(rankings, earlier)[POLICY])
