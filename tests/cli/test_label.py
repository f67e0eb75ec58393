"""`tutelage label`: what is put into the queue and taken out of it, and what is told of what cannot be."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tutelage.cli.label import here
from tutelage.cli.main import dispatch
from tutelage.schema import Completion, Group, Prompt, Role, TaskKind
from tutelage.store import Store


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that works prints."""
    assert dispatch(["label", *arguments], debug=True) == 0
    return capsys.readouterr().out


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that is refused."""
    assert dispatch(["label", *arguments], debug=False) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert told.err.count("\n") == 1
    return told.err


def lines(name: str, *records: Any) -> str:
    Path(name).write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return name


@pytest.fixture
def sampled() -> None:
    """Three prompts in the store, two of which have completions to be compared."""
    with Store("tutelage.db") as store:
        prompts = [Prompt(text=f"Say {number}.", split="train") for number in range(3)]
        store.add_prompts(prompts, "asked")
        texts = [(0, "a"), (0, "b"), (0, "c"), (1, "a"), (1, "b"), (2, "a"), (2, "a")]
        completions = [
            Completion(prompt=prompts[number], text=text, source=f"model {place % 2}")
            for place, (number, text) in enumerate(texts)
        ]
        store.add_completions(completions, "samples")


def waiting(group: Group = Group.training) -> dict[TaskKind, int]:
    """How much waits for a new labeler of a group."""
    with Store("tutelage.db") as store:
        token = store.accounts.invite(Role.labeler, group)
        return store.queue.waiting(store.accounts.join(token, f"new {token}", "hash"))


def test_prompts_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "add", "write", "5", "--kind", "few_shot", "--use-case", "chat") == (
        "written: 5 tasks in the queue\n"
    )
    assert said(capsys, "add", "write", "5", "--kind", "few_shot", "--use-case", "chat") == (
        "written: 0 tasks in the queue, 5 were there already\n"
    )
    assert waiting() == {TaskKind.write: 5}


def test_prompts_to_answer_from_a_file_and_from_a_store(
    capsys: pytest.CaptureFixture[str], sampled: None
) -> None:
    name = lines("prompts.jsonl", {"prompt": "a", "split": "train"}, {"prompt": "b", "split": "valid"})
    assert said(capsys, "add", "demonstrate", "--prompts", name, "--split", "valid") == (
        "demonstrations: 1 tasks in the queue\n"
    )
    assert said(
        capsys, "add", "demonstrate", "--prompts", "tutelage.db", "--limit", "2", "--batch", "more"
    ) == ("more: 2 tasks in the queue\n")
    assert waiting() == {TaskKind.demonstrate: 3}


def test_outputs_to_rank_where_there_are_two_to_compare(
    capsys: pytest.CaptureFixture[str], sampled: None
) -> None:
    assert said(capsys, "add", "rank", "--completions", "samples", "--overlap", "2") == (
        "rankings: 2 tasks in the queue\n"
    )
    assert said(capsys, "add", "evaluate", "--completions", "samples", "--limit", "1") == (
        "evaluation: 1 tasks in the queue\n"
    )
    assert waiting() == {TaskKind.rank: 2, TaskKind.evaluate: 1}
    assert waiting(Group.heldout) == {TaskKind.evaluate: 1}
    with Store("tutelage.db") as store:
        progress = {each.kind: each.wanted for each in store.overview.progress()}
        assert progress == {TaskKind.rank: 4, TaskKind.evaluate: 2}  # two labelers, and one of each group


def test_on_a_share_agreement_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    """Of ten prompts three by four labelers, seven by one: 19 answers."""
    name = lines("prompts.jsonl", *[{"prompt": f"{number}"} for number in range(10)])
    said(
        capsys,
        *("add", "demonstrate", "--prompts", name),
        *("--agreement-overlap", "4", "--agreement-share", "0.3"),
    )
    with Store("tutelage.db") as store:
        (progress,) = store.overview.progress()
        assert progress.wanted == 19


def test_of_agreement_half_is_not_enough(capsys: pytest.CaptureFixture[str], sampled: None) -> None:
    add = ("add", "rank", "--completions", "samples")
    told = refusal(capsys, *add, "--agreement-share", "0.1")
    assert (
        told == "error: --agreement-share: says nothing without --agreement-overlap; give both or neither\n"
    )
    told = refusal(capsys, *add, "--agreement-overlap", "5")
    assert (
        told == "error: --agreement-overlap: says nothing without --agreement-share; give both or neither\n"
    )
    assert waiting() == {}


def test_gold_is_nobodys_to_see_until_its_turn(capsys: pytest.CaptureFixture[str]) -> None:
    name = lines("gold.jsonl", {"prompt": "a", "completions": ["x", "y"], "ranks": [1, 2]})
    assert said(capsys, "add", "gold", name) == "gold: 1 tasks in the queue\n"
    assert waiting() == {}
    with Store("tutelage.db") as store:
        (asked,) = store.overview.control(screening=False).values()
        assert asked.task.gold is not None
        assert asked.task.gold.ranks == (1, 2)


def test_a_screening_of_ones_own_takes_the_place_of_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    first = lines("first.jsonl", {"kind": "flag", "prompt": "x", "sensitive": True})
    second = lines("second.jsonl", {"kind": "flag", "prompt": "y", "sensitive": False})
    assert said(capsys, "add", "screening", first, "--batch", "1") == "1: newcomers are asked 2 tasks\n"
    assert said(capsys, "add", "screening", second, "--batch", "2") == "2: newcomers are asked 2 tasks\n"
    with Store("tutelage.db") as store:
        asked = store.overview.control(screening=True).values()
        assert {each.batch for each in asked} == {"2"}
    said(capsys, "add", "screening", first, "--batch", "2")
    assert said(capsys, "add", "screening", first, "--batch", "1") == "1: newcomers are asked 2 tasks\n"
    with Store("tutelage.db") as store:
        asked = store.overview.control(screening=True).values()
        assert {each.batch for each in asked} == {"1"}
        assert {each.task.prompt and each.task.prompt.text for each in asked} == {"x", None}
    broken = lines("broken.jsonl", {"kind": "flag", "prompt": "y"})
    assert "broken.jsonl:1: sensitive: missing" in refusal(capsys, "add", "screening", broken)
    with Store("tutelage.db") as store:
        assert len(store.overview.control(screening=True)) == 2


def test_what_is_retired_waits_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "add", "write", "5")
    assert (
        said(capsys, "retire", "written") == "written is retired: 5 open judgments are no longer asked for\n"
    )
    assert waiting() == {}
    assert (
        said(capsys, "retire", "written") == "written is retired: 0 open judgments are no longer asked for\n"
    )


def test_what_cannot_be_put_into_the_queue_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], sampled: None
) -> None:
    assert "no such file" in refusal(capsys, "add", "demonstrate", "--prompts", "nowhere.jsonl")
    assert "holds no records" in refusal(capsys, "add", "demonstrate", "--prompts", lines("empty.jsonl"))
    assert "no such file" in refusal(capsys, "add", "gold", "nowhere.jsonl")
    assert "holds no records" in refusal(capsys, "add", "gold", lines("empty.jsonl"))
    assert "no such file" in refusal(capsys, "add", "screening", "nowhere.jsonl")
    assert "holds no records" in refusal(capsys, "add", "screening", lines("empty.jsonl"))
    assert "'samples'" in refusal(capsys, "add", "rank", "--completions", "sample")
    assert "no such store" in refusal(
        capsys, "add", "rank", "--completions", "samples", "--store", "nowhere.db"
    )
    assert not Path("nowhere.db").exists()
    assert "no such store" in refusal(capsys, "retire", "x", "--store", "nowhere.db")
    few = ("--overlap", "3", "--agreement-overlap", "2", "--agreement-share", "0.1")
    assert "no fewer" in refusal(capsys, "add", "rank", "--completions", "samples", *few)
    ranking = {"prompt": "a", "completions": list("abcdefghij"), "ranks": list(range(1, 11))}
    assert "big.jsonl:1: 10 completions" in refusal(capsys, "add", "gold", lines("big.jsonl", ranking))
    small = lines("small.jsonl", ranking | {"completions": ["a", "b"], "ranks": [1, 2]})
    assert "give rank or evaluate" in refusal(capsys, "add", "gold", small, "--kind", "write")
    Path("text.db").write_text("no database")
    assert "text.db" in refusal(capsys, "add", "write", "1", "--store", "text.db")
    assert waiting() == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ["add"],
        ["add", "write", "0"],
        ["add", "write", "1", "--kind", "x"],
        ["add", "rank", "--completions", "samples", "--most", "10"],
        ["add", "rank", "--completions", "samples", "--overlap", "0"],
        ["add", "rank"],
        ["--port", "0"],
        ["--port", "70000"],
        ["--workers", "0"],
        ["--lease-minutes", "0"],
        ["--lease-minutes", "inf"],
        ["--lease-minutes", "nan"],
        ["--gold-every", "-1"],
        ["nothing"],
    ],
)
def test_wrong_options_are_answered_by_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatch(["label", *arguments], debug=False) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("tutelage.db").exists()


@pytest.mark.parametrize("package", ["fastapi", "python_multipart", "httpx2", "argon2"])
def test_without_a_package_it_says_what_to_install(
    package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.cli.label.find_spec", lambda name: None if name == package else name)
    told = refusal(capsys, "--port", "8080")
    assert told == f"error: this command needs {package}; pip install 'tutelage[label]'\n"
    assert not Path("tutelage.db").exists()


def test_a_host_that_is_not_here_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = refusal(capsys, "--host", "192.0.2.1", "--store", "s.db")
    assert told.startswith("error: 192.0.2.1:8080: cannot listen")


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> str:
    """A free one, on which nothing is served in the end."""
    monkeypatch.setattr("tutelage.labeling.server.serve", lambda *_: None)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return str(trial.getsockname()[1])


def test_of_the_owners_links_the_last_one_is_good(capsys: pytest.CaptureFixture[str], port: str) -> None:
    serve = ("--port", port, "--url", "https://labels.example/")
    tokens = []
    for _ in range(2):
        first, second = said(capsys, *serve).splitlines()
        assert first.startswith("The owner joins here: https://labels.example/join/")
        assert second.startswith("Labeling at https://labels.example, store tutelage.db.")
        tokens.append(first.rsplit("/", 1)[1])
    with socket.create_server(("127.0.0.1", int(port))):  # a start that fails takes no link away
        assert "cannot listen" in refusal(capsys, *serve)
    with Store("tutelage.db") as store:
        assert store.accounts.invitation(tokens[0]) is None
        store.accounts.join(tokens[1], "olga", "hash")
        store.accounts.invite(Role.owner, Group.training)
        assert "joins here" not in said(capsys, *serve)


@pytest.mark.parametrize(
    ("host", "tls", "address"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:80"),
        ("0.0.0.0", False, "http://127.0.0.1:80"),
        ("::", False, "http://[::1]:80"),
        ("2001:db8::1", True, "https://[2001:db8::1]:80"),
        ("labels.example", True, "https://labels.example:80"),
    ],
)
def test_without_a_url_links_lead_to_what_listens(host: str, tls: bool, address: str) -> None:
    assert here(host, 80, tls) == address
