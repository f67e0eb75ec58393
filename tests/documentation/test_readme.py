"""What the documents tell the user to type works: commands, options, targets, extras, imports, recipes."""

import ast
import re
import shlex
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

import tutelage
from tutelage.cli.app import app
from tutelage.recipe import load_recipe, shipped_recipes

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EVERYWHERE = {"--help", "--debug"}


def written_commands() -> list[str]:
    """Every command line of the documents, in code blocks and between backticks, without `tutelage`."""
    found = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^ {4,}(?:\.venv/bin/)?tutelage ([^#\n]+)", text, re.MULTILINE)
        inline = re.findall(r"`tutelage ([^`\n]+)`", text)
        found |= {line.strip() for line in [*blocks, *inline]}
    return sorted(found)


def follow(command: Any, words: list[str]) -> None:
    """Walk a command line through the tree of commands; alternatives stand as a|b."""
    if hasattr(command, "commands") and words:
        if words[0] not in command.commands and words[0].startswith("--"):
            return
        for name in words[0].split("|") if words else []:
            assert name in command.commands, f"there is no command {name!r}"
            follow(command.commands[name], words[1:])
        return
    options = {
        name
        for parameter in command.params
        for name in [*parameter.opts, *parameter.secondary_opts]
        if name.startswith("--")
    }
    takes_argument = any(not name.startswith("-") for parameter in command.params for name in parameter.opts)
    for place, word in enumerate(words):
        if word.startswith("--"):
            assert word.split("=")[0] in options | EVERYWHERE, f"{command.name} has no option {word}"
        elif place == 0 or not words[place - 1].startswith("--"):
            assert takes_argument, f"{command.name} takes no argument {word!r}"


@pytest.mark.parametrize("line", written_commands())
def test_commands_exist(line: str) -> None:
    follow(typer.main.get_command(app), shlex.split(line))


def test_every_command_is_told() -> None:
    root: Any = typer.main.get_command(app)
    for name in root.commands:
        assert f"tutelage {name}" in README


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = {
        target
        for page in PAGES
        for target in re.findall(r"(?:^ {4}|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"run", "test"} <= told <= targets


def test_extras_are_those_of_the_package() -> None:
    section = README.split("## Install")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE)) == set(
        PROJECT["optional-dependencies"]
    )
    for extras in re.findall(r"\.\[([a-z,]+)\]", README):
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def test_the_tree_lists_the_rooms_that_exist() -> None:
    section = README.split("## What is where")[1].split("\n## ")[0]
    rooms = re.findall(r"^ {6}([a-z]+)/ +\S", section, re.MULTILINE)
    package = ROOT / "src" / "tutelage"
    assert sorted(rooms) == sorted(path.parent.name for path in package.glob("*/__init__.py"))
    assert len(rooms) == len(set(rooms))
    for folder in re.findall(r"^ {4}([a-z/]+)/(?: |$)", section, re.MULTILINE):
        assert (ROOT / folder).is_dir()
    recipes = re.search(r"^ {4}recipes/ +(.+?) {2,}\(", section, re.MULTILINE)
    assert recipes is not None
    assert sorted(recipes[1].split()) == sorted(shipped_recipes())
    listed = re.search(r"^ {4}docs/ +(.+)$", section, re.MULTILINE)
    assert listed is not None
    assert sorted(listed[1].split()) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))


def test_python_examples_import_what_exists() -> None:
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert examples
    for example in examples:
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                for alias in node.names:
                    assert hasattr(import_module(node.module), alias.name)


def test_the_example_recipe_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "my.yaml"
    path.write_text(example, encoding="utf-8")
    assert load_recipe(path).name == "mine"


def test_results_have_their_place() -> None:
    for page in (README, (ROOT / "docs" / "results.md").read_text(encoding="utf-8")):
        begin, end = page.index("<!-- results:begin -->"), page.index("<!-- results:end -->")
        assert begin < end


def test_one_version_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == PROJECT["version"] == tutelage.__version__
