"""The command `tutelage`: its subcommands, and how errors reach the user."""

import sys
from collections.abc import Sequence

import typer

from tutelage.cli import chat, data, report, run, train
from tutelage.schema import InputError, RunError

INPUT_ERROR, RUN_FAILED = 2, 1

TRAINING_PACKAGES = {
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "numpy",
    "jinja2",
    "matplotlib",
    "jaxtyping",
}
"""What the extra `train` brings; the labelers' side does without."""

# typer brings its own click, or takes the installed one, by its version: either way its exceptions have this base.
CommandError: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

app = typer.Typer(
    name="tutelage",
    help="InstructGPT as software: demonstrations, rankings, a reward model, PPO, evaluation.",
    epilog="Any command takes --debug: show the traceback of an error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.add_typer(train.app, name="train")
app.add_typer(data.app, name="data")
app.command("chat")(chat.chat)
app.command("report")(report.report)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit: 0 well, 2 for what the user gave, 1 for a run that failed, 130 for Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    sys.exit(dispatch([argument for argument in given if argument != "--debug"], debug))


def dispatch(arguments: Sequence[str], debug: bool) -> int:
    """Carry out the command; returns the exit code, the error told in one line."""
    try:
        status = app(args=list(arguments), prog_name="tutelage", standalone_mode=False)
    except CommandError as error:
        error.show()  # type: ignore[attr-defined]
        return INPUT_ERROR
    except (typer.Abort, KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        return run.INTERRUPTED
    except (InputError, RunError, ModuleNotFoundError) as error:
        if debug:
            raise
        if isinstance(error, ModuleNotFoundError) and error.name not in TRAINING_PACKAGES:
            raise
        return tell(error)
    return int(status or 0)


def tell(error: InputError | RunError | ModuleNotFoundError) -> int:
    """Print an error as one line; returns its exit code."""
    if isinstance(error, ModuleNotFoundError):
        print(f"error: this command needs {error.name}; pip install 'tutelage[train]'", file=sys.stderr)
        return INPUT_ERROR
    print(f"error: {error}", file=sys.stderr)
    return INPUT_ERROR if isinstance(error, InputError) else RUN_FAILED
