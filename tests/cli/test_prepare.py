"""`tutelage data prepare`: prompts of what was collected, once, with counts after each filter."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.tiny import save_policy
from tests.labelers.judge.endpoint import Endpoint

from tutelage.cli.main import dispatch
from tutelage.recipe import Recipe, dump_recipe
from tutelage.schema import Prompt, Split, UseCase
from tutelage.store import PREPARED, Store


@pytest.fixture(autouse=True)
def collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve requests of six users; two are the same, one has an address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with Store("tutelage.db") as store:
        for number in range(10):
            store.collection.add(
                f"user-{number % 5}", "api", "m", f"What is {number} times {number + 1}?", []
            )
        store.collection.add("user-9", "api", "m", "what is 3  times 4?", [])
        store.collection.add("user-9", "api", "m", "Write a letter to jane@example.com", [])


def prepare(*more: str) -> int:
    return dispatch(["data", "prepare", *more], debug=False)


def test_prompts_are_added_once_with_use_case_and_split(capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("--show", "5") == 0
    told = capsys.readouterr().out
    assert "│ duplicates           │ 1     │ 11" in told
    assert "Personal information found: 1 email" in told
    assert "… Write a letter to <EMAIL> …" in told
    assert "jane" not in told
    assert "11 prompts added to batch 'collected'" in told
    with Store("tutelage.db") as store:
        first = store.prompts(batch=PREPARED)
        assert len(first) == 11
        assert first[-1].text == "Write a letter to <EMAIL>"
        assert {prompt.use_case for prompt in first} == {UseCase.open_qa, UseCase.generation}
        sides = {prompt.user: {each.split for each in first if each.user == prompt.user} for prompt in first}
        assert all(len(side) == 1 for side in sides.values())
        store.collection.add("user-0", "api", "m", "Why is the sea salty?", [])

    assert prepare("--seed", "7") == 0
    assert "1 prompts added" in capsys.readouterr().out
    with Store("tutelage.db") as store:
        again = store.prompts(batch=PREPARED)
    assert again[:-1] == first
    assert {again[-1].split} == sides["user-0"]  # another seed moves nobody


def test_the_counts_are_told_as_in_table_6(capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("--valid", "0", "--test", "0") == 0
    told = capsys.readouterr().out
    assert "│ train │ customers │ 0   │ 0      │ 11" in told
    assert "│ open_qa    │ 10      │ 90.9 │ 12.4" in told


def test_a_dry_run_tells_and_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("--dry-run") == 0
    assert "11 prompts would be added" in capsys.readouterr().out
    with Store("tutelage.db") as store:
        assert store.prompts() == []


def test_nothing_repeats_what_the_store_has_for_another_reason() -> None:
    with Store("tutelage.db") as store:
        store.add_prompts([Prompt(text="What is 2 times 3?", split=Split.test)], "written")
    assert prepare() == 0
    with Store("tutelage.db") as store:
        assert len(store.prompts(batch=PREPARED)) == 10
        assert "What is 2 times 3?" not in {prompt.text for prompt in store.prompts(batch=PREPARED)}


@pytest.mark.parametrize(
    ("options", "left"), [(["--limit", "5"], 10), (["--drop-personal"], 10), (["--per-user", "1"], 6)]
)
def test_limits_are_those_asked_for(options: list[str], left: int) -> None:
    assert prepare(*options) == 0
    with Store("tutelage.db") as store:
        assert len(store.prompts(batch=PREPARED)) == left


@pytest.mark.parametrize(
    ("settings", "options", "left"),
    [
        ({"prompts_per_user": 1}, [], 6),
        ({"prompts_per_user": 1}, ["--per-user", "2"], 11),
        ({"max_prompt_tokens": 5}, [], 10),
        ({"max_prompt_tokens": 5}, ["--limit", "9"], 11),
    ],
)
def test_limits_that_nobody_asks_for_are_the_runs(
    tmp_path: Path, settings: dict[str, int], options: list[str], left: int
) -> None:
    recipe = Recipe.model_validate({"data": settings})
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe))
    assert prepare(*options) == 0
    with Store("tutelage.db") as store:
        assert len(store.prompts(batch=PREPARED)) == left


def test_tokens_are_those_of_the_model_that_is_named(tmp_path: Path) -> None:
    # this tokenizer has met no such words: about a token a character
    folder = save_policy(tmp_path / "model", 1)
    assert prepare("--limit", "10", "--tokenizer", folder) == 0
    with Store("tutelage.db") as store:
        assert store.prompts(batch=PREPARED) == []
    assert prepare("--tokenizer", "nowhere") == 2


def test_without_presidio_the_built_in_patterns_are_used_and_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.cli.preparing.is_installed", lambda: False)
    assert prepare() == 0
    told = capsys.readouterr().out
    assert "the built-in patterns alone" in told
    assert "1 email" in told


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(lambda asked: "It is.\n\nUSE CASE: chat") as endpoint:
        yield endpoint


def test_a_model_says_the_use_cases_once(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    judge = ["--judge-endpoint", endpoint.url, "--judge-model", "solomon"]
    assert prepare(*judge, "--dry-run") == 0
    assert endpoint.asked == []
    assert prepare(*judge, "--yes", "--price-in", "1000000", "--price-out", "0") == 0
    assert "11 requests, 0 answered already" in capsys.readouterr().out
    assert len(endpoint.asked) == 11
    with Store("tutelage.db") as store:
        assert {prompt.use_case for prompt in store.prompts(batch=PREPARED)} == {UseCase.chat}
    assert prepare(*judge, "--yes") == 0
    assert len(endpoint.asked) == 11


def test_a_model_that_is_not_to_be_paid_adds_nothing(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert prepare("--judge-endpoint", endpoint.url, "--judge-model", "solomon") == 0
    assert endpoint.asked == []
    with Store("tutelage.db") as store:
        assert store.prompts() == []


def test_options_that_cannot_be_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare("--judge-model", "solomon") == 2
    assert prepare("--valid", "0.6", "--test", "0.6") == 2
    assert prepare("--store", "nowhere.db") == 2
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == ["error"] * 3
