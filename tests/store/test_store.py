"""What people said is appended, kept in order, and frozen by name."""

import sqlite3
import threading

import pytest

from tutelage.schema import (
    Completion,
    Demonstration,
    Flags,
    Group,
    InputError,
    Labeler,
    Prompt,
    Purpose,
    Ranking,
    Rating,
    Split,
    UseCase,
)
from tutelage.store import Count, Store, tables

P1 = Prompt(text="one", use_case=UseCase.chat, user="u", split=Split.train)
P2 = Prompt(text="two ü😀", split=Split.valid)


@pytest.fixture
def store(place):
    with Store(place) as store:
        yield store


def completion(text="c", prompt=P1, source="sft", **others):
    return Completion(prompt=prompt, text=text, source=source, **others)


def ranking(prompt=P1, labeler="ann", ranks=(1, 2)):
    return Ranking(
        prompt=prompt, completions=("a", ""), ranks=ranks, labeler=labeler, sources=("sft", "base")
    )


def test_every_record_comes_back_as_it_was_also_after_reopening(place):
    demonstrations = [
        Demonstration(prompt=P2, completion="d"),
        Demonstration(prompt=P1, completion="e", labeler="ann"),
    ]
    completions = [completion("x", temperature=0.3, finish_reason="length"), completion("", P2, "base")]
    rankings = [ranking(P2), Ranking(prompt=P1, completions=("a", "b", "c"), ranks=(2, 1, 2))]
    ratings = [
        Rating(prompt=P1, completion="", source="sft", overall=7, labeler="ann", flags=Flags(opinion=True)),
        Rating(prompt=P2, completion="x", overall=1, flags=Flags(satisfies_constraint=False)),
    ]
    with Store(place) as store:
        store.add_prompts([P2, P1], "b")
        store.add_demonstrations(demonstrations, "b")
        store.add_completions(completions, "b")
        store.add_rankings(rankings, "b")
        store.add_ratings(ratings, "b")
    with Store(place) as store:
        assert store.prompts() == [P2, P1]
        assert store.demonstrations() == demonstrations
        assert store.completions() == completions
        assert store.rankings() == rankings
        assert store.ratings() == ratings


def test_writing_a_batch_again_adds_only_what_is_new(store):
    store.add_completions([completion("a"), completion("b")], "first")
    store.add_completions([completion("a"), completion("b"), completion("c")], "first")
    assert [c.text for c in store.completions()] == ["a", "b", "c"]
    store.add_completions([completion("a")], "second")
    assert [c.text for c in store.completions()] == ["a", "b", "c", "a"]


def test_the_same_judgment_of_another_labeler_is_another(store):
    store.add_rankings([ranking(), ranking(labeler="bob"), ranking(ranks=(2, 1))], "r")
    assert len(store.rankings()) == 3


def test_prompts_are_read_once_however_many_batches_hold_them(store):
    store.add_prompts([P1], "a")
    store.add_prompts([P2, P1], "b")
    assert store.prompts() == [P1, P2]
    assert store.prompts(batch="b") == [P2, P1]
    assert store.prompts(split=Split.valid) == [P2]
    assert store.prompts(use_case=UseCase.chat, batch=["a", "b"]) == [P1]


def test_a_judgments_prompt_is_not_a_collected_prompt(store):
    store.add_demonstrations([Demonstration(prompt=P1, completion="d")], "b")
    assert store.prompts() == []


def test_selecting(store):
    store.add_labelers([Labeler(name="ann"), Labeler(name="eve", group=Group.heldout)])
    store.add_rankings([ranking(P1, "ann"), ranking(P1, None)], "r1")
    store.add_rankings([ranking(P2, "eve")], "r1", Purpose.evaluation)
    store.add_rankings([ranking(P2, "ann")], "r2")
    assert store.rankings(group=Group.training) == [ranking(P1, "ann"), ranking(P2, "ann")]
    assert store.rankings(group=Group.heldout) == [ranking(P2, "eve")]
    assert store.rankings(batch=["r1", "r2"], split=Split.valid) == [ranking(P2, "eve"), ranking(P2, "ann")]
    assert store.rankings(purpose=Purpose.evaluation) == [ranking(P2, "eve")]
    assert store.rankings(batch="r3") == []
    assert store.rankings(batch=[]) == []
    store.add_completions([completion("a"), completion("b", source="base")], "c")
    assert [c.text for c in store.completions(source="base")] == ["b"]
    store.add_ratings(
        [Rating(prompt=P1, completion="a", source=s, overall=4, labeler="eve") for s in ("x", "y")],
        "e",
        Purpose.evaluation,
    )
    assert [r.source for r in store.ratings(source="y", group=Group.heldout)] == ["y"]
    assert store.ratings(group=Group.training) == []


def test_a_labeler_moves_to_another_group_and_back_by_new_rows(store):
    for group in (Group.training, Group.heldout, Group.heldout, Group.training):
        store.add_labelers([Labeler(name="ann", group=group), Labeler(name="bob")])
    assert store.labelers() == [Labeler(name="ann"), Labeler(name="bob")]
    assert store.labelers(Group.heldout) == []
    assert store.freeze("s").highest["labelers"] == 4


def test_held_out_labelers_make_no_training_data(store):
    store.add_labelers([Labeler(name="ann"), Labeler(name="eve", group=Group.heldout)])
    refusal = "labeler 'eve': is held out"
    with pytest.raises(InputError, match=refusal):
        store.add_rankings([ranking(P1, "ann"), ranking(P2, "eve")], "r")
    with pytest.raises(InputError, match=refusal):
        store.add_demonstrations([Demonstration(prompt=P1, completion="d", labeler="eve")], "d")
    assert store.rankings() == []


def test_who_has_judged_stays_in_the_group(store):
    store.add_labelers([Labeler(name="ann")])
    store.add_rankings([ranking(P1, "ann")], "r")
    with pytest.raises(InputError, match="has made training data and cannot be held out"):
        store.add_labelers([Labeler(name="ann", group=Group.heldout)])
    assert store.labelers() == [Labeler(name="ann")]


def test_who_made_training_data_is_not_held_out_later(store):
    store.add_rankings([ranking(P1, "eve")], "r")
    with pytest.raises(InputError, match="labeler 'eve': has made training data and cannot be held out"):
        store.add_labelers([Labeler(name="eve", group=Group.heldout)])


def test_training_data_of_a_held_out_labeler_is_not_frozen(store):
    store.add_rankings([ranking(P1, "eve")], "r")
    with store._writing.begin() as connection:
        connection.execute(tables.labelers.insert(), {"name": "eve", "group": "heldout"})
    with pytest.raises(InputError, match="labeler 'eve': is held out"):
        store.freeze("v1")


def test_a_snapshot_stays_as_it_was(store):
    store.add_labelers([Labeler(name="ann")])
    store.add_rankings([ranking()], "r")
    store.freeze("v1")
    store.add_rankings([ranking(P2)], "r")
    store.add_labelers([Labeler(name="eve", group=Group.heldout)])
    store.add_prompts([P1], "r")
    view = store.at("v1")
    assert view.rankings() == [ranking()]
    assert view.rankings(group=Group.training) == [ranking()]
    assert view.prompts() == []
    assert [count.table for count in view.stats()] == ["rankings"]
    assert view.labelers() == [Labeler(name="ann")]
    assert len(store.rankings()) == 2


def test_a_snapshots_name_is_given_once(store):
    store.add_prompts([P1], "a")
    assert store.freeze("v1") == store.freeze("v1")
    store.add_prompts([P2], "a")
    with pytest.raises(InputError, match="another name"):
        store.freeze("v1")
    assert store.at("v1").prompts() == [P1]
    with pytest.raises(InputError, match="did you mean 'v1'"):
        store.at("v11")


def test_stats_count_by_table_batch_use_case_and_split(store):
    store.add_prompts([P1, P2], "a")
    store.add_completions([completion("x"), completion("y")], "a")
    assert {count.table: count for count in store.stats() if count.split == "train"} == {
        "prompts": Count("prompts", "a", UseCase.chat, Split.train, 1),
        "completions": Count("completions", "a", UseCase.chat, Split.train, 2),
    }
    assert Count("prompts", "a", None, Split.valid, 1) in store.stats()


def test_a_call_that_fails_half_way_adds_nothing(store):
    def records():
        yield completion("a")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.add_completions(records(), "b")
    assert store.completions() == []


def test_several_writers_at_once_lose_nothing_and_double_nothing(place, store):
    shared = [completion(f"shared {i}") for i in range(20)]

    def write(name):
        with Store(place) as own:
            for i in range(20):
                own.add_completions([completion(f"{name} {i}"), shared[i]], "b")
                own.add_labelers([Labeler(name="ann")])

    threads = [threading.Thread(target=write, args=(name,)) for name in ("x", "y", "z")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = [c.text for c in store.completions()]
    assert len(texts) == len(set(texts)) == 80


def test_nothing_but_our_database_is_opened(tmp_path):
    (tmp_path / "text.db").write_text("this is not a database at all, not even nearly" * 10)
    with pytest.raises(InputError, match=r"text\.db: cannot be opened"):
        Store(tmp_path / "text.db")
    with pytest.raises(InputError, match="a folder"):
        Store(tmp_path)
    with pytest.raises(InputError, match=r"SQLite or PostgreSQL|not a database URL|not installed"):
        Store("mysql://nobody:secret@localhost/x")
    with pytest.raises(InputError) as refusal:
        Store("nonsense://nobody:secret@localhost/x")
    assert "secret" not in str(refusal.value)


def test_a_database_of_something_else_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE things (x)")
    with pytest.raises(InputError, match="something else"):
        Store(tmp_path / "other.db")
