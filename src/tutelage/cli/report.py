"""`tutelage report`: a finished run's figures in the terminal, and its page drawn anew."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def report(folder: Annotated[Path, typer.Argument(help="The run's folder.", metavar="RUN")]) -> None:
    """Print a run's tables, and draw its page from report.json."""
    from tutelage.report import Results, terminal_table, write_report

    results = Results.load(folder)
    console = Console()
    console.print(terminal_table(results))
    page = write_report(folder, results)
    console.print(f"The report is at {page}", soft_wrap=True)
