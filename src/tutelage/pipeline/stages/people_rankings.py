"""Step 2 with people: candidates of collected prompts go into their queue, and what they ranked comes back (§3.4)."""

from tutelage.labeling.filling import tasks_to_judge
from tutelage.pipeline import people
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.stages.candidates import Demonstrators, Mixture, sample_candidates
from tutelage.pipeline.stages.comparisons import keep_rankings
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Completion, Purpose, RunError, Split, Task, TaskKind


def ask_for_rankings(bench: Workbench, mixture: Mixture, queue: str) -> Findings:
    """Sample K candidates a prompt into the store, and put a task for each prompt into the labelers' queue."""

    def keep(completions: list[Completion]) -> None:
        bench.store.add_completions(completions, batch=bench.batch())

    sample_candidates(bench, mixture, Demonstrators(), keep)
    tasks = tasks_of(bench, bench.stage)
    if not tasks:
        raise RunError("the models answer every prompt alike: there is nothing to rank")
    people.put(bench, tasks, queue)
    bench.display.say(f"  {len(tasks)} tasks are in the labelers' queue, as batch {queue}")
    return {"tasks": len(tasks)}


def tasks_of(bench: Workbench, candidates: str) -> list[Task]:
    """A task for each prompt that the stage's candidates answer differently."""
    return tasks_to_judge(TaskKind.rank, bench.store.completions(batch=bench.batch(candidates)))


def await_rankings(bench: Workbench, candidates: str, queue: str) -> Findings:
    """Wait for the labelers; no model is in memory meanwhile. candidates: the stage that asked them."""
    return {"rankings": len(people.wait(bench, tasks_of(bench, candidates), queue))}


def take_rankings(bench: Workbench, candidates: str, collection: str, queue: str, halved: bool) -> Findings:
    """Keep what was ranked, each ranking on the side of its prompt. Raises RunError where a side has none.

    candidates, collection: the stages that wrote the outputs, and took the prompts
    halved: the judge of the final table, a reward model, learns from a half that the other one never sees
    """
    known = {prompt.text: prompt for prompt in bench.store.prompts(batch=bench.batch(collection))}
    rankings = [
        each.model_copy(update={"prompt": known[each.prompt.text]})
        for each in people.rankings_of(
            tasks_of(bench, candidates), bench.store.rankings(batch=queue, purpose=Purpose.training)
        )
        if each.prompt.text in known
    ]
    by_split = {
        split: sum(each.prompt.split == split for each in rankings) for split in (Split.train, Split.valid)
    }
    for split, count in by_split.items():
        if count == 0:
            raise RunError(
                f"nobody ranked answers to a collected prompt of the {split} split",
                remedy=f"ask again (tutelage label add rank --completions {bench.batch('candidates')} --batch {queue} "
                f"--store {bench.folder.root}), have it ranked, and go on with the same command",
            )
    if halved:
        return keep_rankings(bench, rankings)
    bench.store.add_rankings(rankings, batch=bench.batch())
    bench.display.say(f"  {by_split[Split.train]} rankings, {by_split[Split.valid]} for validation")
    return {"rankings": by_split[Split.train], "validation_rankings": by_split[Split.valid]}
