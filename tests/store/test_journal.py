"""What is sent in counts once, is changed by saying more, and is in the database when it was acknowledged."""

import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutelage.schema import (
    Account,
    Assessed,
    Demonstration,
    Flagged,
    Flags,
    Gold,
    Group,
    InputError,
    Kind,
    Mark,
    Order,
    Prompt,
    Purpose,
    Ranking,
    Rating,
    Record,
    Role,
    Skipped,
    SkipReason,
    Task,
    TaskKind,
    WrittenCompletion,
    WrittenPrompt,
)
from tutelage.store import Assignment, ConflictError, Store
from tutelage.store.journal import Submission

PROMPT = Prompt(text="Name a colour.")
RANK = Task(
    kind=TaskKind.rank,
    prompt=PROMPT,
    completions=("red", "grün", ""),
    sources=("sft", "base", "sft"),
)
DEMONSTRATE = Task(kind=TaskKind.demonstrate, prompt=PROMPT)
FLAGS = Flags(hallucination=True, satisfies_constraint=False)
SKIP = Skipped(reason=SkipReason.personal_data, comment="an address")


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def join(store: Store, name: str, group: Group = Group.training, screening: bool = False) -> Account:
    return store.accounts.join(store.accounts.invite(Role.labeler, group, screening), name, "hash")


def order(*ranks: int) -> Order:
    return Order(marks=(Mark(overall=7), Mark(overall=3, flags=FLAGS), Mark(overall=1)), ranks=ranks)


def leased(store: Store, account: Account, now: float = 100.0) -> Assignment:
    found = store.queue.lease(account, list(TaskKind), 3600.0, control=True, now=now)
    assert found is not None
    return found


def given(store: Store, account: Account, task: Task, batch: str = "batch") -> Assignment:
    """A task that somebody has in hand."""
    store.queue.add([task], batch)
    return leased(store, account)


def answered(store: Store, account: Account, task: Task, answer: Record) -> int:
    return store.journal.submit(given(store, account, task).id, account, answer, f"first to {task.kind}")


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What comes of it when all is done at the same moment: results and errors."""
    gate = threading.Barrier(len(acts))
    found: list[object] = []

    def run(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            found.append(act())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_ranking_is_kept_with_a_rating_of_each_completion(store: Store) -> None:
    ann = join(store, "ann")
    task = given(store, ann, RANK, "summer")
    number = store.journal.submit(task.id, ann, order(1, 2, 2), "c", now=112.5)
    ranking = Ranking(
        prompt=PROMPT,
        completions=("red", "grün", ""),
        ranks=(1, 2, 2),
        labeler="ann",
        sources=("sft", "base", "sft"),
    )
    assert store.rankings(batch="summer", purpose=Purpose.training) == store.rankings() == [ranking]
    assert store.ratings(batch="summer") == [
        Rating(prompt=PROMPT, completion="red", source="sft", overall=7, labeler="ann"),
        Rating(prompt=PROMPT, completion="grün", source="base", overall=3, flags=FLAGS, labeler="ann"),
        Rating(prompt=PROMPT, completion="", source="sft", overall=1, labeler="ann"),
    ]
    assert store.demonstrations() == store.prompts() == []
    assert store.journal.lines() == [
        Submission(
            id=number,
            assignment=task.id,
            task=task.task_id,
            labeler="ann",
            answer=order(1, 2, 2).model_dump(mode="json"),
            seconds=12.5,
            instructions=None,
            corrects=None,
            at=112.5,
        )
    ]
    assert store.journal.line(number) == store.journal.lines()[0]


def test_what_compares_models_is_kept_for_evaluation_from_both_groups(store: Store) -> None:
    task = Task(kind=TaskKind.evaluate, prompt=PROMPT, completions=("red", "grün", ""))
    store.queue.add([task], "batch")
    for account in (join(store, "ann"), join(store, "eve", Group.heldout)):
        store.journal.submit(leased(store, account).id, account, order(1, 2, 3), "c")
    assert [found.labeler for found in store.rankings(purpose=Purpose.evaluation)] == ["ann", "eve"]
    assert [found.labeler for found in store.rankings(group=Group.heldout)] == ["eve"]
    assert store.rankings(purpose=Purpose.training) == []
    assert [(found.source, found.overall) for found in store.ratings()] == [
        (None, 7),
        (None, 3),
        (None, 1),
    ] * 2


def test_a_demonstration_is_of_the_tasks_prompt(store: Store) -> None:
    answered(store, join(store, "ann"), DEMONSTRATE, WrittenCompletion(completion="red"))
    expected = Demonstration(prompt=PROMPT, completion="red", labeler="ann")
    assert store.demonstrations(batch="batch", purpose=Purpose.training) == [expected]
    assert store.prompts() == store.rankings() == []


def test_a_written_prompt_is_its_labelers_and_its_answer_a_demonstration(store: Store) -> None:
    ann = join(store, "ann")
    alone = WrittenPrompt(text="Why?", prompt_kind=Kind.few_shot, use_case="chat")
    answered(store, ann, Task(kind=TaskKind.write), alone)
    first = Prompt(text="Why?", use_case="chat", kind=Kind.few_shot, user="labeler:ann")
    assert store.prompts(batch="batch") == [first]
    assert store.demonstrations() == []
    task = given(store, ann, Task(kind=TaskKind.write, use_case="chat"))
    store.journal.submit(task.id, ann, WrittenPrompt(text="How?", completion="So."), "second")
    second = Prompt(text="How?", kind=Kind.plain, user="labeler:ann")
    assert store.prompts() == [first, second]
    assert store.demonstrations() == [Demonstration(prompt=second, completion="So.", labeler="ann")]


def test_nothing_of_gold_items_and_screening_is_trained_on(store: Store) -> None:
    new = join(store, "new", screening=True)
    for number, (task, answer) in enumerate(
        [
            (RANK, order(1, 2, 3)),
            (DEMONSTRATE, WrittenCompletion(completion="red")),
            (Task(kind=TaskKind.write), WrittenPrompt(text="Why?", completion="So.")),
            (Task(kind=TaskKind.flag, prompt=PROMPT), Flagged(sensitive=True)),
            (Task(kind=TaskKind.assess), Assessed(topics=("threats",))),
        ]
    ):
        asked = given(store, new, task.model_copy(update={"screening": True}))
        store.journal.submit(asked.id, new, answer, f"{number}")
    ann = join(store, "ann")
    gold = given(store, ann, RANK.model_copy(update={"gold": Gold(ranks=(1, 2, 3))}))
    store.journal.submit(gold.id, ann, order(3, 2, 1), "gold")
    assert store.rankings(purpose=Purpose.training) == store.demonstrations(purpose=Purpose.training) == []
    assert store.prompts() == []
    assert [found.labeler for found in store.rankings(purpose=Purpose.control)] == ["new", "ann"]
    written = [found.completion for found in store.demonstrations(purpose=Purpose.control)]
    assert written == ["red", "So."]
    kinds = [line.answer["kind"] for line in store.journal.lines()]
    assert kinds == ["order", "demonstrate", "write", "flag", "assess", "order"]


def test_who_was_moved_to_the_held_out_adds_no_training_data(store: Store) -> None:
    task = given(store, join(store, "ann"), RANK)
    moved = store.accounts.change("ann", group=Group.heldout)
    with pytest.raises(InputError, match="labeler 'ann': is held out"):
        store.journal.submit(task.id, moved, order(1, 2, 3), "c")
    assert store.journal.lines() == []
    store.journal.submit(task.id, moved, SKIP, "c")


def test_a_move_to_the_held_out_and_an_answer_at_the_same_moment_exclude_each_other(store: Store) -> None:
    for number in range(10):
        name = f"labeler {number}"
        account = join(store, name)
        task = given(store, account, RANK, name)

        def move(name: str = name) -> Account:
            return store.accounts.change(name, group=Group.heldout)

        def submit(task: Assignment = task, account: Account = account) -> int:
            return store.journal.submit(task.id, account, order(1, 2, 3), "c")

        found = at_once([move, submit])
        assert [isinstance(result, InputError) for result in found].count(True) == 1
        store.freeze(name)
        if store.accounts.named(name).account.group is Group.heldout:
            assert store.rankings(batch=name) == []


def test_what_is_sent_again_gets_the_same_number_and_changes_nothing(store: Store) -> None:
    ann = join(store, "ann")
    task = given(store, ann, RANK)
    number = store.journal.submit(task.id, ann, order(1, 2, 3), "c")
    assert store.journal.submit(task.id, ann, order(3, 2, 1), "c") == number
    line = store.journal.sent("ann", "c")
    assert line is not None
    assert (line["id"], line["assignment"]) == (number, task.id)
    assert store.journal.sent("bob", "c") is None
    assert [found.ranks for found in store.rankings()] == [(1, 2, 3)]
    assert len(store.ratings()) == 3


def test_one_word_for_two_answers_is_refused(store: Store) -> None:
    """Nothing is acknowledged that is not kept: neither another task's answer nor a correction."""
    ann = join(store, "ann")
    store.queue.add([RANK, RANK.model_copy(update={"prompt": Prompt(text="Name a fruit.")})], "batch")
    first = leased(store, ann)
    number = store.journal.submit(first.id, ann, order(1, 2, 3), "c")
    second = leased(store, ann)
    with pytest.raises(ConflictError, match="another answer was sent under this client"):
        store.journal.submit(second.id, ann, order(3, 2, 1), "c")
    with pytest.raises(ConflictError, match="another answer was sent under this client"):
        store.journal.correct(number, ann, order(3, 2, 1), "c")
    assert [found.ranks for found in store.rankings()] == [(1, 2, 3)]
    assert store.journal.submit(second.id, ann, order(3, 2, 1), "d") > number


def test_another_labelers_same_word_is_another_answer(store: Store) -> None:
    store.queue.add([RANK], "batch", overlaps=2)
    numbers = []
    for account in (join(store, "ann"), join(store, "bob")):
        numbers.append(store.journal.submit(leased(store, account).id, account, order(1, 2, 3), "c"))
    assert len(set(numbers)) == len(store.rankings()) == 2


def test_the_same_sent_many_times_at_the_same_moment_counts_once(store: Store) -> None:
    ann = join(store, "ann")
    for batch in ("a", "b", "c"):
        task = given(store, ann, RANK, batch)

        def submit(task: Assignment = task, batch: str = batch) -> int:
            return store.journal.submit(task.id, ann, order(1, 2, 3), batch)

        found = at_once([submit] * 8)
        assert len(found) == 8
        line = store.journal.sent("ann", batch)
        assert line is not None
        assert set(found) == {line["id"]}
        assert len(store.rankings(batch=batch)) == 1
        assert len(store.ratings(batch=batch)) == 3


def test_of_two_answers_to_one_task_at_the_same_moment_one_is_refused(store: Store) -> None:
    ann = join(store, "ann")
    task = given(store, ann, RANK)
    found = at_once(
        [lambda word=word: store.journal.submit(task.id, ann, order(1, 2, 3), word) for word in "xy"]
    )
    assert [type(result) for result in found].count(ConflictError) == 1
    assert len(store.rankings()) == len(store.journal.lines()) == 1


def test_a_task_is_answered_once_and_by_whom_it_was_given_to(store: Store) -> None:
    ann, bob = join(store, "ann"), join(store, "bob")
    task = given(store, ann, RANK)
    with pytest.raises(ConflictError, match="not your task"):
        store.journal.submit(task.id, bob, order(1, 2, 3), "c")
    with pytest.raises(ConflictError, match="not your task"):
        store.journal.submit(task.id + 1, ann, order(1, 2, 3), "c")
    store.journal.submit(task.id, ann, order(1, 2, 3), "c")
    with pytest.raises(ConflictError, match="answered already"):
        store.journal.submit(task.id, ann, order(1, 2, 3), "another")
    assert len(store.journal.lines()) == 1


@pytest.mark.parametrize(
    ("told", "task", "answer"),
    [
        ("is no answer to a task to rank", RANK, WrittenCompletion(completion="red")),
        ("is no answer to a task to demonstrate", DEMONSTRATE, order(1, 2, 3)),
        ("2 of 3 outputs are judged", RANK, Order(marks=(Mark(overall=1),) * 2, ranks=(1, 2))),
        ("4 of 3 outputs are judged", RANK, Order(marks=(Mark(overall=1),) * 4, ranks=(1, 2, 3, 4))),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_and_the_task_stays_in_hand(
    store: Store, told: str, task: Task, answer: Record
) -> None:
    ann = join(store, "ann")
    asked = given(store, ann, task)
    with pytest.raises(InputError, match=told):
        store.journal.submit(asked.id, ann, answer, "c")
    assert store.journal.lines() == []
    assert leased(store, ann).id == asked.id


def test_a_text_that_the_database_cannot_hold_is_refused(store: Store, place: str | Path) -> None:
    ann = join(store, "ann")
    task = given(store, ann, DEMONSTRATE)
    answer = WrittenCompletion(completion="a\0b")
    if isinstance(place, Path):  # SQLite holds the character NUL, PostgreSQL does not
        store.journal.submit(task.id, ann, answer, "c")
        assert [found.completion for found in store.demonstrations()] == ["a\0b"]
    else:
        with pytest.raises(InputError, match="the database refuses it"):
            store.journal.submit(task.id, ann, answer, "c")
        assert store.journal.lines() == []


def test_the_time_spent_is_the_senders_but_no_longer_than_the_lease_has_lasted(store: Store) -> None:
    ann = join(store, "ann")
    for seconds, batch in ((None, "a"), (4.0, "b"), (-1.0, "c"), (99.0, "d")):
        task = given(store, ann, RANK, batch)
        store.journal.submit(task.id, ann, order(1, 2, 3), batch, seconds, now=110.0)
    task = given(store, ann, RANK, "a clock that goes back")
    store.journal.submit(task.id, ann, order(1, 2, 3), "e", now=99.0)
    assert [line.seconds for line in store.journal.lines()] == [10.0, 4.0, 0.0, 10.0, 0.0]


def test_a_skip_is_kept_with_its_reason_and_makes_no_judgment(store: Store) -> None:
    ann = join(store, "ann")
    number = answered(store, ann, RANK, SKIP)
    line = store.journal.line(number)
    assert line is not None
    assert line.answer == {"kind": "skip", "reason": "personal_data", "comment": "an address"}
    assert store.rankings() == store.ratings() == []
    assert not store.journal.is_last_word(number)
    assert leased(store, join(store, "bob")).task == RANK


def test_a_correction_takes_the_place_of_what_it_corrects(store: Store) -> None:
    ann = join(store, "ann")
    first = answered(store, ann, RANK, order(1, 2, 3))
    second = store.journal.correct(first, ann, order(3, 2, 1), "second", now=500.0)
    assert store.journal.correct(first, ann, order(2, 2, 1), "second") == second
    assert [found.ranks for found in store.rankings()] == [(3, 2, 1)]
    assert [found.overall for found in store.ratings()] == [7, 3, 1]
    assert [store.journal.is_last_word(number) for number in (first, second)] == [False, True]
    before, after = store.journal.lines()
    assert (after.corrects, after.at, after.seconds) == (first, 500.0, before.seconds)
    assert (after.assignment, after.task) == (before.assignment, before.task)


def test_who_returns_to_what_was_said_at_first_has_said_it(store: Store) -> None:
    ann = join(store, "ann")
    store.freeze("empty")
    first = answered(store, ann, RANK, order(1, 2, 3))
    store.freeze("A")
    second = store.journal.correct(first, ann, order(3, 2, 1), "second")
    store.freeze("B")
    third = store.journal.correct(second, ann, order(1, 2, 3), "third")
    store.freeze("A again")
    store.journal.set_aside(third)
    views = [store.at(name) for name in ("empty", "A", "B", "A again")]
    assert [[found.ranks for found in view.rankings()] for view in views] == [
        [],
        [(1, 2, 3)],
        [(3, 2, 1)],
        [(1, 2, 3)],
    ]
    assert [len(view.ratings()) for view in views] == [0, 3, 3, 3]
    assert store.rankings() == store.ratings() == []


def test_a_corrected_prompt_and_its_answer_are_replaced(store: Store) -> None:
    ann = join(store, "ann")
    first = answered(store, ann, Task(kind=TaskKind.write), WrittenPrompt(text="Wy?", completion="So."))
    store.journal.correct(first, ann, WrittenPrompt(text="Why?"), "second")
    assert [found.text for found in store.prompts()] == ["Why?"]
    assert store.demonstrations() == []


def test_only_the_last_word_can_be_corrected_and_only_by_who_said_it(store: Store) -> None:
    ann, bob = join(store, "ann"), join(store, "bob")
    first = answered(store, ann, RANK, order(1, 2, 3))
    with pytest.raises(ConflictError, match="not your answer"):
        store.journal.correct(first, bob, order(3, 2, 1), "c")
    with pytest.raises(ConflictError, match="not your answer"):
        store.journal.correct(first, ann, SKIP, "c")
    with pytest.raises(InputError, match="1 of 3 outputs"):
        store.journal.correct(first, ann, Order(marks=(Mark(overall=1),), ranks=(1,)), "c")
    store.journal.correct(first, ann, order(3, 2, 1), "second")
    with pytest.raises(ConflictError, match="was corrected"):
        store.journal.correct(first, ann, order(2, 1, 3), "third")
    with pytest.raises(ConflictError, match="is no answer"):
        store.journal.correct(999, ann, order(2, 1, 3), "third")
    skipped = answered(store, ann, DEMONSTRATE, SKIP)
    with pytest.raises(ConflictError, match="is no answer"):
        store.journal.correct(skipped, ann, WrittenCompletion(completion="red"), "third")
    assert [found.ranks for found in store.rankings()] == [(3, 2, 1)]


def test_of_two_corrections_at_the_same_moment_one_counts(store: Store) -> None:
    ann = join(store, "ann")
    first = answered(store, ann, RANK, order(1, 2, 3))
    found = at_once(
        [lambda word=word: store.journal.correct(first, ann, order(3, 2, 1), word) for word in "wxyz"]
    )
    assert [type(result) for result in found].count(ConflictError) == 3
    assert len(store.rankings()) == 1
    assert len(store.ratings()) == 3


def test_what_is_set_aside_counts_no_more_and_another_is_asked(store: Store) -> None:
    ann, bob = join(store, "ann"), join(store, "bob")
    number = answered(store, ann, RANK, order(1, 2, 3))
    store.freeze("before")
    store.journal.set_aside(number)
    assert store.rankings() == store.ratings() == []
    assert len(store.at("before").rankings()) == 1
    assert store.queue.lease(ann, [TaskKind.rank], 60.0) is None
    with pytest.raises(ConflictError, match="set aside"):
        store.journal.set_aside(number)
    with pytest.raises(ConflictError, match="set aside"):
        store.journal.correct(number, ann, order(3, 2, 1), "c")
    store.journal.submit(leased(store, bob).id, bob, order(2, 1, 3), "c")
    assert [found.labeler for found in store.rankings()] == ["bob"]
    assert [line.id for line in store.journal.lines("ann")] == [number]


def test_a_newcomers_answer_that_is_set_aside_is_not_waiting(store: Store) -> None:
    new = join(store, "new", screening=True)
    number = answered(store, new, RANK.model_copy(update={"screening": True}), order(1, 2, 3))
    store.journal.set_aside(number)
    assert store.queue.waiting(new) == {}
    assert store.queue.lease(new, list(TaskKind), 60.0) is None
    assert store.rankings() == []


def test_the_last_grade_of_each_reviewer_counts(store: Store) -> None:
    ann = join(store, "ann")
    number = answered(store, ann, DEMONSTRATE, WrittenCompletion(completion="red"))
    for reviewer, grade in (("max", 2), ("eve", 7), ("max", 5)):
        store.journal.grade(number, reviewer, grade)
    assert store.journal.grades() == {number: {"max": 5, "eve": 7}}
    for grade in (0, 8):
        with pytest.raises(InputError, match=f"{grade} is no grade"):
            store.journal.grade(number, "max", grade)
    ranking = answered(store, ann, RANK, order(1, 2, 3))
    for wrong in (ranking, 999):
        with pytest.raises(InputError, match=f"answer {wrong}: is no demonstration"):
            store.journal.grade(wrong, "max", 3)


def test_lines_are_read_of_all_of_one_and_the_last(store: Store) -> None:
    ann, bob = join(store, "ann"), join(store, "bob")
    numbers = []
    for account, at in ((ann, 10.0), (ann, 20.0), (ann, 30.0), (bob, 20.0)):
        task = given(store, account, RANK, f"{at} {account.name}")
        numbers.append(store.journal.submit(task.id, account, order(1, 2, 3), f"{at}", now=at))
    numbers.append(store.journal.correct(numbers[0], ann, order(3, 2, 1), "better", now=40.0))
    assert [line.id for line in store.journal.lines()] == numbers
    assert [line.id for line in store.journal.lines("bob")] == [numbers[3]]
    assert [line.id for line in store.journal.lines(last=2)] == numbers[3:]
    assert [line.id for line in store.journal.lines("ann", last=1)] == [numbers[4]]
    assert store.journal.line(999) is None


def test_a_snapshot_made_among_submitters_never_changes(store: Store) -> None:
    store.queue.add([RANK.model_copy(update={"prompt": Prompt(text=f"{n}")}) for n in range(60)], "batch")
    accounts = [join(store, f"labeler {number}") for number in range(4)]
    seen: list[tuple[str, list[Ranking], list[Rating]]] = []

    def work(account: Account) -> None:
        while task := store.queue.lease(account, [TaskKind.rank], 60.0):
            number = store.journal.submit(task.id, account, order(1, 2, 3), f"{task.id}")
            store.journal.correct(number, account, order(3, 2, 1), f"better {task.id}")

    def freeze() -> None:
        for number in range(12):
            name = f"v{number}"
            try:
                store.freeze(name)
            except InputError:  # more was said before it was read again
                continue
            view = store.at(name)
            seen.append((name, view.rankings(), view.ratings()))

    acts: list[Callable[[], object]] = [lambda account=account: work(account) for account in accounts]
    assert at_once([*acts, freeze]) == [None] * 5
    assert len(seen) == 12
    for name, rankings, ratings in seen:
        assert store.at(name).rankings() == rankings
        assert store.at(name).ratings() == ratings
        assert len(ratings) == 3 * len(rankings)
        assert len({found.prompt.text for found in rankings}) == len(rankings)
    assert len(store.rankings()) == 60


SUBMITTER = textwrap.dedent(
    """
    import sys
    from tutelage.schema import Mark, Order, TaskKind
    from tutelage.store import Store

    store = Store(sys.argv[1])
    ann = store.accounts.named("ann").account
    answer = Order(marks=(Mark(overall=4),) * 3, ranks=(1, 2, 3))
    while task := store.queue.lease(ann, [TaskKind.rank], 60.0):
        print(store.journal.submit(task.id, ann, answer, f"to {task.id}"), flush=True)
    """
)


def test_what_was_acknowledged_is_there_after_the_process_was_killed(store: Store, place: str | Path) -> None:
    tasks = [RANK.model_copy(update={"prompt": Prompt(text=f"{number}")}) for number in range(2000)]
    store.queue.add(tasks, "batch")
    ann = join(store, "ann")
    acknowledged: list[int] = []
    for rest in (0.0, 0.0013, 0.0029):
        process = subprocess.Popen(
            [sys.executable, "-c", SUBMITTER, str(place)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(40):
            acknowledged.append(int(process.stdout.readline()))
        time.sleep(rest)  # so that it dies in another place of its work each time
        process.send_signal(signal.SIGKILL)
        acknowledged += [
            int(line) for line in process.stdout.read().splitlines(keepends=True) if line[-1:] == "\n"
        ]
        assert process.wait() == -signal.SIGKILL
    lines = {line.id for line in store.journal.lines()}
    assert len(acknowledged) == len(set(acknowledged)) >= 120
    assert lines >= set(acknowledged)
    # at most the one answer of each process that was killed before it could say so
    assert len(lines) <= len(acknowledged) + 3
    assert len(store.rankings()) == len(lines)
    assert len(store.ratings()) == 3 * len(lines)
    # what it had in hand is still in hand, and goes on
    task = leased(store, ann, now=time.time())
    assert store.journal.submit(task.id, ann, order(1, 2, 3), f"to {task.id}") not in lines
