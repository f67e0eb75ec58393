"""docs/migrating.md: every option of TRL's PPOConfig has its row, what it says of ours is so, and our scripts run."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from tests.cli.tiny import save_policy

from tutelage.cli.app import app
from tutelage.cli.main import dispatch
from tutelage.recipe import Recipe

PAGE = Path(__file__).parents[2] / "docs" / "migrating.md"
TEXT = PAGE.read_text(encoding="utf-8")

VERSION = "1.12.0"
"""The last release of TRL with a PPOConfig; the next, 1.13.0, has none."""
OPTIONS: dict[str, Any] = {
    "batch_size": None,
    "cliprange": 0.2,
    "cliprange_value": 0.2,
    "dataset_num_proc": None,
    "ds3_gather_for_generation": True,
    "gamma": 1.0,
    "kl_coef": 0.05,
    "kl_estimator": "k1",
    "lam": 0.95,
    "learning_rate": 3e-6,
    "local_batch_size": None,
    "local_mini_batch_size": None,
    "local_rollout_forward_batch_size": 64,
    "micro_batch_size": None,
    "mini_batch_size": None,
    "missing_eos_penalty": None,
    "model_adapter_name": None,
    "num_mini_batches": 1,
    "num_ppo_epochs": 4,
    "num_sample_generations": 10,
    "num_total_batches": None,
    "push_to_hub": False,
    "ref_adapter_name": None,
    "response_length": 53,
    "reward_model_path": "EleutherAI/pythia-160m",
    "sft_model_path": "EleutherAI/pythia-160m",
    "stop_token": None,
    "stop_token_id": None,
    "temperature": 0.7,
    "total_episodes": None,
    "vf_coef": 0.1,
    "whiten_rewards": False,
    "world_size": None,
}
"""The fields that `trl.experimental.ppo.PPOConfig` of that release declares itself, with their defaults."""

ABSENT = ("always so", "not offered")
"""What stands where an option has no counterpart; the reason is in the last cell."""


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(title: str) -> list[list[str]]:
    """The rows below a heading, cell by cell, without the two of the head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


OWN = table("Options of PPOConfig")
INHERITED = table("Training arguments that count in PPO")
ROWS = [*OWN, *INHERITED]
each_row = pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])


def options_of_commands() -> Iterator[str]:
    """Of `tutelage train` and its stages."""
    root: Any = typer.main.get_command(app)
    group = root.commands["train"]
    for command in (group, *group.commands.values()):
        for parameter in command.params:
            yield from parameter.opts


def value_of(field: str) -> Any:
    """Its default. Raises AttributeError for what is no field of a recipe."""
    return reduce(getattr, field.split("."), Recipe())


def literal(told: str) -> Any:
    try:
        return ast.literal_eval(told)
    except (SyntaxError, ValueError):
        return told


def test_every_option_has_one_row() -> None:
    assert f"{VERSION} is the last release" in TEXT
    assert sorted(name for row in OWN for name in ticked(row[0])) == sorted(OPTIONS)


def test_defaults_of_trl_are_those_that_were_recorded() -> None:
    for name, default, *_ in OWN:
        [option], told = ticked(name), ticked(default)
        if default == "computed" or "·" in default:
            assert OPTIONS[option] is None
        else:
            assert [literal(each) for each in told] == [OPTIONS[option]], option


@each_row
def test_what_it_is_here_exists(row: list[str]) -> None:
    _, _, here, default, difference = row
    if here in ABSENT:
        assert difference
        assert not default
        return
    names = ticked(here)
    assert names
    fields = [name for name in names if not name.startswith(("--", "tutelage "))]
    for name in names:
        if name.startswith("--"):
            assert name in set(options_of_commands())
    for field, told in zip(fields, ticked(default), strict=bool(fields)):
        assert value_of(field) == literal(told), field


OTHERS = table("From OpenRLHF and verl")


@pytest.mark.parametrize("row", OTHERS, ids=[row[0] for row in OTHERS])
def test_defaults_beside_other_libraries(row: list[str]) -> None:
    fields, told = ticked(row[0]), ticked(row[1])
    assert fields
    for field, default in zip(fields, told, strict=True):
        assert value_of(field) == literal(default), field


def test_every_field_that_is_named_exists() -> None:
    sections = "|".join(Recipe.model_fields)
    prose = re.sub(r"```.*?```", "", TEXT.split("## From OpenRLHF and verl")[0], flags=re.DOTALL)
    fields = {name for name in ticked(prose) if re.fullmatch(rf"(?:{sections})\.[a-z_.]+", name)}
    assert len(fields) > 20
    for field in fields:
        *above, last = field.split(".")
        declared: Any = Recipe
        for name in above:
            inner = declared.model_fields[name].annotation
            declared = next(
                each for each in (inner, *getattr(inner, "__args__", ())) if hasattr(each, "model_fields")
            )
        assert last in declared.model_fields, field


# --- the scripts, on models and files of a few bytes ---


def block(language: str, first: str) -> list[str]:
    """The fenced blocks of a language whose first line this is."""
    return re.findall(rf"```{language}\n(# {re.escape(first)}\n.*?)```", TEXT, re.DOTALL)


def recipe() -> dict[str, Any]:
    [text] = block("yaml", "mine.yaml")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def write(file: str, rows: list[dict[str, str]]) -> None:
    Path(file).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with what the scripts begin with; the page's recipe, with fewer and shorter texts."""
    monkeypatch.chdir(tmp_path)
    save_policy(tmp_path / "base", seed=0)
    prompts = [f"Say {number}." for number in ("one", "two", "an animal") * 8]
    write("demonstrations.jsonl", [{"prompt": prompt, "completion": "one and two"} for prompt in prompts])
    write(
        "pairs.jsonl", [{"prompt": prompt, "chosen": "one and two", "rejected": "two"} for prompt in prompts]
    )
    write("prompts.jsonl", [{"prompt": prompt} for prompt in prompts])
    values = recipe()
    values |= {
        "threads": 1,
        "base": {"row_tokens": 32},
        "data": {"max_prompt_tokens": 40, "max_completion_tokens": 6},
    }
    values |= {"sft": {"epochs": 1, "batch_size": 8}, "reward": {"batch_size": 8}}
    values["ppo"] |= {"episodes": 8, "batch_size": 4}
    Path("mine.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return tmp_path


def test_the_recipe_is_one() -> None:
    ppo = Recipe.model_validate(recipe()).ppo
    assert (ppo.inner_epochs, ppo.minibatches) == (OPTIONS["num_ppo_epochs"], OPTIONS["num_mini_batches"])
    assert (ppo.kl_coefficient, ppo.temperature) == (OPTIONS["kl_coef"], OPTIONS["temperature"])
    assert (ppo.clip, ppo.value_clip) == (OPTIONS["cliprange"], OPTIONS["cliprange_value"])
    assert (ppo.gamma, ppo.lam) == (OPTIONS["gamma"], OPTIONS["lam"])
    assert ppo.learning_rate == ppo.value_learning_rate == OPTIONS["learning_rate"]


def test_the_commands_run(place: Path) -> None:
    lines = re.findall(r"^ {4}tutelage (.+)$", section("Command line"), re.MULTILINE)
    assert len(lines) == 3
    for line in lines:
        assert dispatch(shlex.split(line), debug=True) == 0
    assert (place / "policy" / "model.safetensors").is_file()
    logged = json.loads((place / "policy.training" / "metrics.jsonl").read_text().splitlines()[-1])
    told = {name for row in table("Metrics") for name in [*ticked(row[1]), *ticked(row[2])]}
    assert told <= set(logged)


def test_the_python_runs(place: Path) -> None:
    blocks = block("python", "Tutelage")
    assert len(blocks) == 3
    names: dict[str, Any] = {}
    for text in blocks:
        exec(compile(text, str(PAGE), "exec"), names)
    assert names["policy"].config.eos_token_id == names["classifier"].config.eos_token_id
    assert isinstance(float(names["score"]), float)
    assert (place / "work" / "metrics.jsonl").is_file()


def test_a_reward_model_of_plain_transformers_is_taken(place: Path) -> None:
    """As TRL's RewardTrainer saves one."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(0)
    classifier = AutoModelForSequenceClassification.from_pretrained("base", num_labels=1)
    classifier.save_pretrained("reward")
    AutoTokenizer.from_pretrained("base").save_pretrained("reward")
    ppo = section("Command line").split("    tutelage train ppo ")[1].splitlines()[0]
    assert (
        dispatch(["train", "ppo", *shlex.split(ppo.replace("--model sft", "--model base"))], debug=True) == 0
    )
    assert (place / "policy" / "config.json").is_file()
