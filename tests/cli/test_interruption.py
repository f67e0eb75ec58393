"""Ctrl-C ends any command in one line with exit code 130, from its first moment on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tutelage import mini
from tutelage.cli.main import dispatch

SOURCE = Path(__file__).parents[2] / "src"

INTERRUPTED_WHILE_LOADING = """
import os, signal, sys

class Moment:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            DO

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Moment())
from tutelage.cli import main
main(["chat", sys.argv[2], "--prompt", "Hello"])
"""


@pytest.mark.parametrize("module", ["typer", "torch"])
@pytest.mark.parametrize(
    "do",
    [
        "os.kill(os.getpid(), signal.SIGINT)",
        "exec('os.kill(os.getpid(), signal.SIGINT)')",
        "Dying()",
    ],
)
def test_while_the_command_loads(module: str, do: str, tmp_path: Path) -> None:
    """From within exec Python would end by the signal; a destructor would swallow it, and the command go on."""
    (tmp_path / "loading.py").write_text(INTERRUPTED_WHILE_LOADING.replace("DO", do))
    done = subprocess.run(
        [sys.executable, "-m", "loading", module, str(mini.base_folder())],
        env={**os.environ, "PYTHONPATH": f"{SOURCE}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr, done.stdout) == (130, "interrupted\n", "")


def test_while_a_short_command_works(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tutelage.cli.data.prompts_in", interrupted)
    arguments = ["data", "import", "prompts", "p.jsonl", "--store", str(tmp_path / "store.db")]
    assert dispatch(arguments, debug=True) == 130
    assert capsys.readouterr().err == "interrupted\n"
