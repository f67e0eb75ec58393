"""The trackers of a run, or of a stage by itself, as its recipe names them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rich.console import Console

from tutelage.distributed import leads
from tutelage.recipe import Recipe
from tutelage.tracking import Subject, Trackers, trackers_to_use


def trackers_of(
    recipe: Recipe,
    name: str,
    folder: Path,
    identities: Mapping[str, str],
    begun: Callable[[str, str], bool],
    console: Console,
) -> Trackers:
    """Trackers of what logs into `folder/metrics.jsonl`; what they keep on disk goes to `folder/tracking`.

    name: what the run is called where the recipe does not say; the rest as of `Trackers`
    """
    wanted = recipe.tracking
    return Trackers(
        trackers_to_use(wanted.trackers) if leads() else (),
        Subject(wanted.project, wanted.run_name or name, folder / "tracking", recipe.deciding()),
        folder / "metrics.jsonl",
        identities,
        begun,
        # addresses are for copying: no line breaks, no brackets taken for style
        partial(console.print, highlight=False, markup=False, soft_wrap=True),
    )
