"""`tutelage labelers judge`: a model's rankings into the store, the price told first, nothing paid twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.labelers.judge.endpoint import Endpoint

from tutelage.cli.main import dispatch
from tutelage.schema import Completion, Group, Prompt, Purpose, Split
from tutelage.store import Store

SAID = {"short": "{}", "long": "{}, as you say"}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def sampled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models' completions of five prompts, two of the first one's to each; a sixth that one has not answered."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    prompts = [
        Prompt(text=f"Say {number}.", split=Split.test if number else Split.train) for number in range(5)
    ]
    with Store("tutelage.db") as store:
        said = [
            Completion(prompt=prompt, text=form.format(number), source=source)
            for number, prompt in enumerate(prompts)
            for source, form in SAID.items()
        ]
        again = [Completion(prompt=prompt, text="again", source="short") for prompt in prompts]
        store.add_completions(
            [*said, *again, Completion(prompt=Prompt(text="?"), text="!", source="long")], "samples"
        )


def judge(endpoint: Endpoint, *more: str, debug: bool = True) -> int:
    command = [
        "labelers",
        "judge",
        "--endpoint",
        endpoint.url,
        "--model",
        "solomon",
        "--completions",
        "samples",
    ]
    return dispatch([*command, *more], debug=debug)


def test_its_rankings_lie_beside_peoples(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    """Five prompts, two models, both orders: ten requests; the endpoint's taste is for what is longer."""
    assert judge(endpoint, "--yes", "--price-in", "1000000", "--price-out", "0") == 0
    told = capsys.readouterr().out
    assert told.startswith("10 requests, 0 answered already; about ")
    assert "costing at most about" in told
    assert "judged: 5 rankings by judge: solomon; no verdict to 0 questions" in told
    with Store("tutelage.db") as store:
        rankings = store.rankings(batch="judged", purpose=Purpose.evaluation)
        assert {(each.sources, each.ranks, each.labeler) for each in rankings} == {
            (("short", "long"), (2, 1), "judge: solomon")
        }
        assert [(each.name, each.group) for each in store.labelers()] == [("judge: solomon", Group.heldout)]
        assert store.rankings(purpose=Purpose.training) == []
    assert endpoint.requests == 10
    assert judge(endpoint, "--yes") == 0  # once more costs nothing and adds nothing
    assert capsys.readouterr().out == "judged: judge: solomon has ranked all 5 prompts\n"
    assert endpoint.requests == 10
    with Store("tutelage.db") as store:
        assert len(store.rankings(batch="judged")) == 5
    assert judge(endpoint, "--yes", "--batch", "again") == 0  # what is asked once more is paid once
    assert "10 requests, 10 answered already" in capsys.readouterr().out
    assert endpoint.requests == 10
    place = ["--rankings", "tutelage.db", "--baseline", "short"]
    assert dispatch(["evaluate", "preference", *place], debug=True) == 0
    assert "100.0% (" in capsys.readouterr().out


def test_a_part_can_be_asked(endpoint: Endpoint) -> None:
    assert judge(endpoint, "--yes", "--split", "test", "--limit", "3", "--batch", "part") == 0
    assert endpoint.requests == 6
    with Store("tutelage.db") as store:
        assert {each.prompt.text for each in store.rankings(batch="part")} == {"Say 1.", "Say 2.", "Say 3."}


def test_nothing_is_asked_without_a_yes(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert judge(endpoint) == 0
    assert "10 requests" in capsys.readouterr().out
    assert endpoint.requests == 0


def test_what_cannot_be_compared_is_refused(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    with Store("tutelage.db") as store:
        alone = [Completion(prompt=Prompt(text="a"), text="x", source="one")]
        store.add_completions(alone, "alone")
        apart = [*alone, Completion(prompt=Prompt(text="b"), text="y", source="two")]
        store.add_completions(apart, "apart")
    for more, told in (
        (("--completions", "sample"), "did you mean 'samples'?"),
        (("--completions", "alone"), "all completions are of 'one'"),
        (("--completions", "apart"), "no prompt was answered by all of one, two"),
        (("--price-in", "1"), "one price is missing"),
        (("--store", "nowhere.db"), "no such store"),
        (("--endpoint", "nonsense"), "endpoint"),
    ):
        assert judge(endpoint, "--yes", *more, debug=False) == 2, told
        assert told in capsys.readouterr().err
    assert endpoint.requests == 0
