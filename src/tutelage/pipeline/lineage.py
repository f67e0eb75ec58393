"""What made the models of a run, from its record of stages and its store; and the card in each model's folder."""

from collections import Counter
from pathlib import Path

from tutelage.models.location import hub_name as repository_of
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.ledger import Ledger
from tutelage.recipe import Recipe, load_recipe
from tutelage.recipe.rounds import of_round
from tutelage.report import Results
from tutelage.report.lineage import Lineage, Made, behind, stage_of
from tutelage.report.model_card import Card, model_card
from tutelage.schema import Group, InputError
from tutelage.store import Store, write_atomically

README = "README.md"


def read_lineage(folder: RunFolder) -> Lineage:
    """The finished stages of a run. Raises InputError where there is no run."""
    if not (folder.ledger.is_file() and folder.database.is_file()):
        raise InputError("this is no run's folder", str(folder.root), "name one that tutelage run has made")
    ledger = Ledger(folder.ledger)
    with Store(folder.database) as store:
        counted: Counter[tuple[str, str]] = Counter()
        for count in store.stats():
            counted[count.batch, count.table] += count.count
    lineage = {}
    for stage, entry in ledger.finished_stages():
        batch = ledger.batch(stage, entry.identity)
        lineage[stage] = Made(
            stage=stage,
            identity=entry.identity,
            inputs=entry.inputs,
            settings=entry.settings or {},
            records={table: number for (of, table), number in counted.items() if of == batch},
            seconds=entry.seconds,
            finished=entry.finished,
        )
    return lineage


def models_of(folder: RunFolder) -> dict[str, str]:
    """The models that lie in a run's folder, and the stages that made them."""
    found = sorted(path.name for path in folder.models.iterdir()) if folder.models.is_dir() else []
    return {name: stage_of(name) for name in found}


def write_cards(root: Path, results: Results) -> None:
    """A card into the folder of every model of the run's last round, and of those that serve all rounds.

    An earlier round's models keep the cards of their time.
    """
    folder = RunFolder(root)
    recipe, lineage = load_recipe(folder.recipe), read_lineage(folder)
    labelers = labelers_of(folder, recipe)
    for name, stage in models_of(folder).items():
        if of_round(name)[1] is not None or stage not in lineage:
            continue
        card = Card(
            name=name,
            origin=f"the run {recipe.name}",
            made=lineage[stage],
            before=[made for made in behind(lineage, stage) if made.stage != stage],
            base_model=hub_name(recipe),
            files={} if recipe.world == "mini" else files_of(recipe),
            labelers=labelers,
            results=results,
            simulated=recipe.world == "mini",
        )
        write_atomically(folder.model(name) / README, model_card(card))


def hub_name(recipe: Recipe) -> str | None:
    """The repository of the base model on a hub, where it is one's."""
    name = recipe.base.model
    found = None if name in (None, "mini") else repository_of(str(name))
    return None if found is None else found.repository


def files_of(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The files that a run was given."""
    return {
        kind: getattr(recipe.data, kind)
        for kind in ("demonstrations", "comparisons", "prompts", "pretraining")
    }


def labelers_of(folder: RunFolder, recipe: Recipe) -> str:
    """How many there are of each group, and what they are."""
    with Store(folder.database) as store:
        count = {group: len(store.labelers(group)) for group in Group}
    kind = "Simulated ones" if recipe.world == "mini" else "People"
    if not any(count.values()):
        return "Rankings as their files have them; who made them is not recorded."
    return (
        f"{kind}: {count[Group.training]} whose judgments trained the models, and {count[Group.heldout]} held out, who "
        "only judged."
    )
