"""Carry out a recipe: its stages in order, those already done skipped, an interrupted one continued."""

import shutil
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tutelage.distributed import joined, leader_first, leads, together, told_by_leader
from tutelage.models import arithmetic
from tutelage.pipeline.device import choose_device, use_processor, with_precision
from tutelage.pipeline.display import Display, silence_transformers
from tutelage.pipeline.file_source import FileSource
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.ledger import Ledger
from tutelage.pipeline.mini_source import MiniSource
from tutelage.pipeline.order import stages_of
from tutelage.pipeline.preflight import preflight
from tutelage.pipeline.reading import with_commits
from tutelage.pipeline.stage import Stage
from tutelage.pipeline.told_store import told_store
from tutelage.pipeline.tracking import trackers_of
from tutelage.pipeline.workbench import Workbench
from tutelage.pipeline.workplace import LOCK, workplace
from tutelage.recipe import Recipe, dump_recipe, load_recipe
from tutelage.report import Results
from tutelage.report.summary import summary
from tutelage.schema import InputError
from tutelage.store import Store, write_atomically
from tutelage.training import Interrupted


def run(
    recipe: Recipe,
    out: str | Path | None = None,
    *,
    until: str | None = None,
    console: Console | None = None,
) -> Path:
    """The whole method on one recipe; returns the run's folder, which holds models, database and report.

    out: the folder; `runs/NAME` with the recipe's name when None. What an earlier run finished there from the same
    inputs is kept; whatever a changed recipe makes stale is done again.
    until: the last stage to do; None = all of them.
    Raises InputError before any long work when something given cannot be used, RunError when the run goes wrong,
    Interrupted when Ctrl-C was pressed: the same call goes on from there.
    """
    folder = RunFolder(Path(out) if out is not None else Path("runs") / recipe.name)
    device = choose_device(recipe.device)
    use_processor(recipe.threads)
    silence_transformers()
    interruption = Interruption()
    with ExitStack() as stack:
        stack.enter_context(joined(device.type))
        if leads():
            require_run_folder(folder)
            require_same_rounds(folder, recipe)
            recipe = with_commits(with_precision(recipe, device, folder.recipe))
        recipe = told_by_leader(recipe)
        source = open_source(recipe)
        preflight(recipe, source)
        method = stages_of(recipe, source, folder)
        stages = up_to(until, method)
        with leader_first():
            if leads():
                stack.enter_context(workplace(folder.root))
                # without it what finished stages wrote is gone, so they are not finished
                if not folder.database.exists():
                    folder.ledger.unlink(missing_ok=True)
                write_atomically(folder.recipe, dump_recipe(recipe))
            ledger = Ledger(folder.ledger)
            store = stack.enter_context(Store(folder.database)) if leads() else told_store(None)
        stack.enter_context(interruption.from_keyboard())
        display = stack.enter_context(Display(console if console and leads() else Console(quiet=not leads())))
        identities = identities_of(method, ledger)
        trackers = stack.enter_context(
            trackers_of(recipe, folder.root.name, folder.root, identities, ledger.begun, display.console)
        )
        bench = Workbench(
            stage="",
            recipe=recipe,
            folder=folder,
            store=store,
            ledger=ledger,
            identities={},
            display=display,
            progress=None,
            interruption=interruption,
            device=device,
            trackers=trackers,
        )
        told = tell_unusable(source, display)
        carry_out(stages, bench)
        if leads() and len(stages) == len(method):
            trackers.summarize(summary(Results.load(folder.root)))
        tell_unusable(source, display, told)
    return folder.root


def tell_unusable(source: MiniSource | FileSource, display: Display, before: str | None = None) -> str | None:
    """Say which rows of the user's files are left out, where it was not said before; documents are read late."""
    told = source.unusable.told if isinstance(source, FileSource) else None
    if told is not None and told != before:
        display.say(told)
    return told


def require_run_folder(folder: RunFolder) -> None:
    """Raises InputError for a folder that holds something, and no run."""
    root = folder.root
    if root.is_dir() and any(root.iterdir()) and not (folder.recipe.exists() or (root / LOCK).exists()):
        raise InputError(
            "this is not a run's folder, and a run would write into it",
            where=str(root),
            remedy="name a new or empty folder",
        )


def require_same_rounds(folder: RunFolder, recipe: Recipe) -> None:
    """Raises InputError where a run was continued and this recipe would go back behind that."""
    if not folder.recipe.is_file():
        return
    try:
        earlier = load_recipe(folder.recipe)
    except InputError:  # of a recipe that nothing can be read from nothing is lost
        return
    rounds = (earlier.rounds, earlier.collected_from)
    going_back = earlier.collected_from is not None and rounds != (recipe.rounds, recipe.collected_from)
    if not going_back and not folder.next_recipe.exists():
        return
    raise InputError(
        "this run was continued by a further round, which the recipe would undo",
        where=str(folder.root),
        remedy=f"go on with tutelage run --continue {folder.root}, or choose another --out",
    )


def up_to(last: str | None, stages: Sequence[Stage]) -> Sequence[Stage]:
    """The stages up to and with the last one wanted. Raises InputError when there is none of that name."""
    names = [stage.name for stage in stages]
    if last is None:
        return stages
    if last not in names:
        raise InputError(
            f"there is no stage {last!r}", where="--until", remedy=f"choose one of {', '.join(names)}"
        )
    return stages[: names.index(last) + 1]


def open_source(recipe: Recipe) -> MiniSource | FileSource:
    """The source that the recipe names. Raises InputError when files it names cannot be used."""
    return MiniSource(recipe) if recipe.world == "mini" else FileSource(recipe.data, recipe.seed)


def is_finished(recipe: Recipe, folder: RunFolder) -> bool:
    """Whether the folder has every stage of the recipe finished, from what it is made from today."""
    ledger, stages = Ledger(folder.ledger), stages_of(recipe, open_source(recipe), folder)
    identities = identities_of(stages, ledger)
    return all(ledger.finished(stage.name, identities[stage.name]) for stage in stages)


def identities_of(stages: Sequence[Stage], ledger: Ledger) -> dict[str, str]:
    """What each stage is made from today, before any is done; one of an earlier round is what it was made from."""
    identities: dict[str, str] = {}
    for stage in stages:
        recorded = stage.closed and ledger.has(stage.name)
        identities[stage.name] = ledger.identity(stage.name) if recorded else stage.identity(identities)
    return identities


def carry_out(stages: Sequence[Stage], bench: Workbench) -> None:
    """Do the stages in order; each is on record before the next begins."""
    for stage in stages:
        identity = recorded(stage, bench) if stage.closed else stage.identity(bench.identities)
        bench = replace(bench, stage=stage.name, identities={**bench.identities, stage.name: identity})
        finished = bench.ledger.finished(stage.name, identity)
        done = finished and (stage.closed or all(path.exists() for path in stage.outputs))
        if told_by_leader(done):
            bench.display.say(f"[dim]{stage.title}: done before[/dim]")
        elif stage.together or leads():
            carry_out_one(stage, identity, bench)
        bench.ledger.agree(stage.name)


def recorded(stage: Stage, bench: Workbench) -> str:
    """The identity that a stage of an earlier round was made under.

    Raises InputError where it never was, or where its model is gone: it is not made again, for what it was made from
    may be.
    """
    if not bench.ledger.has(stage.name):
        raise InputError(
            f"the stage {stage.name!r} of an earlier round is not on record",
            where=str(bench.folder.ledger),
            remedy="rounds on collected prompts are begun by tutelage run --continue",
        )
    for path in stage.outputs:
        if path.is_relative_to(bench.folder.models) and not path.exists():
            raise InputError("gone, and this round needs it", where=str(path), remedy="put it back")
    return bench.ledger.identity(stage.name)


def carry_out_one(stage: Stage, identity: str, bench: Workbench) -> None:
    """Do one stage and write it down, with the seconds of all its starts."""
    with in_company(stage):
        bench.interruption.check()
    if leads() and not bench.ledger.begun(stage.name, identity):
        for path in stage.outputs:
            remove(path)
    spent = bench.ledger.seconds(stage.name, identity)
    bench.ledger.record(stage.name, identity, spent, None)
    begun = time.monotonic()
    try:
        with (
            arithmetic(bench.recipe.precision, bench.device),
            in_company(stage),
        ):
            store = told_store(bench.store) if stage.together and leads() else bench.store
            findings = stage.work(replace(bench, store=store, progress=bench.display.begin(stage.title)))
    except Interrupted:
        bench.ledger.record(stage.name, identity, spent + time.monotonic() - begun, None)
        raise
    seconds = spent + time.monotonic() - begun
    bench.ledger.record(stage.name, identity, seconds, findings, stage.inputs, stage.settings)
    for checkpoint in bench.folder.checkpoints.glob(f"{stage.name}.*") if leads() else ():
        remove(checkpoint)
    bench.display.say(f"{stage.title}: {seconds:.0f} s")


def in_company(stage: Stage) -> AbstractContextManager[None]:
    """Together with the other ranks, where they do the stage, too."""
    return together() if stage.together else nullcontext()


def remove(path: Path) -> None:
    """Delete a stage's stale output, file or folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
