"""A round on the user's files: people rank in the queue of the run's store, and the run waits for them."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tutelage.pipeline import continue_run, order, people, run
from tutelage.pipeline.display import StageDisplay
from tutelage.pipeline.interruption import Interruption
from tutelage.recipe import load_recipe
from tutelage.report import Results
from tutelage.schema import (
    Account,
    Group,
    Mark,
    Order,
    Prompt,
    Ranking,
    Role,
    RunError,
    Split,
    Task,
    TaskKind,
)
from tutelage.store import Store
from tutelage.training import Interrupted

WORDS = ["bear", "fox", "owl", "hare", "wolf", "otter", "deer", "goat", "seal", "crow"]
TINY = [
    "threads=1",
    "data.max_prompt_tokens=40",
    "data.max_completion_tokens=12",
    "base.row_tokens=32",
    "sft.epochs=1",
    "sft.batch_size=8",
    "sft.learning_rate=1e-2",
    "reward.batch_size=8",
    "ppo.episodes=32",
    "ppo.batch_size=16",
    "ppo.minibatches=2",
    "ppo.ptx_rows_per_episode=0.5",
    "rankings.minimum_completions=3",
    "rankings.maximum_completions=3",
    "evaluation.prompts=4",
    "evaluation.best_of=2",
    "evaluation.bootstrap=20",
    "evaluation.probes=4",
]


@pytest.fixture(autouse=True)
def short(plain_page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "measure_tax", lambda *_, **__: {})
    monkeypatch.setattr(people, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(people, "HEED_SECONDS", 0.02)


def write(path: Path, records: list[dict[str, Any]]) -> str:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return str(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def finished(tiny_base: Path, place: Path, tmp_path: Path) -> Path:
    """A finished run on files, with prompts collected of it; made once."""
    if not (place / "run").exists():
        make(tiny_base, place)
    return Path(shutil.copytree(place / "run", tmp_path / "run"))


def make(tiny_base: Path, place: Path) -> None:
    split = {0: "valid", 1: "test"}
    asked = [
        {
            "prompt": f"Say {WORDS[n % 10]} for the {n} time.",
            "user": f"user {n}",
            "split": split.get(n % 5, "train"),
        }
        for n in range(30)
    ]
    written = [each | {"completion": "The bear."} for each in asked]
    ranked = [each | {"completions": ["The bear.", "No."], "ranks": [1, 2]} for each in asked]
    files = {
        "demonstrations": write(place / "demonstrations.jsonl", written),
        "comparisons": write(place / "comparisons.jsonl", ranked),
        "pretraining": write(place / "pages.jsonl", [{"text": "The bear lives in the forest. " * 30}] * 3),
    }
    named = [f"data.{field}=[{name}]" for field, name in files.items()]
    folder = run(load_recipe("paper", [*TINY, f"base.model={tiny_base}", *named]), place / "run")
    with Store(folder / "tutelage.db") as store:
        store.add_prompts(
            [
                Prompt(text=f"Tell me of the {word}, {split}.", user=f"asker {split}", split=split)
                for split in Split
                for word in WORDS[:6]
            ],
            "collected",
        )


def hire(folder: Path, name: str, group: Group) -> Account:
    with Store(folder / "tutelage.db") as store:
        token = store.accounts.invite(Role.labeler, group)
        return store.accounts.join(token, name, "no password")


def judge_next(store: Store, account: Account) -> bool:
    """One answer, as the app takes it: the longer the better."""
    given = store.queue.lease(account, [TaskKind.rank, TaskKind.evaluate], 60)
    if given is None:
        return False
    ordered = sorted({len(text) for text in given.task.completions}, reverse=True)
    ranks = tuple(1 + ordered.index(len(text)) for text in given.task.completions)
    answer = Order(marks=tuple(Mark(overall=4) for _ in ranks), ranks=ranks)
    store.journal.submit(given.id, account, answer, client=f"{account.name} {given.id}")
    return True


@contextmanager
def at_work(folder: Path, *accounts: Account) -> Iterator[None]:
    """Labelers who do what there is, as long as the block lasts, beside the run."""
    stop = threading.Event()

    def work() -> None:
        with Store(folder / "tutelage.db") as store:
            while not stop.is_set():
                if not any(judge_next(store, account) for account in accounts):
                    stop.wait(0.02)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def stages(folder: Path) -> dict[str, Any]:
    ledger: dict[str, Any] = json.loads((folder / "stages.json").read_text())
    return ledger


def stop_waiting(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Ctrl-C while the run waits; returns what undoes that."""
    show, check = StageDisplay.update, Interruption.check

    def update(display: StageDisplay, *given: Any) -> None:
        show(display, *given)
        if "Labelers at work" in display.title:
            monkeypatch.setattr(Interruption, "check", stopped)

    def stopped(_: Interruption) -> None:
        raise Interrupted("stopped")

    def undo() -> None:
        monkeypatch.setattr(StageDisplay, "update", show)
        monkeypatch.setattr(Interruption, "check", check)

    monkeypatch.setattr(StageDisplay, "update", update)
    return undo


def test_the_run_waits_for_people_of_both_groups_and_goes_on_by_itself(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    undo = stop_waiting(monkeypatch)
    with pytest.raises(Interrupted):
        continue_run(finished)
    undo()
    told = capsys.readouterr().out
    tasks = stages(finished)["candidates"]["findings"]["tasks"]
    assert f"0 of {tasks} rankings; labelers work at: tutelage label --store {finished}" in told
    assert "rankings" not in stages(finished)

    training, heldout = hire(finished, "Una", Group.training), hire(finished, "Hal", Group.heldout)
    with at_work(finished, training, heldout):
        continue_run(finished)

    found = stages(finished)
    assert load_recipe(finished / "recipe.yaml").rounds == 2
    collected = found["rankings"]["findings"]
    assert collected["rankings"] + collected["judge_rankings"] + collected["validation_rankings"] == tasks
    with Store(finished / "tutelage.db") as store:
        learned = store.rankings(batch=f"rankings/{found['rankings']['identity'][:16]}")
        compared = store.rankings(batch="round-2-evaluation")
    assert {each.labeler for each in learned} == {"Una"}
    assert {each.labeler for each in compared} == {"Una", "Hal"}
    results = Results.load(finished)
    against = results.new_against_old
    assert against is not None
    assert against.judge is None
    assert against.heldout_labelers is not None
    assert against.training_labelers is not None
    # the longer answer was preferred, by everybody
    wins = [
        0.5 + 0.5 * ((new > old) - (new < old))
        for each in compared
        if each.labeler == "Hal"
        for texts in [dict(zip(each.sources or (), map(len, each.completions), strict=True))]
        for new, old in [(texts["ppo_ptx"], texts["ppo_ptx_1"])]
    ]
    assert against.heldout_labelers.win_rate == pytest.approx(sum(wins) / len(wins))
    # the table of all models is still the second reward model's
    assert results.preference is not None
    assert results.preference.judge is not None
    # people's time is not the machine's
    assert not {"labeling", "new_against_old"} & set(results.seconds)


def test_what_was_ranked_elsewhere_counts_and_retiring_goes_on_with_what_there_is(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for settings in (["rankings.maximum_completions=4"], []):  # the second asks for other candidates
        undo = stop_waiting(monkeypatch)
        with pytest.raises(Interrupted):
            continue_run(finished, [*settings, "rankings.minimum_completions=2"])
        undo()
    una = hire(finished, "Una", Group.training)
    with Store(finished / "tutelage.db") as store:
        tasks = stages(finished)["candidates"]["findings"]["tasks"]
        assert store.queue.outstanding("round-2", TaskKind.rank) == tasks
        for _ in range(2):
            assert judge_next(store, una)
        held = store.queue.lease(una, [TaskKind.rank], 60)
        assert held is not None
        store.queue.retire("round-2")
        assert store.queue.outstanding("round-2", TaskKind.rank) == 1
        assert store.queue.outstanding("round-2", TaskKind.rank, now=held.expires + 1) == 0
        store.queue.give_back(held.id, "Una")
        store.queue.retire("round-2")
    with pytest.raises(RunError, match=r"nobody ranked .* of the valid split"):
        continue_run(finished, until="rankings")
    with Store(finished / "tutelage.db") as store:
        batch = f"candidates/{stages(finished)['candidates']['identity'][:16]}"
        outputs: dict[Prompt, set[str]] = {}
        for each in store.completions(batch=batch, split=Split.valid):
            outputs.setdefault(each.prompt, set()).add(each.text)
        prompt, (first, second, *_) = next((key, texts) for key, texts in outputs.items() if len(texts) > 1)
        ranking = Ranking(prompt=prompt, completions=(first, second), ranks=(1, 2))
        store.add_rankings([ranking], "round-2")
    continue_run(finished, until="rankings")
    found = stages(finished)["rankings"]["findings"]
    assert found["validation_rankings"] == 1
    assert found["rankings"] + found["judge_rankings"] == 2


def test_rankings_of_other_outputs_are_none_of_these_tasks() -> None:
    prompt = Prompt(text="Say bear.")
    task = Task(kind=TaskKind.rank, prompt=prompt, completions=("Bear.", "No.", "Yes."))
    part = Ranking(prompt=prompt, completions=("No.", "Bear."), ranks=(1, 2))
    stale = Ranking(prompt=prompt, completions=("No.", "Fox."), ranks=(1, 2))
    other = Ranking(prompt=Prompt(text="Say fox."), completions=("No.", "Bear."), ranks=(1, 2))
    assert people.rankings_of([task], [part, stale, other]) == [part]
