"""The notebooks run from their first cell to their last, and what is saved in them is what comes out.

A model's numbers differ in their last digits from one processor to another, and with them what it says. So the kinds of
outputs and the heads of tables are compared everywhere, and texts in cells whose tag says that no model speaks there.
"""

import base64
import importlib.util
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat import NotebookNode

from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, save_model

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NAMES = ("demo", "your_data")
EXACT = "exact"
MOST_BYTES = 1_500_000
SECTIONS = {
    "demo": [
        "1. What a base model does instead",
        "2. The chat template",
        "3. Best of five",
        "4. A loaded question",
        "5. Step 1: imitate demonstrations",
        "6. Step 2: learn what people prefer",
        "7. Step 3: reinforcement learning",
        "8. Who is preferred?",
        "9. Toxicity under three prompts",
        "Where to go on",
    ],
    "your_data": [
        "1. The files",
        "2. Are they right?",
        "3. The recipe",
        "4. The run",
        "5. Sample and score",
        "6. The report",
    ],
}


def module() -> ModuleType:
    """`notebooks/execute.py`."""
    spec = importlib.util.spec_from_file_location("execute", FOLDER / "execute.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def saved(name: str) -> NotebookNode:
    """As it lies in the repository."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    return notebook


def code(notebook: NotebookNode) -> list[NotebookNode]:
    """Its cells of code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell: NotebookNode) -> list[str]:
    """What a cell printed, and what it showed as Markdown; prints that follow each other are one."""
    told: list[str] = []
    for kind, text in shown(cell):
        if kind == "stream" and told and told[-1].startswith("stream:"):
            told[-1] += text
        else:
            told.append(f"{kind}:{text}")
    return told


def shown(cell: NotebookNode) -> Iterator[tuple[str, str]]:
    """Kind and text of each output."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield "stream", output.text
        elif "image/png" in output.data:
            yield "figure", ""
        else:
            yield "markdown", output.data.get("text/markdown", "")


def outlines(cell: NotebookNode) -> list[str]:
    """The kinds of a cell's outputs, and of a table its head and its number of columns."""
    return [re.sub(r"[\d.]+", "#", text.split("\n")[0]) if text.startswith("markdown:|") else text.split(":")[0]
            for text in texts(cell)]  # fmt: skip


def rows(cell: NotebookNode) -> dict[str, list[str]]:
    """The first table of a cell: first column -> the others."""
    table = next(text for text in texts(cell) if text.startswith("markdown:|"))
    lines = [[part.strip() for part in line.strip("| ").split(" | ")] for line in table.split("\n")[2:]]
    return {first: others for first, *others in lines}


def compare(name: str, executed: NotebookNode) -> None:
    """What is saved against what came out."""
    for old, new in zip(code(saved(name)), code(executed), strict=True):
        assert old.id == new.id
        assert outlines(old) == outlines(new), old.id
        if EXACT in old.metadata.get("tags", ()):
            assert texts(old) == texts(new), old.id


@pytest.mark.parametrize("name", NAMES)
def test_saved_notebooks_are_whole(name: str) -> None:
    """Run once from top to bottom, without an error, and nothing in them tells of the machine."""
    notebook = saved(name)
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, 1 + len(code(notebook))))
    kinds = {output.output_type for cell in code(notebook) for output in cell.outputs}
    assert kinds <= {"stream", "display_data"}
    assert "stderr" not in {output.get("name") for cell in code(notebook) for output in cell.outputs}
    content = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    assert len(content.encode()) < MOST_BYTES
    without_figures = re.sub(r'"image/png": "[^"]*"', "", content)
    assert not re.findall(r"(?:/tmp|/home|/root|/work|/Users|site-packages)\b[^\"\s]*", without_figures)


@pytest.mark.parametrize("name", NAMES)
def test_saved_notebooks_have_their_sections(name: str) -> None:
    prose = "\n".join(cell.source for cell in saved(name).cells if cell.cell_type == "markdown")
    assert re.findall(r"^## (.+)$", prose, re.MULTILINE) == SECTIONS[name]


@pytest.mark.parametrize("name", NAMES)
def test_links_of_notebooks_lead_to_files(name: str) -> None:
    for cell in saved(name).cells:
        for target in re.findall(r"\]\(([^)\s]+)\)", cell.source if cell.cell_type == "markdown" else ""):
            if not target.startswith("http"):
                found = (FOLDER / target.split("#")[0]).resolve()
                assert found.is_file(), target
                assert found.is_relative_to(ROOT), target


def test_saved_figures_are_figures() -> None:
    """Of a size that fits beside text, and not empty."""
    images = [
        base64.b64decode(output.data["image/png"])
        for cell in code(saved("demo"))
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(images) == 8
    for image in images:
        width, height = struct.unpack(">II", image[16:24])
        assert 600 < width < 1000
        assert 150 < height < 800
        assert len(image) > 4000


def test_the_demo_runs(tmp_path: Path) -> None:
    executed = module().execute(saved("demo"), tmp_path)
    compare("demo", executed)
    assert not list(tmp_path.iterdir())
    cells = {cell.id: cell for cell in code(executed)}

    by_hand = rows(cells["equation-1"])
    # the gradient of equation 1 vanishes where Bradley and Terry's likelihood is highest
    assert float(by_hand["by hand"][1]) == 0.0
    assert all(float(by_hand[name][1]) > 0.01 for name in ("all equal", "twice as far apart"))
    assert all(hand == choix for _, hand, choix in rows(cells["bradley-terry"]).values())

    steps = list(rows(cells["ratio"]).values())
    assert steps[0][0] == "1.000 … 1.000"  # nothing was updated yet
    assert steps[-1][0] != steps[0][0]

    final = rows(cells["compare"])
    assert list(final) == ["Base", "Prompted base", "PPO-ptx", "SFT"]
    for rates in list(final.values())[:3]:
        for rate in rates[:2]:
            value, low, high = map(float, re.findall(r"[\d.]+", rate))
            assert 0 <= low < value < high <= 100
    base = re.findall(r"[\d.]+", final["Base"][1])
    assert float(base[2]) < 50  # a base that goes on with the web is no match for any assistant
    toxicity = rows(cells["toxicity"])
    assert list(toxicity) == ["Base", "SFT", "PPO-ptx"]
    assert all(len(means) == 3 for means in toxicity.values())


def test_your_data_runs_with_another_model(tmp_path: Path) -> None:
    """A folder in place of the shipped base, as a hub's model would be: it has read nothing and has other words."""
    notebook = saved("your_data")
    tokenizer = build_tokenizer([cell.source for cell in code(notebook)] * 2, 600)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 512}
    policy = new_policy(
        Architecture(**sizes, vocabulary_size=len(tokenizer)),
        1,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    save_model(policy, tokenizer, tmp_path / "model")
    work = tmp_path / "work"
    work.mkdir()

    [parameters] = [cell for cell in code(notebook) if "parameters" in cell.metadata.get("tags", ())]
    assert 'MODEL = "mini"' in parameters.source
    parameters.source = parameters.source.replace('"mini"', repr(str(tmp_path / "model")))
    executed = module().execute(notebook, work)
    compare("your_data", executed)
    assert not list(work.iterdir())
    cells = {cell.id: cell for cell in code(executed)}
    assert {"models/reward", "models/judge", "models/ppo_ptx"} <= set(texts(cells["run"])[-1].split())
    assert len(rows(cells["talk"])) == 3
    assert "runs/mine/report.html: there" in texts(cells["report"])[-1]
