"""`tutelage evaluate bias`: Winogender and CrowS-Pairs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tutelage.cli.exams import LimitOption, ModelsArgument, RawOption, SeedOption, folders_of
from tutelage.cli.scores import BaselineOption, OutOption, check_out, show
from tutelage.cli.train import carry_out
from tutelage.schema import InputError, SentencePair

if TYPE_CHECKING:
    from tutelage.evaluation.framing import Framing
    from tutelage.evaluation.scores import Scores
    from tutelage.evaluation.statistics import Statistic
    from tutelage.evaluation.subject import Subject


FIGURES = {"crows_pairs": ("entropy, bits", "stereotype score"), "winogender": ("entropy, bits",)}
"""Of a set's pairs; in Winogender none of the two sentences is the stereotype."""


def bias(
    models: ModelsArgument,
    crows_pairs: Annotated[
        str | None, typer.Option(help="A file, or nyu-mll/crows_pairs::test on the hub.", metavar="FILE")
    ] = None,
    winogender: Annotated[
        str | None,
        typer.Option(help="A file, or oskarvanderwal/winogender::test on the hub.", metavar="FILE"),
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

    def texts_of(pair: SentencePair, framing: "Framing") -> tuple[str, Sequence[str]]:
        return framing.wrap(""), (pair.more, pair.less)

    def choose(
        readable: Sequence[SentencePair], subject: "Subject", framing: "Framing"
    ) -> "Mapping[str, Statistic]":
        entropy, stereotype = choices(readable, subject.log_probabilities, framing)
        return {"entropy, bits": entropy, "stereotype score": stereotype}

    def work() -> None:
        console = Console()
        found: list[Scores] = []
        for name, own in pairs.items():
            scores = measure_likelihoods(folders, own, texts_of, RESPECT_FRAMINGS, asking, choose, console)
            found = joined(found, [each.only(FIGURES[name]).renamed(f"{name} ") for each in scores])
        about = {"task": "bias", "crows_pairs": crows_pairs, "winogender": winogender, "models": folders}
        show(found, baseline, out, {**about, "limit": limit, "seed": seed, "raw": raw})

    return carry_out(work, kept=False)
