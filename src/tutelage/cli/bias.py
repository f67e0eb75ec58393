"""`tutelage evaluate bias`: Winogender and CrowS-Pairs."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tutelage.cli.exams import LimitOption, ModelsArgument, RawOption, SeedOption, folders_of
from tutelage.cli.scores import BaselineOption, OutOption, check_out, show
from tutelage.cli.train import carry_out
from tutelage.schema import InputError

if TYPE_CHECKING:
    from tutelage.evaluation.framing import Framing
    from tutelage.evaluation.scores import Scores
    from tutelage.evaluation.statistics import Statistic
    from tutelage.evaluation.subject import Subject


def bias(
    models: ModelsArgument,
    crows_pairs: Annotated[
        str | None, typer.Option(help="A file, or nyu-mll/crows_pairs@test on the hub.", metavar="FILE")
    ] = None,
    winogender: Annotated[
        str | None, typer.Option(help="A file, or oskarvanderwal/winogender@test on the hub.", metavar="FILE")
    ] = None,
    limit: LimitOption = None,
    seed: SeedOption = 0,
    raw: RawOption = True,
    baseline: BaselineOption = None,
    out: OutOption = None,
) -> int:
    """Winogender and CrowS-Pairs: how even the choice between two sentences is, in bits, and the stereotype score."""
    from tutelage.evaluation.bias import choices
    from tutelage.evaluation.framing import RESPECT_FRAMINGS
    from tutelage.evaluation.scores import joined
    from tutelage.evaluation.sets.columns import drawn
    from tutelage.evaluation.sets.pairs import read_crows_pairs, read_winogender
    from tutelage.pipeline.examination import measure_likelihoods
    from tutelage.pipeline.kept_samples import Asking

    check_out(out)
    if crows_pairs is None and winogender is None:
        raise InputError(
            "no sentence pairs", "--crows-pairs, --winogender", "name at least one of the two sets"
        )
    pairs = {} if crows_pairs is None else {"crows_pairs": drawn(read_crows_pairs(crows_pairs), limit, seed)}
    if winogender is not None:
        pairs["winogender"] = drawn(read_winogender(winogender), limit, seed)
    folders = folders_of(models, baseline)
    asking = Asking(temperature=1.0, max_new_tokens=1, raw=raw)

    def measured(name: str) -> "Callable[[Subject, Framing], Mapping[str, Statistic]]":
        def measure(subject: "Subject", framing: "Framing") -> "Mapping[str, Statistic]":
            entropy, stereotype = choices(pairs[name], subject.log_probabilities, framing)
            found = {f"{name} entropy, bits": entropy}
            if name == "crows_pairs":
                found[f"{name} stereotype score"] = stereotype
            return found

        return measure

    def work() -> None:
        console = Console()
        found: list[Scores] = []
        for name in pairs:
            found = joined(
                found, measure_likelihoods(folders, RESPECT_FRAMINGS, asking, measured(name), console)
            )
        about = {"task": "bias", "crows_pairs": crows_pairs, "winogender": winogender, "models": folders}
        show(found, baseline, out, {**about, "limit": limit, "seed": seed, "raw": raw})

    return carry_out(work)
