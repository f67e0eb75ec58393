"""`tutelage evaluate preference`: every figure by hand, in the terminal and in its file; and never a NaN."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tutelage import mini
from tutelage.cli.main import dispatch
from tutelage.mini.tokenizer import build_tokenizer
from tutelage.models import Architecture, new_policy, reward_model_from, save_model
from tutelage.schema import Flags, Labeler, Prompt, Purpose, Ranking, Rating, Split, UseCase
from tutelage.store import Store

UNSURE = "not enough data"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")


def ranking(
    text: str, ranks: Sequence[int], labeler: str, sources: Sequence[str] = ("ppo", "sft"), **about: Any
) -> Ranking:
    return Ranking(
        prompt=Prompt(text=text, **about),
        completions=tuple(f"{source} on {text}" for source in sources),
        ranks=tuple(ranks),
        labeler=labeler,
        sources=tuple(sources),
    )


def rating(text: str, source: str, overall: int, labeler: str, use_case: UseCase, **flags: Any) -> Rating:
    return Rating(
        prompt=Prompt(text=text, use_case=use_case),
        completion="x",
        source=source,
        overall=overall,
        labeler=labeler,
        flags=Flags(**flags),
    )


def fill(rankings: Sequence[Ranking], ratings: Sequence[Rating] = (), batch: str = "judged") -> None:
    with Store("tutelage.db") as store:
        store.add_labelers([Labeler(name="ann"), Labeler(name="ben"), Labeler(name="eve", group="heldout")])
        store.add_rankings(rankings, batch, Purpose.evaluation)
        store.add_ratings(ratings, batch, Purpose.evaluation)


def asked(
    capsys: pytest.CaptureFixture[str], *options: str, baseline: str = "sft"
) -> tuple[str, dict[str, Any]]:
    """What is told, and what is written; neither has a NaN."""
    capsys.readouterr()
    command = ["evaluate", "preference", "--rankings", "tutelage.db", "--baseline", baseline]
    assert dispatch([*command, "--out", "scores.json", *options], debug=True) == 0
    told, written = capsys.readouterr().out, Path("scores.json").read_text()
    assert "nan" not in told.lower()
    return told, json.loads(written, parse_constant=lambda name: pytest.fail(f"{name} is no number"))


def rows_of(told: str) -> dict[str, list[str]]:
    """The cells of the tables' rows by their first."""
    lines = [line.strip("│").split("│") for line in told.splitlines() if line.startswith("│")]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def values(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: own["value"] if "value" in own else values(own) for name, own in figures.items()}


def test_every_figure_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """Ann and Ben, of the training group, and Eve, held out, rank two prompts, and Eve alone a third."""
    fill(
        [
            ranking("p", (1, 2), "ann", use_case="chat"),
            ranking("q", (1, 2), "ann", use_case="extract"),
            ranking("p", (1, 2), "ben", use_case="chat"),
            ranking("q", (2, 1), "ben", use_case="extract"),
            ranking("p", (2, 1), "eve", use_case="chat"),
            ranking("q", (2, 1), "eve", use_case="extract"),
            ranking("r", (1, 1), "eve", use_case="extract"),
        ],
        [
            rating("p", "ppo", 6, "ann", UseCase.chat, hallucination=True),
            rating("p", "sft", 2, "ann", UseCase.chat, fails_task=True),
            rating("q", "ppo", 4, "eve", UseCase.extract, hallucination=True),
            rating("r", "ppo", 5, "eve", UseCase.extract, satisfies_constraint=True),
        ],
    )
    told, written = asked(capsys, "--purpose", "evaluation")
    assert [written[name] for name in ("rankings", "batch", "purpose", "split", "baseline")] == [
        "tutelage.db",
        None,
        "evaluation",
        None,
        "sft",
    ]
    assert values(written["win_rates"]) == {"ppo": 3.5 / 7}
    assert {name: written["win_rates"]["ppo"][name] for name in ("n", "clusters")} == {"n": 7, "clusters": 3}
    assert values(written["win_rates_by_group"]) == {
        "heldout": {"ppo": pytest.approx(0.5 / 3)},
        "training": {"ppo": 0.75},
    }
    assert values(written["win_rates_by_use_case"]) == {
        "chat": {"ppo": pytest.approx(2 / 3)},
        "extract": {"ppo": 1.5 / 4},
    }
    # all lengths are alike, so that nothing is to be controlled for; and even odds are no strength
    assert values(written["win_rates_at_equal_length"]) == {"ppo": pytest.approx(0.5)}
    assert values(written["strengths"]) == {"ppo": pytest.approx(0), "sft": 0}
    assert values(written["likert"]) == {"ppo": 5, "sft": 2}
    assert values(written["likert_by_group"]) == {"heldout": {"ppo": 4.5}, "training": {"ppo": 6, "sft": 2}}
    questions = values(written["questions"])
    assert questions["attempts_correct_instruction"] == {"ppo": 1, "sft": 0}
    assert questions["follows_explicit_constraints"] == {"ppo": 1}
    assert questions["closed_domain_hallucination"] == {"ppo": 0.5}  # of q and r; p is chat
    # ann and ben: p alike, q not; eve with ann: neither; eve with ben: q
    assert values(written["group_agreement"]) == {
        "heldout": {"training": 0.25},
        "training": {"heldout": 0.25, "training": 0.5},
    }
    assert values(written["labeler_agreement"]) == {
        "ann": {"heldout": 0, "training": 0.5},
        "ben": {"heldout": 0.5, "training": 0.5},
        "eve": {"training": 0.25},
    }

    rows = rows_of(told)
    assert rows["chat"] == [f"66.7% ({UNSURE})"]
    assert rows["all training"][0].startswith("25.0% (")
    assert rows["eve"][0] == "–"
    assert rows["closed domain hallucination"][1] == "–"
    low, high = written["questions"]["closed_domain_hallucination"]["ppo"]["low"], 1
    assert rows["closed domain hallucination"][0] == f"50.0% ({low:.1%}–{high - low:.1%})"
    assert rows["ppo"][0].startswith("5.00 (")
    assert rows["sft"] == [f"2.00 ({UNSURE})", "–", f"2.00 ({UNSURE})", "1"]
    single = written["likert"]["sft"]
    assert single == {"value": 2, "low": None, "high": None, "n": 1, "clusters": 1}


def test_filters_are_of_ratings_too(capsys: pytest.CaptureFixture[str]) -> None:
    fill(
        [ranking(text, (1, 2), "ann") for text in "abc"],
        [rating("a", "ppo", 7, "ann", UseCase.chat)],
        "first",
    )
    fill([ranking("d", (2, 1), "ann")], [rating("d", "ppo", 1, "ann", UseCase.chat)], "second")
    assert values(asked(capsys)[1]["likert"]) == {"ppo": 4}
    told, written = asked(capsys, "--batch", "second")
    assert values(written["likert"]) == {"ppo": 1}
    assert values(written["win_rates"]) == {"ppo": 0}
    with Store("tutelage.db") as store:
        store.add_rankings([ranking("e", (1, 2), "ann")], "third", Purpose.evaluation)
    told, written = asked(capsys, "--batch", "third")
    assert written["likert"] == written["likert_by_group"] == {}
    assert not any(written["questions"].values())
    assert "overall quality" not in told


def test_where_all_is_tied_every_figure_is_even(capsys: pytest.CaptureFixture[str]) -> None:
    fill([ranking(text, (1, 1), name) for text in "abcd" for name in ("ann", "eve")])
    told, written = asked(capsys)
    assert values(written["win_rates"]) == {"ppo": 0.5}
    assert values(written["win_rates_at_equal_length"]) == {"ppo": 0.5}
    assert values(written["strengths"]) == {"ppo": 0, "sft": 0}
    assert written["group_agreement"] == written["labeler_agreement"] == {}
    assert f"agreement of labelers: {UNSURE}" in told
    low, high = written["win_rates"]["ppo"]["low"], written["win_rates"]["ppo"]["high"]
    assert 0 < low < 0.5 < high < 1


def test_one_prompt_alone_has_no_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    fill(
        [ranking("a", (1, 2), name) for name in ("ann", "ben", "eve")],
        [rating("a", "ppo", mark, "ann", UseCase.chat) for mark in (3, 4)],
    )
    told, written = asked(capsys)
    for name in ("win_rates", "win_rates_at_equal_length", "strengths", "likert"):
        assert {(own["low"], own["high"]) for own in written[name].values()} == {(None, None)}, name
    assert written["win_rates"]["ppo"]["value"] == 1
    rows = rows_of(told)
    assert rows["all training"] == [f"100.0% ({UNSURE})"] * 2
    assert all(UNSURE in cell for cell in rows["ppo"][:-1])


def test_one_labeler_agrees_with_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    fill([ranking(text, (1, 2), "ann") for text in "abcd"])
    told, written = asked(capsys)
    assert values(written["win_rates_by_group"]) == {"training": {"ppo": 1}}
    assert written["group_agreement"] == written["labeler_agreement"] == {}
    assert f"agreement of labelers: {UNSURE}" in told
    low, high = written["win_rates"]["ppo"]["low"], written["win_rates"]["ppo"]["high"]
    assert 0.3 < low < high == 1


def test_a_file_of_nobodys_rankings(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"prompt": text, "completions": ["x", "yy"], "ranks": [1, 2], "sources": ["ppo", "sft"]}
        for text in "abc"
    ]
    Path("rankings.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    told, written = asked(capsys, "--rankings", "rankings.jsonl")
    assert values(written["win_rates_by_group"]) == {"unknown": {"ppo": 1}}
    assert written["labeler_agreement"] == written["likert"] == {}
    assert f"agreement of labelers: {UNSURE}" in told


def test_names_of_models_of_several_runs_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """`:cat:` would be an animal, `[/x]` a mistake and `[b]` nothing in the markup of tables."""
    names = ("runs/a:sft", "runs/b:sft", "x:cat:y", "[/x]", "[b]")
    fill(
        [ranking(text, (1, 2, 3, 4, 5), "[ann]", names, use_case=case) for text in "ab" for case in UseCase],
        [rating("a", name, 4, "[ann]", UseCase.chat) for name in names],
    )
    told, written = asked(capsys, baseline="x:cat:y")
    assert list(written["win_rates"]) == ["runs/a:sft", "runs/b:sft", "[/x]", "[b]"]
    assert "preferred to x:cat:y; a tie is half" in told
    for name in names:
        assert told.count(name) >= 3, name


def test_what_cannot_be_written_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", "preference", "--rankings", "nowhere.db", "--baseline", "sft"]
    assert dispatch([*command, "--out", "scores.txt"], debug=False) == 2
    assert "scores.txt: not a known format" in capsys.readouterr().err


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with two policies and a reward model, of a few thousand weights that learned nothing."""
    run = tmp_path_factory.mktemp("runs") / "tiny"
    tokenizer = build_tokenizer(mini.World(0).documents(100), 500)
    sizes = {"hidden_size": 16, "layers": 1, "heads": 2, "intermediate_size": 32, "context": 512}
    special = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id}
    for seed, name in enumerate(("base", "sft", "reward")):
        model = new_policy(Architecture(**sizes, vocabulary_size=len(tokenizer)), seed, **special)
        if name == "reward":
            model = reward_model_from(model)
            model.score.weight.data.normal_()
        save_model(model, tokenizer, run / "models" / name)
    return run


def test_from_models_to_figures(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Base, prompted base, SFT and its best of 3 answer; the world's labelers and a reward model judge."""
    with Store("prompts.db") as store:
        tests = [prompt for prompt in mini.World(0).prompts() if prompt.split is Split.test]
        store.add_prompts(tests[:12], "test")
    Path("shots.txt").write_text("Question: Name a fruit.\nAnswer: plum.\n\nQuestion: {prompt}\nAnswer:\n")
    options = ["--prompts", "prompts.db", "--count", "1", "--max-new-tokens", "12"]
    reward = ["--reward", str(models)]
    for command in (
        [f"{models}:base,sft", *options],
        [f"{models}:base", *options, "--prefix", "shots.txt", "--stop", "\\n"],
        [f"{models}:sft", *options, "--best-of", "3", *reward],
    ):
        assert dispatch(["sample", *command], debug=True) == 0
    judge = ["labelers", "judge", "--completions", "samples"]
    assert dispatch([*judge, "--simulated", "--seed", "0"], debug=True) == 0
    assert dispatch([*judge, "--reward-model", str(models)], debug=True) == 0

    told, written = asked(capsys, "--batch", "judged")
    names = ["base", "sft", "base_prompted", "sft_best_of_3"]
    assert list(written["win_rates"]) == [name for name in names if name != "sft"]
    assert all(own["n"] == 12 * 11 for own in written["win_rates"].values())
    assert {group: own["base"]["n"] for group, own in written["win_rates_by_group"].items()} == {
        "training": 12 * 6,
        "heldout": 12 * 5,
    }
    assert list(written["likert"]) == names
    assert all(own["n"] == 2 * 12 for own in written["likert"].values())  # one labeler of each group
    judges = written["labeler_agreement"]
    assert f"reward model: {models}:reward" in judges
    assert f"reward model: {models}:reward" in told
    # people of one world agree more with each other than with a model that learned nothing
    people = written["group_agreement"]["training"]["training"]["value"]
    assert people > judges[f"reward model: {models}:reward"]["training"]["value"]
    again, _ = asked(capsys, "--batch", "judged")
    assert again == told
