"""One process at a time in a folder, and a dead one blocks nobody."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tutelage.cli.main import dispatch
from tutelage.pipeline import run
from tutelage.pipeline.workplace import workplace
from tutelage.recipe import Recipe
from tutelage.schema import InputError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such locks")

HOLDER = """
import pathlib, sys, time
from tutelage.pipeline.workplace import workplace
with workplace(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_another_process_is_named_and_its_death_frees_the_folder(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(InputError, match=f"in use by process {holder.pid}; wait for it"),
            workplace(tmp_path),
        ):
            pytest.fail("two processes are in one folder")
    finally:
        holder.kill()
        holder.wait()
    with workplace(tmp_path):
        pass


def test_a_run_in_a_held_folder_is_refused_and_leaves_it_alone(
    tiny: Callable[..., Recipe], tmp_path: Path
) -> None:
    with workplace(tmp_path):
        before = [path.name for path in tmp_path.iterdir()]
        with pytest.raises(InputError, match="in use by process"):
            run(tiny(), tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == before


def test_a_stage_whose_working_folder_is_held_is_refused(
    tiny_base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.jsonl").write_text('{"prompt": "Say a.", "completion": "a", "split": "train"}\n')
    given = ["--model", str(tiny_base), "--demonstrations", str(tmp_path / "d.jsonl")]
    for setting in ("data.max_prompt_tokens=40", "data.max_completion_tokens=12", "base.row_tokens=32"):
        given += ["--set", setting]
    with workplace(tmp_path / "model.training"):
        assert dispatch(["train", "sft", *given, "--out", str(tmp_path / "model")], debug=False) == 2
    told = capsys.readouterr().err
    assert "model.training: the folder is in use by process" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "model").exists()
