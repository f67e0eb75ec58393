"""Every task reaches as many labelers as it is wanted from, nobody twice, and abandoned work comes back."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tutelage.schema import (
    Account,
    Gold,
    Group,
    InputError,
    Mark,
    Order,
    Prompt,
    Role,
    Skipped,
    SkipReason,
    Standing,
    Task,
    TaskKind,
    WrittenCompletion,
)
from tutelage.store import Assignment, ConflictError, Store

HOUR = 3600.0
RANK = [TaskKind.rank]
BEST_FIRST = Order(marks=(Mark(overall=6), Mark(overall=2)), ranks=(1, 2))
UNCLEAR = Skipped(reason=SkipReason.unclear)


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def join(store: Store, name: str, group: Group = Group.training, screening: bool = False) -> Account:
    return store.accounts.join(store.accounts.invite(Role.labeler, group, screening), name, "hash")


def ranking(text: str, gold: tuple[int, ...] | None = None, screening: bool = False) -> Task:
    return Task(
        kind=TaskKind.rank,
        prompt=Prompt(text=text),
        completions=("x", "y"),
        gold=None if gold is None else Gold(ranks=gold),
        screening=screening,
    )


def comparison(text: str) -> Task:
    return Task(kind=TaskKind.evaluate, prompt=Prompt(text=text), completions=("x", "y"))


def lease(store: Store, account: Account, now: float = 0.0, control: bool = False) -> Assignment:
    found = store.queue.lease(account, RANK, HOUR, control, now)
    assert found is not None
    return found


def nothing_for(store: Store, account: Account, now: float = 0.0) -> bool:
    return store.queue.lease(account, list(TaskKind), HOUR, control=True, now=now) is None


def submit(store: Store, account: Account, assignment: Assignment, now: float = 1.0) -> int:
    return store.journal.submit(assignment.id, account, BEST_FIRST, f"to {assignment.id}", now=now)


def text_of(assignment: Assignment) -> str:
    assert assignment.task.prompt is not None
    return assignment.task.prompt.text


def do_all(store: Store, account: Account, kinds: list[TaskKind] | None = None) -> list[str]:
    """What somebody gets who does everything there is."""
    done = []
    while assignment := store.queue.lease(account, kinds or RANK, HOUR, now=0.0):
        done.append(text_of(assignment))
        submit(store, account, assignment)
    return done


def test_a_task_is_seen_by_as_many_labelers_as_wanted_and_by_nobody_twice(store: Store) -> None:
    assert store.queue.add([ranking("a"), ranking("b")], "batch", overlaps=[2, 1]) == 2
    ann, bob, eve = (join(store, name) for name in ("ann", "bob", "eve"))
    assert store.queue.waiting(ann) == {TaskKind.rank: 2}
    assert do_all(store, ann) == ["a", "b"]
    assert store.queue.waiting(ann) == {}
    assert store.queue.waiting(bob) == {TaskKind.rank: 1}
    assert do_all(store, bob) == ["a"]
    assert do_all(store, eve) == []


def test_what_a_batch_has_is_not_asked_again(store: Store) -> None:
    assert store.queue.add([ranking("a"), ranking("a")], "batch") == 1
    assert store.queue.add([ranking("a"), ranking("b")], "batch") == 1
    assert store.queue.add([ranking("a")], "another") == 1
    assert do_all(store, join(store, "ann")) == ["a", "b", "a"]


def test_a_task_comes_back_as_it_was_given(store: Store) -> None:
    task = Task(
        kind=TaskKind.rank,
        prompt=Prompt(text="ü😀", use_case="chat", user="u", split="train"),
        completions=("", "x"),
        sources=("sft", "base"),
    )
    store.queue.add([task], "batch")
    leased = lease(store, join(store, "ann"), now=5.0)
    assert (leased.task, leased.batch, leased.labeler) == (task, "batch", "ann")
    assert (leased.since, leased.expires) == (5.0, 5.0 + HOUR)
    assert store.queue.assignment(leased.id) == leased
    assert store.queue.assignment(leased.id + 1) is None


def test_higher_priority_goes_first_and_then_what_was_added_first(store: Store) -> None:
    store.queue.add([ranking("low 1"), ranking("low 2")], "low")
    store.queue.add([ranking("high")], "high", priority=5)
    store.queue.add([ranking("late")], "late")
    ann = join(store, "ann")
    assert store.queue.prioritize("late", 9) == 1
    assert do_all(store, ann) == ["late", "high", "low 1", "low 2"]
    assert store.queue.prioritize("late", 1) == 0


def test_only_work_of_the_kinds_that_were_asked_for_is_given(store: Store) -> None:
    demonstration = Task(kind=TaskKind.demonstrate, prompt=Prompt(text="d"))
    store.queue.add([ranking("r"), demonstration], "batch")
    ann = join(store, "ann")
    assert store.queue.waiting(ann) == {TaskKind.rank: 1, TaskKind.demonstrate: 1}
    leased = store.queue.lease(ann, [TaskKind.demonstrate], HOUR)
    assert leased is not None
    assert text_of(leased) == "d"
    assert store.queue.lease(join(store, "bob"), [TaskKind.write], HOUR) is None


def test_held_out_labelers_compare_models_and_make_no_training_data(store: Store) -> None:
    store.queue.add([ranking("training")], "batch", overlaps=2)
    store.queue.add([comparison("evaluation")], "batch")
    ann, eve = join(store, "ann"), join(store, "eve", Group.heldout)
    assert store.queue.waiting(eve) == {TaskKind.evaluate: 1}
    assert do_all(store, eve, list(TaskKind)) == ["evaluation"]
    assert do_all(store, ann, list(TaskKind)) == ["training", "evaluation"]


def test_what_is_retired_is_nobodys_any_more_and_comes_back_when_it_is_added_again(store: Store) -> None:
    """Of `a` two answers are wanted: one is there, and one is in hand when the batch is retired, and left lying."""
    store.queue.add([ranking("a"), ranking("b")], "batch", overlaps=[2, 1])
    ann, bob, eve = (join(store, name) for name in ("ann", "bob", "eve"))
    submit(store, ann, lease(store, ann))
    held = lease(store, bob)
    assert text_of(held) == "a"
    assert store.queue.retire("batch") == 1
    assert text_of(lease(store, bob)) == "a"  # still in hand
    late = HOUR + 1
    assert nothing_for(store, eve, late)
    assert nothing_for(store, bob, late)
    assert submit(store, bob, held, late)
    assert store.queue.add([ranking("a"), ranking("b"), ranking("c")], "batch", overlaps=[3, 1, 1]) == 3
    assert do_all(store, bob) == ["b", "c"]
    assert do_all(store, eve) == ["a"]


def test_a_skip_and_a_withdrawn_answer_of_what_is_retired_ask_nobody(store: Store) -> None:
    store.queue.add([ranking("a"), ranking("b")], "batch")
    ann, bob, eve = (join(store, name) for name in ("ann", "bob", "eve"))
    number = submit(store, ann, lease(store, ann))
    held = lease(store, bob)
    store.queue.retire("batch")
    store.journal.set_aside(number)
    store.journal.submit(held.id, bob, UNCLEAR, "skip")
    assert nothing_for(store, eve)


@pytest.mark.parametrize("batch", ["", " ", "a\nb", "a\x1b[31m", "b" * 201])
def test_a_batch_has_a_name_that_can_be_shown(store: Store, batch: str) -> None:
    with pytest.raises(InputError, match="is no name of a batch"):
        store.queue.add([ranking("a")], batch)
    with pytest.raises(InputError, match="is no name of a batch"):
        store.queue.replace_screening([ranking("a", gold=(1, 2), screening=True)], batch)


def test_a_batch_that_is_not_there_cannot_be_retired(store: Store) -> None:
    store.queue.add([ranking("a")], "rankings")
    with pytest.raises(InputError, match="batch 'ranking': no such work; did you mean 'rankings'"):
        store.queue.retire("ranking")
    assert len(do_all(store, join(store, "ann"))) == 1


def test_a_new_screening_takes_the_place_of_the_old_one_and_of_nothing_else(store: Store) -> None:
    assert not store.queue.has_screening()
    store.queue.add([ranking("work")], "mine")
    store.queue.add([ranking("old", gold=(1, 2), screening=True)], "mine")
    nia, ann = join(store, "nia", screening=True), join(store, "ann")
    assert store.queue.waiting(nia) == {TaskKind.rank: 1}
    new = [ranking("new", gold=(1, 2), screening=True)]
    assert store.queue.replace_screening(new, "mine") == 1
    assert store.queue.has_screening()
    assert store.queue.waiting(nia) == {TaskKind.rank: 1}
    assert do_all(store, nia) == ["new"]
    assert store.queue.waiting(nia) == {}
    assert do_all(store, ann) == ["work"]
    store.queue.replace_screening([ranking("old", gold=(1, 2), screening=True), *new], "mine")
    assert do_all(store, nia) == ["old"]  # the other is done


def test_a_parked_task_is_asked_again_when_the_owner_says_so(store: Store) -> None:
    store.queue.add([ranking("a")], "batch", overlaps=2)
    (first, *others) = (join(store, name) for name in ("ann", "bob", "eve", "max", "zoe"))
    task = lease(store, first).task_id
    assert not store.queue.ask_again(task)  # somebody is at it
    submit(store, first, lease(store, first))
    for account in others[:3]:
        assert not store.queue.ask_again(task)
        store.journal.submit(lease(store, account).id, account, UNCLEAR, account.name)
    assert nothing_for(store, others[3])
    assert store.queue.ask_again(task)
    assert not store.queue.ask_again(task)
    assert do_all(store, others[3]) == ["a"]
    assert not store.queue.ask_again(task)
    assert store.overview.parked(9) == []
    assert not store.queue.ask_again(task + 1)


def test_a_task_that_is_skipped_again_is_parked_again(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    for name in ("ann", "bob", "eve"):
        account = join(store, name)
        store.journal.submit(lease(store, account).id, account, UNCLEAR, "skip")
    (parked,) = store.overview.parked(9)
    assert len(parked.skips) == 3
    assert store.queue.ask_again(parked.id)
    assert store.overview.parked(9) == []
    account = join(store, "max")
    store.journal.submit(lease(store, account).id, account, UNCLEAR, "skip")
    assert [each.id for each in store.overview.parked(9)] == [parked.id]


def test_a_new_priority_is_also_that_of_what_comes_back(store: Store) -> None:
    store.queue.add([ranking("a"), ranking("b")], "low")
    store.queue.add([ranking("c")], "high", priority=5)
    ann, bob = join(store, "ann"), join(store, "bob")
    submit(store, ann, lease(store, ann))
    held = lease(store, ann)
    assert text_of(held) == "a"
    assert store.queue.prioritize("low", 9) == 2
    assert store.queue.give_back(held.id, "ann")
    submit(store, bob, lease(store, bob))
    assert [text_of(lease(store, bob))] == ["b"]


def test_who_moves_to_the_held_out_no_longer_holds_training_work(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    leased = lease(store, join(store, "ann"))
    moved = store.accounts.change("ann", group=Group.heldout)
    assert nothing_for(store, moved)
    with pytest.raises(InputError, match="labeler 'ann': is held out"):
        submit(store, moved, leased)
    assert store.rankings() == []
    # in an hour another labeler gets it
    assert text_of(lease(store, join(store, "bob"), now=HOUR + 1)) == "a"


def test_one_task_is_in_hand_at_a_time_and_is_the_same_after_reload(store: Store) -> None:
    store.queue.add([ranking("a"), ranking("b")], "batch")
    ann = join(store, "ann")
    first = lease(store, ann, now=0.0)
    again = lease(store, ann, now=60.0)
    assert (again.id, again.since, again.expires) == (first.id, 0.0, 60.0 + HOUR)
    submit(store, ann, again)
    assert text_of(lease(store, ann)) == "b"


def test_an_abandoned_task_goes_to_another_and_a_late_answer_still_counts(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    late = lease(store, ann, now=0.0)
    assert nothing_for(store, bob, now=HOUR - 1)
    taken = lease(store, bob, now=HOUR + 1)
    assert taken.task_id == late.task_id
    assert nothing_for(store, ann, now=HOUR + 2)
    submit(store, ann, late, now=2 * HOUR)
    submit(store, bob, taken, now=2 * HOUR)
    assert [found.labeler for found in store.rankings()] == ["ann", "bob"]


def test_a_late_answer_does_not_exceed_the_overlap_when_nobody_took_the_task(store: Store) -> None:
    store.queue.add([ranking("a")], "batch", overlaps=2)
    ann, bob, eve = (join(store, name) for name in ("ann", "bob", "eve"))
    late = lease(store, ann, now=0.0)
    submit(store, bob, lease(store, bob, now=HOUR + 1), now=HOUR + 2)
    submit(store, ann, late, now=HOUR + 3)
    assert nothing_for(store, eve, now=HOUR + 4)
    assert [found.labeler for found in store.rankings()] == ["bob", "ann"]


def test_a_late_skip_does_not_ask_a_third_when_a_second_is_at_it(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob, eve = (join(store, name) for name in ("ann", "bob", "eve"))
    late = lease(store, ann, now=0.0)
    taken = lease(store, bob, now=HOUR + 1)
    store.journal.submit(late.id, ann, UNCLEAR, "skip", now=HOUR + 2)
    assert nothing_for(store, eve, now=HOUR + 3)
    submit(store, bob, taken, now=HOUR + 4)
    assert nothing_for(store, eve, now=HOUR + 5)


def test_a_late_skip_that_nobody_took_asks_one_other(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob, eve = (join(store, name) for name in ("ann", "bob", "eve"))
    late = lease(store, ann, now=0.0)
    assert store.queue.lease(eve, [TaskKind.demonstrate], HOUR, now=HOUR + 1) is None  # somebody notices
    store.journal.submit(late.id, ann, UNCLEAR, "skip", now=HOUR + 2)
    submit(store, bob, lease(store, bob, now=HOUR + 3))
    assert nothing_for(store, eve, now=HOUR + 4)


def test_a_lease_that_ran_out_comes_back_to_oneself_while_nobody_took_it(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    first = lease(store, ann, now=0.0)
    again = lease(store, ann, now=2 * HOUR)
    assert (again.id, again.since, again.expires) == (first.id, 2 * HOUR, 3 * HOUR)
    assert nothing_for(store, bob, now=2 * HOUR + 1)
    submit(store, ann, again, now=2 * HOUR + 2)
    assert nothing_for(store, bob, now=9 * HOUR)
    assert [line.seconds for line in store.journal.lines()] == [2.0]


def test_of_many_that_ran_out_the_one_that_nobody_took_comes_back(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    lease(store, ann, now=0.0)
    taken = lease(store, bob, now=HOUR + 1)
    assert text_of(taken) == "a"
    submit(store, bob, taken)
    store.queue.add([ranking("b")], "batch")
    assert text_of(lease(store, ann, now=HOUR + 2)) == "b"
    assert text_of(lease(store, ann, now=9 * HOUR)) == "b"


def test_what_is_given_back_is_open_to_all_again(store: Store) -> None:
    store.queue.add([ranking("a"), ranking("b")], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    leased = lease(store, ann)
    assert store.queue.keep(leased.id, "ann", HOUR, draft={"ranks": [1]}, now=0.0)
    assert not store.queue.give_back(leased.id, "bob")
    assert store.queue.give_back(leased.id, "ann")
    assert not store.queue.give_back(leased.id, "ann")
    with pytest.raises(ConflictError, match="not your task"):
        submit(store, ann, leased)
    again = lease(store, ann)
    assert (again.id, again.draft) == (leased.id, None)
    assert store.queue.give_back(again.id, "ann")
    assert text_of(lease(store, bob)) == "a"
    assert text_of(lease(store, ann)) == "b"


def test_keeping_prolongs_and_holds_the_last_draft_until_the_answer(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    leased = lease(store, ann, now=0.0)
    assert store.queue.keep(leased.id, "ann", HOUR, draft={"ranks": [2, 1]}, now=HOUR - 1)
    assert store.queue.keep(leased.id, "ann", HOUR, draft={"ranks": [1, 2]}, now=HOUR - 1)
    assert store.queue.keep(leased.id, "ann", HOUR, now=HOUR - 1)
    assert not store.queue.keep(leased.id, "bob", HOUR, draft="bob's", now=HOUR - 1)
    assert nothing_for(store, bob, now=2 * HOUR - 2)
    assert lease(store, ann, now=HOUR).draft == {"ranks": [1, 2]}
    submit(store, ann, leased)
    assert not store.queue.keep(leased.id, "ann", HOUR, draft="too late")
    found = store.queue.assignment(leased.id)
    assert found is not None
    assert (found.state, found.draft) == ("submitted", None)


def test_a_draft_outlives_a_lease_that_ran_out(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    ann, bob = join(store, "ann"), join(store, "bob")
    leased = lease(store, ann, now=0.0)
    store.queue.keep(leased.id, "ann", HOUR, draft="half", now=0.0)
    store.queue.lease(bob, [TaskKind.write], HOUR, now=2 * HOUR)
    assert not store.queue.keep(leased.id, "ann", HOUR, draft="more", now=2 * HOUR)
    assert lease(store, ann, now=2 * HOUR).draft == "half"


def test_gold_items_come_once_to_each_before_other_work_and_train_nothing(store: Store) -> None:
    store.queue.add([ranking("work")], "batch", overlaps=2)
    assert store.queue.add([ranking("gold", gold=(1, 2))], "batch", overlaps=2) == 1
    for name in ("ann", "bob"):
        account = join(store, name)
        assert store.queue.waiting(account) == {TaskKind.rank: 1}
        for expected in ("gold", "work"):
            assignment = lease(store, account, control=True)
            assert text_of(assignment) == expected
            submit(store, account, assignment)
        assert nothing_for(store, account)
    assert [found.prompt.text for found in store.rankings(purpose="training")] == ["work", "work"]
    assert [found.prompt.text for found in store.rankings(purpose="control")] == ["gold", "gold"]


def test_gold_items_stay_away_where_no_control_is_asked_for(store: Store) -> None:
    store.queue.add([ranking("gold", gold=(1, 2)), ranking("work")], "batch")
    assert do_all(store, join(store, "ann")) == ["work"]


def test_a_gold_item_given_back_or_left_comes_again_and_opens_to_nobody_else(store: Store) -> None:
    store.queue.add([ranking("gold", gold=(1, 2))], "batch")
    ann = join(store, "ann")
    assert store.queue.give_back(lease(store, ann, control=True).id, "ann")
    left = lease(store, ann, control=True, now=0.0)
    assert lease(store, ann, now=2 * HOUR).id == left.id
    store.journal.submit(left.id, ann, UNCLEAR, "skip", now=2 * HOUR)
    assert nothing_for(store, ann, now=2 * HOUR)
    assert store.queue.lease(join(store, "bob"), RANK, HOUR, now=9 * HOUR) is None


def test_newcomers_get_the_screening_alone_and_others_never_do(store: Store) -> None:
    store.queue.add([ranking("work"), ranking("gold", gold=(1, 2))], "batch", overlaps=3)
    store.queue.add([ranking("screening", screening=True)], "screening")
    new, ann = join(store, "new", screening=True), join(store, "ann")
    assert store.queue.waiting(new) == {TaskKind.rank: 1}
    assert do_all(store, new) == ["screening"]
    assert store.queue.waiting(new) == {}
    assert do_all(store, ann) == ["work"]
    assert text_of(lease(store, ann, control=True)) == "gold"
    admitted = store.accounts.change("new", standing=Standing.active)
    assert do_all(store, admitted) == ["work"]


def test_who_is_shut_out_gets_nothing_not_even_what_is_in_hand(store: Store) -> None:
    store.queue.add([ranking("a"), ranking("b")], "batch")
    lease(store, join(store, "ann"))
    assert nothing_for(store, store.accounts.change("ann", standing=Standing.disabled))


def test_a_skipped_task_goes_to_three_labelers_and_then_waits_for_the_owner(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    for name in ("ann", "bob", "eve"):
        account = join(store, name)
        store.journal.submit(lease(store, account).id, account, UNCLEAR, "skip", now=1.0)
        assert nothing_for(store, account)
    assert nothing_for(store, join(store, "max"))
    assert store.rankings() == []


def judge_all(store: Store, name: str, held: Counter[int], overlong: list[int], lock: threading.Lock) -> None:
    """Lease and submit until there is nothing, counting who holds what."""
    account = store.accounts.named(name).account
    while assignment := store.queue.lease(account, RANK, HOUR):
        with lock:
            held[assignment.id] += 1
            if held[assignment.id] > 1:
                overlong.append(assignment.id)
        submit(store, account, assignment, now=assignment.since + 1)
        with lock:
            held[assignment.id] -= 1


@pytest.mark.parametrize("shared", [True, False])
def test_sixteen_at_once_judge_every_task_twice_and_lose_nothing(
    store: Store, place: str | Path, shared: bool
) -> None:
    store.queue.add([ranking(f"{number}") for number in range(300)], "batch", overlaps=2)
    names = [f"labeler {number}" for number in range(16)]
    for name in names:
        join(store, name)
    held: Counter[int] = Counter()
    overlong: list[int] = []
    failures: list[BaseException] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        own = store if shared else Store(place)
        try:
            judge_all(own, name, held, overlong, lock)
        except BaseException as error:
            failures.append(error)
        finally:
            if not shared:
                own.close()

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert overlong == []
    judged = [(found.prompt.text, found.labeler) for found in store.rankings()]
    assert len(judged) == len(set(judged)) == 600
    assert set(Counter(text for text, _ in judged).values()) == {2}
    assert len(store.journal.lines()) == 600
    assert len(store.ratings()) == 1200


def test_two_requests_of_one_person_at_the_same_moment_lease_one_task(store: Store) -> None:
    store.queue.add([ranking(f"{number}") for number in range(20)], "batch")
    ann = join(store, "ann")
    gate = threading.Barrier(8)
    leased: list[int] = []

    def ask() -> None:
        gate.wait()
        leased.append(lease(store, ann).id)

    for _ in range(5):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(leased) == 8
        assert len(set(leased)) == 1
        submit(store, ann, lease(store, ann))
        leased.clear()


def test_a_lease_that_many_find_too_late_opens_once(store: Store) -> None:
    store.queue.add([ranking("a")], "batch")
    lease(store, join(store, "ann"), now=0.0)
    others = [join(store, f"labeler {number}") for number in range(8)]
    gate = threading.Barrier(len(others))
    found: list[Assignment | None] = []

    def ask(account: Account) -> None:
        gate.wait()
        found.append(store.queue.lease(account, RANK, HOUR, now=2 * HOUR))

    threads = [threading.Thread(target=ask, args=(account,)) for account in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    # on PostgreSQL all may have looked before it was open again
    taken = sum(assignment is not None for assignment in found)
    assert taken <= 1
    last = join(store, "last")
    assert nothing_for(store, last, now=2 * HOUR) == (taken == 1)


def test_a_demonstration_is_wanted_from_one_labeler(store: Store) -> None:
    store.queue.add([Task(kind=TaskKind.demonstrate, prompt=Prompt(text="d"))], "batch")
    ann = join(store, "ann")
    leased = store.queue.lease(ann, [TaskKind.demonstrate], HOUR)
    assert leased is not None
    store.journal.submit(leased.id, ann, WrittenCompletion(completion="done"), "c")
    assert nothing_for(store, join(store, "bob"))
    assert [found.completion for found in store.demonstrations()] == ["done"]
