"""All subcommands, and how errors reach the user."""

import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from tutelage.cli import (
    chat,
    data,
    evaluate,
    forgetting,
    keys,
    label,
    labelers,
    lineage,
    plan,
    preparing,
    push,
    report,
    run,
    sample,
    serve,
    train,
)
from tutelage.cli.launching import is_rank, say_to_launcher
from tutelage.cli.status import INPUT_ERROR, RUN_FAILED
from tutelage.schema import InputError, RunError

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


class Commands(TyperGroup):
    """Lets Ctrl-C out as Abort, which typer passes on: of KeyboardInterrupt it makes an exit without a word."""

    def invoke(self, ctx: Any) -> object:
        """Carry out the subcommand."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None


app = typer.Typer(
    name="tutelage",
    cls=Commands,
    help="InstructGPT as software: demonstrations, rankings, a reward model, PPO, evaluation.",
    epilog="Any command takes --debug: show the traceback of an error.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("run")(run.run)
app.command("plan")(plan.plan)
app.add_typer(train.app, name="train")
data.app.command("prepare")(preparing.prepare_collected)
data.app.command("forget")(forgetting.forget)
app.add_typer(data.app, name="data")
app.command("sample")(sample.sample)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(label.app, name="label")
app.add_typer(labelers.app, name="labelers")
app.command("chat")(chat.chat)
app.command("serve")(serve.serve)
app.add_typer(keys.app, name="keys")
app.command("report")(report.report)
app.command("lineage")(lineage.lineage)
app.command("push")(push.push)


def carry_out(arguments: Sequence[str], debug: bool) -> int:
    """Do what the arguments say; returns the exit code. Raises KeyboardInterrupt when Ctrl-C was pressed."""
    try:
        status = app(args=list(arguments), prog_name="tutelage", standalone_mode=False)
    except CommandError as error:
        error.show()  # type: ignore[attr-defined]
        return INPUT_ERROR
    except typer.Abort:
        raise KeyboardInterrupt from None
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
    if is_rank():
        say_to_launcher(str(error))
    else:
        print(f"error: {error}", file=sys.stderr)
    return INPUT_ERROR if isinstance(error, InputError) else RUN_FAILED
