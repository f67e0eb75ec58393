"""`tutelage data forget`: a user's texts are nowhere in the run any more, and what holds them still is listed."""

import json
import sqlite3
from pathlib import Path

import pytest

from tutelage.cli.learned import models_that_learned
from tutelage.cli.main import dispatch
from tutelage.cli.remains import REMOVED, take_out
from tutelage.report import Results, write_report
from tutelage.schema import Demonstration, Prompt, Ranking, Split
from tutelage.store import PREPARED, Held, Store

ASKED = 'My "secret" plan is\nto <sail> to Ü & back.'
ANSWER = "Sail at night."
OTHER = "Name a river of Wales, please."
THEIRS = Prompt(text=ASKED, user="user-1", split=Split.train)
IDENTITY = "0123456789abcdef0123"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run's folder whose files hold a user's prompt, as they would."""
    run = tmp_path / "run"
    samples = [{"prompt": text, "use_case": "chat", "sft": f"{ANSWER} {text}"} for text in (ASKED, OTHER)]
    write_report(run, Results(recipe={"name": "run"}, seed=0, samples=samples))
    stages = {
        name: {"identity": IDENTITY, "seconds": 1.0, "findings": {"samples": samples}, "made_as": None}
        for name in ("data", "collection", "rankings")
    }
    (run / "stages.json").write_text(json.dumps(stages))
    (run / "kept.jsonl").write_text("".join(json.dumps({"prompt": text}) + "\n" for text in (ASKED, OTHER)))
    (run / "metrics.jsonl").write_text('{"loss": 1.0}\n')
    (run / "notes.txt").write_text(f"They asked: {ASKED}")
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "ppo.pt").write_bytes(b"\0\1" + ASKED.encode() + b"\2")
    for model in ("base", "sft", "reward", "reward_1", "ppo", "ppo_ptx", "ppo_ptx_1"):
        (run / "models" / model).mkdir(parents=True)
        (run / "models" / model / "model.safetensors").write_bytes(b"\0" * 8)
    with Store(run / "tutelage.db") as store:
        for user, text in (("user-1", ASKED), ("user-2", OTHER)):
            store.collection.add(user, "api", "ppo_ptx", text, [ANSWER])
            prompt = Prompt(text=text, user=user, split=Split.train)
            store.add_prompts([prompt], PREPARED)
            store.add_prompts([prompt], f"collection/{IDENTITY[:16]}")
        store.freeze("round-2")
        store.keys.make("laptop", user="user-1")
    return run


def forget(run: Path, *more: str) -> int:
    return dispatch(["data", "forget", "user-1", "--store", str(run), *more], debug=False)


def holding(run: Path, text: str) -> set[str]:
    """The files that hold a text in any way of writing it."""
    ways = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    ways.add(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;"))
    return {
        path.name
        for path in run.rglob("*")
        if path.is_file() and any(way.encode() in path.read_bytes() for way in ways)
    }


def test_what_can_be_taken_out_is_and_the_rest_is_listed(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    everywhere = {
        "tutelage.db",
        "report.json",
        "report.html",
        "stages.json",
        "kept.jsonl",
        "notes.txt",
        "ppo.pt",
    }
    assert holding(run, ASKED) - {"tutelage.db-wal", "tutelage.db-shm"} == everywhere
    assert forget(run, "--yes") == 0
    assert holding(run, ASKED) == {"notes.txt", "ppo.pt"}
    assert holding(run, OTHER) == {"tutelage.db", "report.json", "report.html", "stages.json", "kept.jsonl"}

    first, second = json.loads((run / "report.json").read_bytes())["samples"]
    assert first == {"prompt": REMOVED, "use_case": "chat", "sft": REMOVED}
    assert second == {"prompt": OTHER, "use_case": "chat", "sft": f"{ANSWER} {OTHER}"}
    recorded = json.loads((run / "stages.json").read_bytes())["data"]["findings"]["samples"]
    assert [sample["prompt"] for sample in recorded] == [REMOVED, OTHER]
    assert [json.loads(line) for line in (run / "kept.jsonl").read_text().splitlines()] == [{"prompt": OTHER}]
    assert (run / "metrics.jsonl").read_text() == '{"loss": 1.0}\n'

    told = capsys.readouterr().out
    rows = [line for line in told.splitlines() if line.startswith("│") and line.count("│") == 5]
    lines = {row.split("│")[1].strip().rpartition("/")[2]: row for row in rows}
    assert set(lines) == everywhere - {"tutelage.db"}
    assert "drawn anew" in lines["report.html"]
    assert "1 line taken out" in lines["kept.jsonl"]
    assert "replaced by a notice" in lines["report.json"]
    assert "delete it: what it is of begins again" in lines["ppo.pt"]
    assert "edit it, or delete it" in lines["notes.txt"]
    assert "Frozen datasets that held some of it, and do so no more: round-2." in told
    assert "Models that may have learned from it: ppo, ppo_ptx." in told
    with Store(run / "tutelage.db") as store:
        assert [prompt.user for prompt in store.prompts()] == ["user-2"]


def test_nothing_is_deleted_without_being_asked(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.confirm", lambda _: False)
    before = holding(run, ASKED)
    assert forget(run) == 0
    assert "collected" in capsys.readouterr().out
    assert holding(run, ASKED) == before


def test_a_key_names_its_user_and_can_be_revoked(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(run / "tutelage.db") as store:
        store.keys.make("desk", user="user-1")
        store.keys.make("another", user="user-2")
        store.keys.revoke("desk")
    arguments = ["data", "forget", "laptop", "--store", str(run / "tutelage.db"), "--yes"]
    assert dispatch(arguments, debug=True) == 0
    told = capsys.readouterr().out
    assert "Keys of theirs, kept with their name and the user's id: laptop, desk.\n" in told
    assert "What is asked with laptop from now on may be collected again; --revoke ends that.\n" in told
    assert dispatch([*arguments, "--revoke"], debug=True) == 0
    told = capsys.readouterr().out
    assert "laptop, desk" in told
    assert "may be collected again" not in told
    with Store(run / "tutelage.db") as store:
        assert [row.user for row in store.collection.rows()] == ["user-2"]
        assert [key.revoked for key in store.keys.all()] == [True, True, False]


def test_a_name_of_two_people_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(run / "tutelage.db") as store:
        store.collection.add("laptop", "api", "m", "Who am I?", [])
        # the bytes of somebody forgotten before may wait: that makes nobody of the two
        store.forgetting.forget("nobody")
        assert store.forgetting.is_to_compact()
    arguments = ["data", "forget", "laptop", "--store", str(run / "tutelage.db"), "--yes"]
    assert dispatch(arguments, debug=False) == 2
    told = capsys.readouterr().err
    assert "user 'laptop'" in told
    assert "'user-1'" in told
    assert dispatch([*arguments, "--id"], debug=True) == 0
    with Store(run / "tutelage.db") as store:
        assert [row.user for row in store.collection.rows()] == ["user-1", "user-2"]


def test_an_unknown_user_is_one_line(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch(["data", "forget", "user-3", "--store", str(run)], debug=False) == 2
    assert capsys.readouterr().err.startswith(
        "error: user 'user-3': nobody is known by it; did you mean 'user-"
    )


def test_a_run_at_work_is_not_disturbed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tutelage.pipeline.workplace import workplace

    with workplace(run):
        assert forget(run, "--yes") == 2
    assert "in use by process" in capsys.readouterr().err
    with Store(run / "tutelage.db") as store:
        assert [row.user for row in store.collection.rows()] == ["user-1", "user-2"]


@pytest.mark.parametrize(
    ("table", "batch", "training", "models"),
    [
        ("prompts", PREPARED, True, []),
        ("prompts", f"data/{IDENTITY[:16]}", True, ["ppo", "ppo_ptx", "ppo_ptx_1"]),
        ("prompts", f"collection/{IDENTITY[:16]}", True, ["ppo", "ppo_ptx"]),
        ("prompts", f"data/{IDENTITY[:16]}", False, []),
        ("rankings", "import", True, ["ppo", "ppo_ptx", "ppo_ptx_1", "reward", "reward_1", "sft"]),
        ("rankings", "judged", False, []),
        ("rankings", "round-1", True, ["ppo", "ppo_ptx", "ppo_ptx_1", "reward", "reward_1", "sft"]),
        ("rankings", "round-2", True, ["ppo", "ppo_ptx", "reward"]),
        ("rankings", f"rankings/{IDENTITY[:16]}/judge", True, ["ppo", "ppo_ptx", "reward"]),
        ("completions", f"data/{IDENTITY[:16]}", True, []),
        ("demonstrations", "w", True, ["ppo", "ppo_ptx", "ppo_ptx_1", "reward", "reward_1", "sft"]),
    ],
)
def test_which_models_may_have_learned(
    run: Path, table: str, batch: str, training: bool, models: list[str]
) -> None:
    assert models_that_learned(run, [Held(table, batch, training)]) == models


def test_judgments_of_their_prompts_go_with_them(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(run / "tutelage.db") as store:
        store.add_demonstrations([Demonstration(prompt=THEIRS, completion="Go.")], "w")
        store.add_rankings([Ranking(prompt=THEIRS, completions=("a", "b"), ranks=(1, 2))], "r")
    assert forget(run, "--yes") == 0
    assert "reward_1, sft" in capsys.readouterr().out
    with Store(run / "tutelage.db") as store:
        assert store.demonstrations() == []
        assert store.rankings() == []


def test_a_server_in_the_way_hinders_nothing_but_the_bytes_and_the_second_call_finishes_them(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tutelage.store.engine.PATIENCE", 0)
    with Store(run / "tutelage.db") as store:
        store.keys.revoke("laptop")
        store.collection.add("session-7", "playground", "ppo_ptx", ASKED, [])
    server = sqlite3.connect(run / "tutelage.db", isolation_level=None)
    server.execute("BEGIN")
    assert server.execute("SELECT count(*) FROM collected").fetchone() == (3,)
    arguments = ["data", "forget", "session-7", "--store", str(run), "--yes"]
    assert dispatch(arguments, debug=False) == 1
    told = capsys.readouterr()
    assert "stop whatever has the database open" in told.err
    assert "report.json" in told.out  # the files were searched all the same
    assert "overwritten" not in told.out
    assert ASKED not in (run / "report.json").read_text()
    server.close()

    assert dispatch(arguments, debug=False) == 0
    assert "Nobody is known as session-7; the bytes" in capsys.readouterr().out
    assert dispatch(arguments, debug=False) == 2  # nothing is left to do


HOSTILE = (
    "LlamaForCausalLM",
    "initialization",
    "reward model",
    "model",
    "{",
    "sft",
    "identity",
    "a second reward model, trained on a disjoint half of the comparisons; no person judged",
)


def test_prompts_in_the_runs_own_words_do_it_no_harm(run: Path) -> None:
    from tests.cli.tiny import save_policy

    from tutelage.models import load_policy, load_tokenizer
    from tutelage.pipeline.ledger import Ledger
    from tutelage.recipe import Recipe, dump_recipe, load_recipe

    model = Path(save_policy(run / "models" / "sft_by_loss", 1))
    (run / "recipe.yaml").write_text(dump_recipe(Recipe()))
    record = json.loads((run / "stages.json").read_bytes())
    record["data"]["findings"] |= {"judge": HOSTILE[-1], "baseline": "sft", "chosen": "initialization"}
    (run / "stages.json").write_text(json.dumps(record))
    (run / "metrics.jsonl").write_text('{"stage": "initialization", "loss": 1.0}\n')
    (run / "kept.jsonl").write_text(
        '{"model_type": "initialization", "prompt": "What?", "text": "reward model"}\n'
        '{"model_type": "sft", "prompt": "reward model", "text": "A model."}\n'
    )
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    found = {each.path.name: each for each in take_out(run, HOSTILE)}
    assert {path.name for path, content in before.items() if path.read_bytes() != content} == {"kept.jsonl"}
    assert [json.loads(line)["prompt"] for line in (run / "kept.jsonl").read_text().splitlines()] == ["What?"]
    assert set(found) == {"kept.jsonl", "stages.json"}
    assert found["stages.json"].done is None

    load_policy(str(model))
    load_tokenizer(str(model))
    load_recipe(str(run / "recipe.yaml"))
    assert Ledger(run / "stages.json").findings("data")["chosen"] == "initialization"
    Results.load(run)


def test_a_short_text_is_found_where_it_stands_alone(run: Path) -> None:
    text = "My PIN is 4711."
    (run / "notes.csv").write_text(f"id,prompt\n1,{text}\n")
    (run / "letter.txt").write_text(f"They asked: {text} I said no.")
    samples = [{"prompt": text, "sft": "So what?"}, {"prompt": OTHER, "sft": "The Wye."}]
    write_report(run, Results(recipe={"name": "run"}, seed=0, samples=samples))
    found = {each.path.name: each for each in take_out(run, [text])}
    assert set(found) == {"notes.csv", "report.json", "report.html"}
    assert text not in (run / "report.json").read_text()
    assert text not in (run / "report.html").read_text()
    assert "The Wye." in (run / "report.html").read_text()
