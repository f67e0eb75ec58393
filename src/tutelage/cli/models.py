"""Which models the user means: folders, names of the hub, and models of a run by their names there."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tutelage.recipe import load_recipe
from tutelage.recipe.rounds import of_round
from tutelage.schema import InputError, suggestion

PREFERRED = ("ppo_ptx", "ppo", "sft", "base")
"""Which of a run's models is meant when none is named."""

LONGEST_ANSWER = 256
"""Tokens, where no run's recipe says how long answers are."""


def is_run(place: str) -> bool:
    """Whether this is a run's folder."""
    return (Path(place) / "models").is_dir()


def folders_of(run: Path, models: str | None) -> dict[str, str]:
    """Name -> folder of the models asked for, or of the run's best one."""
    present = [path.name for path in sorted((run / "models").iterdir()) if (path / "config.json").is_file()]
    if models is None:
        names = [name for name in preferred(present) if name in present][:1]
    else:
        names = [name.strip() for name in models.split(",")]
    if not names:
        raise InputError("the run has no model yet", where=str(run), remedy="let it go on: tutelage run")
    for name in names:
        if name not in present:
            raise InputError(
                f"the run has no model {name!r}", where=str(run), remedy=suggestion(name, present)
            )
    return {name: str(run / "models" / name) for name in names}


def preferred(present: Sequence[str]) -> list[str]:
    """PREFERRED, and after the best the policies of earlier rounds: while the next one is made, the newest of them."""
    best, *others = PREFERRED
    rounds = sorted(
        (number or 0, name) for name in present for plain, number in [of_round(name)] if plain == best
    )
    return [best, *(name for number, name in reversed(rounds) if number), *others]


def named_folders(places: Sequence[str]) -> dict[str, str]:
    """Name -> folder of every model meant: the folder's own name, or the place where several have that name.

    places: each a run's folder (its best model), RUN:NAME or RUN:NAME,NAME, a model's folder, or a name of the hub.
    Raises InputError for a run or a model of it that is not there, and for a model that is named twice.
    """
    folders: dict[str, str] = {}
    for place in places:
        for address, folder in addressed(place).items():
            if os.path.abspath(folder) in map(os.path.abspath, folders.values()):
                raise InputError("this model is named twice", where=address, remedy="name it once")
            folders[address] = folder
    names = {address: os.path.basename(os.path.abspath(folder)) for address, folder in folders.items()}
    bearers = Counter(names.values())
    return {
        names[address] if bearers[names[address]] == 1 else address: folder
        for address, folder in folders.items()
    }


def addressed(place: str) -> dict[str, str]:
    """Address -> folder of what one argument means: RUN:NAME for a run's models, a folder or a hub's name as it is."""
    run, models = (place, None) if is_run(place) else split_address(place)
    if run is None:
        return {str(Path(place)): place}
    return {f"{Path(run)}:{name}": folder for name, folder in folders_of(Path(run), models).items()}


def split_address(place: str) -> tuple[str | None, str | None]:
    """The run's folder and the models' names in RUN:NAME; nothing of either in another place."""
    run, colon, models = place.rpartition(":")
    if not colon or Path(place).is_dir():
        return None, None
    if not is_run(run):
        raise InputError("no such run", where=run, remedy="give RUN:NAME, a run's folder or a model's")
    return run, models


def longest_answer(folder: str) -> int:
    """Tokens an answer of the model in this folder may have: what it was trained for, where it lies in a run."""
    models = Path(folder).absolute().parent
    recipe = models.parent / "recipe.yaml"
    if models.name == "models" and recipe.is_file():
        return load_recipe(recipe).data.max_completion_tokens
    return LONGEST_ANSWER
