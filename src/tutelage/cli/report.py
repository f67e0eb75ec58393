"""`tutelage report`: a run's figures in the terminal, and its page drawn anew; or several runs side by side."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tutelage.schema import InputError

PAGE = Path("compare.html")


def report(
    folders: Annotated[
        list[Path], typer.Argument(help="A run's folder; several are compared.", metavar="RUN [RUN …]")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help=f"The page that compares several runs; {PAGE} by default.", metavar="FILE"),
    ] = None,
) -> None:
    """Print a run's tables; draw its page and its models' cards from report.json. Compare several runs on a page."""
    if len(folders) > 1:
        compare(folders, out or PAGE)
    elif out is not None:
        raise InputError(
            "the page of one run goes into its folder", where="--out", remedy="leave it out, or name two runs"
        )
    else:
        show(folders[0])


def show(folder: Path) -> None:
    """One run."""
    from tutelage.pipeline.folder import RunFolder
    from tutelage.pipeline.lineage import write_cards
    from tutelage.report import Results, terminal_table, write_report

    results = Results.load(folder)
    console = Console()
    console.print(terminal_table(results))
    page = write_report(folder, results)
    if RunFolder(folder).ledger.is_file():
        write_cards(folder, results)
    console.print(f"The report is at {page}", soft_wrap=True)


def compare(folders: list[Path], page: Path) -> None:
    """Several runs."""
    from tutelage.report import comparison_table, load_runs, write_comparison

    runs = load_runs(folders)
    console = Console()
    console.print(comparison_table(runs))
    write_comparison(page, runs)
    console.print(f"The comparison is at {page}", soft_wrap=True)
