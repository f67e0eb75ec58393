"""The next round of a finished run, in its own folder: new prompts, comparisons of the newest policy, a new one (§3.1).

A round begins with a snapshot of the store, and the round before it is put away under its number. From then on it is a
run like another: interrupted, it goes on; finished, the same command begins the round after it.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tutelage.distributed import joined, leads, told_by_leader
from tutelage.models import load_tokenizer
from tutelage.pipeline.closing import close_round, require_free
from tutelage.pipeline.collected import choose, new_prompts, snapshot_of
from tutelage.pipeline.device import choose_device
from tutelage.pipeline.encoding import ShortPrompts
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.ledger import Ledger
from tutelage.pipeline.prompts import collections
from tutelage.pipeline.run import is_finished, run
from tutelage.pipeline.workplace import workplace
from tutelage.recipe import CandidateSource, Recipe, dump_recipe, load_recipe
from tutelage.schema import InputError
from tutelage.store import Store, write_atomically

OPEN = frozenset(
    {"rankings", "reward", "ppo", "evaluation", "threads", "device", "labelers", "tracking", "distributed"}
)
"""Fields of the recipe that may change from round to round. All others decided what earlier rounds made."""


def continue_run(
    out: str | Path,
    overrides: Sequence[str] = (),
    *,
    until: str | None = None,
    console: Console | None = None,
) -> Path:
    """Begin the next round of a finished run, or go on with the one that was begun; returns the run's folder.

    overrides: as of `--set`, for this round and those after it
    Raises InputError where the run is not finished, where nothing new was collected, or where an override would change
    what earlier rounds were made from; else as `run`.
    """
    folder, console = RunFolder(Path(out)), console or Console()
    if not (folder.recipe.is_file() and folder.database.is_file()):
        raise InputError("this is no run's folder", str(out), "begin one: tutelage run")
    with joined(choose_device(load_recipe(folder.recipe, overrides).device).type):
        recipe = told_by_leader(next_recipe(folder, overrides, console) if leads() else None)
        assert recipe is not None
        return run(recipe, folder.root, until=until, console=console)


def next_recipe(folder: RunFolder, overrides: Sequence[str], console: Console) -> Recipe:
    """The recipe of the round that is begun, or gone on with."""
    with workplace(folder.root):
        if folder.next_recipe.exists():
            close_round(folder, load_recipe(folder.next_recipe).rounds - 1)
        before = load_recipe(folder.recipe)
        recipe = changed(before, load_recipe(folder.recipe, overrides))
        if is_finished(before, folder):
            return begin_round(folder, recipe, console)
        if before.collected_from is not None:
            return with_policy(recipe, console)
        remedy = f"let it finish first: tutelage run {folder.recipe} --out {folder.root}"
        raise InputError("the run is not finished", str(folder.root), remedy)


def begin_round(folder: RunFolder, recipe: Recipe, console: Console) -> Recipe:
    """Fix the collected prompts of the round after those of the recipe, and put the last one away; returns the new
    round's recipe.
    """
    last = recipe.rounds
    number = last + 1
    recipe = recipe.model_copy(update={"rounds": number, "collected_from": recipe.collected_from or number})
    with Store(folder.database) as store:
        require_prompts(folder, store, recipe)
        require_free(folder, last)
        if snapshot_of(number) not in store.snapshots():
            store.freeze(snapshot_of(number))
    recipe = with_policy(recipe, console)
    write_atomically(folder.next_recipe, dump_recipe(recipe))
    close_round(folder, last)
    console.print(f"Round {number} begins; what round {last} made has its number now.", highlight=False)
    return recipe


def require_prompts(folder: RunFolder, store: Store, recipe: Recipe) -> None:
    """Raises InputError unless there are collected prompts that no earlier round was given, to train on and to test."""
    number, where = recipe.rounds, str(folder.database)
    ledger, name = Ledger(folder.ledger), snapshot_of(number)
    earlier = recipe.collected_rounds[:-1]
    # a beginning that was cut short has fixed them already
    view = store.at(name) if name in store.snapshots() else store
    found = new_prompts(store, view, earlier, recipe.seed)
    if not found:
        since = f"since round {number - 1} began, no prompts" if earlier else "no prompts"
        raise InputError(
            f"{since} of served models were collected and prepared",
            where,
            f"tutelage serve {folder.root} --collect, and then tutelage data prepare --store {folder.root}",
        )
    stages = ["data", *collections(ledger.stages())]
    known = store.prompts(batch=[ledger.batch(stage, ledger.identity(stage)) for stage in stages])
    choose(found, known, ShortPrompts(load_tokenizer(folder.model("base")), recipe.data), where)


def changed(before: Recipe, after: Recipe) -> Recipe:
    """The recipe with its overrides. Raises InputError for one of a field that earlier rounds settled."""
    settled = {name for name in Recipe.model_fields if name not in OPEN}
    differing = [name for name in settled if getattr(before, name) != getattr(after, name)]
    if before.ppo.initialization != after.ppo.initialization:
        differing.append("ppo.initialization")
    if differing:
        raise InputError(
            "earlier rounds were made from it, and are not made again",
            where=f"--set {min(differing)}",
            remedy=f"leave it, or begin another run; a round may have other {', '.join(sorted(OPEN))}",
        )
    return after


def with_policy(recipe: Recipe, console: Console) -> Recipe:
    """The recipe with the newest policy among the sources that are ranked, which is what a later round is for.

    Where the mixture has none, one is added that writes half of the candidates.
    """
    sources = recipe.rankings.sources
    if any(source.model == "policy" for source in sources):
        return recipe
    half = CandidateSource(model="policy", weight=sum(source.weight for source in sources))
    console.print(
        "rankings.sources names no policy; the newest one writes half of the candidates.", highlight=False
    )
    rankings = recipe.rankings.model_copy(update={"sources": (*sources, half)})
    return recipe.model_copy(update={"rankings": rankings})
