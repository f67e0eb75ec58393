"""Several runs as one page that needs nothing beside it."""

from collections.abc import Sequence

from tutelage.report.comparison.run import Run, sizes
from tutelage.report.comparison.sections import comparison_sections
from tutelage.report.comparison.topics import compare
from tutelage.report.comparison.wording import short_count
from tutelage.report.findings import headline, listed
from tutelage.report.names import MODEL_COLOURS
from tutelage.report.page import coloured, environment
from tutelage.report.results import in_model_order
from tutelage.report.sections.section import Table
from tutelage.report.wording import DASH, duration


def render_comparison(runs: Sequence[Run]) -> str:
    """The page as HTML; equal results give equal pages. Raises InputError where nothing can be compared."""
    compared = compare(runs)
    parts = comparison_sections(runs, compared)
    models = {
        model: True
        for measures in compared.values()
        for by_run in measures.values()
        for figures in by_run.values()
        for model in figures
        if model in MODEL_COLOURS
    }
    names = listed([run.name for run in runs])
    return (
        environment()
        .get_template("comparison.html.jinja")
        .render(
            title=f"Side by side: {names}",
            headline=f"{names}, side by side",
            count=len(runs),
            ordered=sizes(runs) is not None,
            overview=overview(runs),
            models=coloured(in_model_order(models)),
            contents=[(section.anchor, section.name) for section in parts],
            sections=parts,
        )
    )


def overview(runs: Sequence[Run]) -> Table:
    """Each run in one row."""
    return Table(
        "",
        ["run", "what it found", "parameters", "seed", "time"],
        [
            [
                run.name,
                headline(run.results),
                DASH if run.parameters is None else short_count(run.parameters),
                str(run.results.seed),
                duration(sum(run.results.seconds.values())) if run.results.seconds else DASH,
            ]
            for run in runs
        ],
        folded=False,
    )
