"""The embedded world of a store: its seed, its labelers' noise, and whether prompts are of it."""

from collections.abc import Sequence
from pathlib import Path

from tutelage.cli.data import place_of
from tutelage.schema import Group, InputError, Prompt
from tutelage.store import Store

NOISE = 1.0
"""Where no run has measured how much makes labelers agree as often as people do."""


def seed_of(store: str) -> int:
    """The seed of the run that a store belongs to; 0 where it belongs to none."""
    recipe = beside(store, "recipe.yaml")
    if recipe is None:
        return 0
    from tutelage.recipe import load_recipe

    return load_recipe(str(recipe)).seed


def noise_of(store: str) -> dict[Group, float]:
    """The noise that the run of a store has set for each group; NOISE where there is none."""
    record = beside(store, "stages.json")
    if record is not None:
        from tutelage.pipeline.ledger import Ledger

        ledger = Ledger(record)
        try:
            noise = ledger.findings("labelers")["noise"]
        except KeyError:
            return dict.fromkeys(Group, NOISE)
        return {group: float(noise[group]) for group in Group}
    return dict.fromkeys(Group, NOISE)


def beside(store: str, name: str) -> Path | None:
    """A file of the run that a store lies in."""
    path = Path(place_of(store)).parent / name
    return path if "://" not in store and path.is_file() else None


def require_known(prompts: Sequence[Prompt], known: Sequence[Prompt], seed: int) -> None:
    """Raises InputError for prompts that the world of this seed does not know."""
    texts = {prompt.text for prompt in known}
    strange = [prompt.text for prompt in prompts if prompt.text not in texts]
    if strange:
        raise InputError(
            f"{len(strange)} of {len(prompts)} prompts are not of the embedded world of seed {seed}, such as "
            f"{strange[0][:60]!r}",
            where="--simulated",
            remedy="give its --seed, or judge other prompts by --endpoint or --reward-model",
        )


def require_nobody(store: Store, names: Sequence[str]) -> None:
    """Raises InputError where a person of the store has the name of a simulated labeler."""
    for account in store.accounts.all():
        if account.name in names:
            raise InputError(
                f"a person is called as the simulated labeler {account.name!r}",
                where="--simulated",
                remedy="sample into another store and judge there",
            )
