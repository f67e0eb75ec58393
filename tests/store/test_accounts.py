"""Who may sign in: links that work once, names that are nobody else's, and sessions that end."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tutelage.schema import (
    Account,
    Gold,
    Group,
    InputError,
    Kind,
    Labeler,
    Mark,
    Order,
    Prompt,
    Purpose,
    Ranking,
    Role,
    Standing,
    Task,
    TaskKind,
    UseCase,
    WrittenPrompt,
)
from tutelage.store import Store
from tutelage.store.accounts import WEEK


@pytest.fixture
def store(place: str | Path) -> Iterator[Store]:
    with Store(place) as store:
        yield store


def join(store: Store, name: str, group: Group = Group.training) -> Account:
    return store.accounts.join(store.accounts.invite(Role.labeler, group), name, "hash")


def at_once(count: int, act: Callable[[int], Account]) -> list[Account | InputError]:
    """What comes of it when so many do something at the same moment."""
    gate = threading.Barrier(count)
    found: list[Account | InputError] = []

    def run(number: int) -> None:
        gate.wait()
        try:
            found.append(act(number))
        except InputError as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


def test_an_invitation_makes_the_account_that_it_is_for(store: Store) -> None:
    token = store.accounts.invite(Role.reviewer, Group.heldout, now=0.0)
    invitation = store.accounts.invitation(token, now=1.0)
    assert invitation is not None
    assert (invitation.role, invitation.group, invitation.screening) == (Role.reviewer, Group.heldout, False)
    assert invitation.expires == WEEK
    account = store.accounts.join(token, "ann", "hash of it", now=1.0)
    assert (account.name, account.role, account.group) == ("ann", Role.reviewer, Group.heldout)
    assert (account.standing, account.daily_limit, account.session) == (Standing.active, None, 0)
    assert store.accounts.named("ann").account == store.accounts.numbered(account.id) == account
    assert store.accounts.named("ann").password == "hash of it"
    assert store.labelers() == [Labeler(name="ann", group=Group.heldout)]


def test_who_is_to_be_screened_begins_there(store: Store) -> None:
    token = store.accounts.invite(Role.labeler, Group.training, screening=True)
    assert store.accounts.join(token, "new", "hash").standing is Standing.screening


def test_an_invitation_works_once(store: Store) -> None:
    token = store.accounts.invite(Role.labeler, Group.training)
    store.accounts.join(token, "ann", "hash")
    assert store.accounts.invitation(token) is None
    with pytest.raises(InputError, match="unknown, used or too old"):
        store.accounts.join(token, "bob", "hash")
    assert [account.name for account in store.accounts.all()] == ["ann"]


def test_an_invitation_stands_for_its_time(store: Store) -> None:
    token = store.accounts.invite(Role.labeler, Group.training, seconds=60.0, now=1000.0)
    assert store.accounts.invitation(token, now=1060.0) is not None
    assert store.accounts.invitation(token, now=1060.5) is None
    with pytest.raises(InputError, match="too old"):
        store.accounts.join(token, "ann", "hash", now=1061.0)
    with pytest.raises(InputError, match="unknown"):
        store.accounts.join("made up", "ann", "hash")


def test_a_name_that_is_taken_leaves_the_invitation_good(store: Store) -> None:
    join(store, "ann")
    store.add_labelers([Labeler(name="of a file")])
    token = store.accounts.invite(Role.labeler, Group.training)
    for name in ("ann", "of a file"):
        with pytest.raises(InputError, match=f"name '{name}': is taken"):
            store.accounts.join(token, name, "hash")
    assert store.accounts.join(token, "bob", "hash").name == "bob"


@pytest.mark.parametrize("name", ["", " ", "a" * 101, "a\0b"])
def test_a_name_that_is_none_is_refused_and_leaves_the_invitation_good(store: Store, name: str) -> None:
    token = store.accounts.invite(Role.labeler, Group.training)
    with pytest.raises(InputError, match="name"):
        store.accounts.join(token, name, "hash")
    assert store.accounts.invitation(token) is not None
    assert store.labelers() == []


def test_whose_judgments_are_trained_on_does_not_join_as_held_out(store: Store) -> None:
    ranking = Ranking(prompt=Prompt(text="p"), completions=("x", "y"), ranks=(1, 2), labeler="ann")
    store.add_rankings([ranking], "file")
    with pytest.raises(InputError, match="labeler 'ann': has made training data and cannot be held out"):
        join(store, "ann", Group.heldout)
    assert store.accounts.all() == []


def test_of_many_with_one_link_at_the_same_moment_one_joins(store: Store) -> None:
    token = store.accounts.invite(Role.labeler, Group.training)
    found = at_once(8, lambda number: store.accounts.join(token, f"labeler {number}", "hash"))
    joined = [account for account in found if isinstance(account, Account)]
    assert store.accounts.all() == joined
    assert len(joined) == len(store.labelers()) == 1


def test_of_many_with_one_name_at_the_same_moment_one_joins(store: Store) -> None:
    tokens = [store.accounts.invite(Role.labeler, Group.training) for _ in range(8)]
    found = at_once(8, lambda number: store.accounts.join(tokens[number], "ann", "hash"))
    joined = [account for account in found if isinstance(account, Account)]
    assert store.accounts.all() == joined
    assert len(joined) == len(store.labelers()) == 1
    assert sum(store.accounts.invitation(token) is not None for token in tokens) == 7


def test_a_new_password_role_or_standing_ends_the_sessions_and_a_limit_does_not(store: Store) -> None:
    join(store, "ann")
    assert store.accounts.change("ann", daily_limit=20).session == 0
    assert store.accounts.change("ann", password="new hash").session == 1
    assert store.accounts.change("ann", role=Role.reviewer, daily_limit=None).session == 2
    changed = store.accounts.change("ann", standing=Standing.disabled)
    assert changed == store.accounts.named("ann").account
    assert (changed.session, changed.role, changed.daily_limit) == (3, Role.reviewer, None)
    assert store.accounts.named("ann").password == "new hash"


def test_every_one_of_changes_at_the_same_moment_ends_sessions(store: Store) -> None:
    join(store, "ann")
    at_once(8, lambda number: store.accounts.change("ann", password=f"{number}"))
    assert store.accounts.named("ann").account.session == 8


def test_the_group_can_change_until_somebody_has_judged(store: Store) -> None:
    join(store, "ann")
    assert store.accounts.change("ann", group=Group.heldout).group is Group.heldout
    assert store.accounts.change("ann", group=Group.training).group is Group.training
    ranking = Ranking(prompt=Prompt(text="p"), completions=("x", "y"), ranks=(1, 2), labeler="ann")
    store.add_rankings([ranking], "batch")
    with pytest.raises(InputError, match="cannot be held out"):
        store.accounts.change("ann", group=Group.heldout)
    assert store.accounts.named("ann").account.group is Group.training
    assert store.labelers() == [Labeler(name="ann")]


def test_a_screening_binds_to_no_group_and_a_comparison_of_models_does(store: Store) -> None:
    ann = store.accounts.join(store.accounts.invite(Role.labeler, Group.training, True), "ann", "hash")
    outputs = {"prompt": Prompt(text="p"), "completions": ("x", "y"), "sources": ("sft", "ppo")}
    order = Order(marks=(Mark(overall=1), Mark(overall=2)), ranks=(2, 1))

    def rank(account: Account, task: Task, batch: str) -> None:
        store.queue.add([task], batch)
        given = store.queue.lease(account, list(TaskKind), 60.0)
        assert given is not None
        store.journal.submit(given.id, account, order, batch)

    rank(ann, Task(kind=TaskKind.rank, gold=Gold(ranks=(1, 2)), screening=True, **outputs), "screening")
    assert [each.labeler for each in store.rankings(purpose=Purpose.control)] == ["ann"]
    ann = store.accounts.change("ann", group=Group.heldout, standing=Standing.active)
    rank(ann, Task(kind=TaskKind.evaluate, **outputs), "evaluation")
    with pytest.raises(InputError, match="has judged in the group heldout and cannot leave it"):
        store.accounts.change("ann", group=Group.training)


def test_whose_prompts_are_trained_on_is_not_held_out_later(store: Store) -> None:
    ann = join(store, "ann")
    store.queue.add([Task(kind=TaskKind.write)], "written")
    given = store.queue.lease(ann, [TaskKind.write], 60.0)
    assert given is not None
    written = WrittenPrompt(text="Say it.", prompt_kind=Kind.plain, use_case=UseCase.other)
    store.journal.submit(given.id, ann, written, "client")
    with pytest.raises(InputError, match="has made training data and cannot be held out"):
        store.accounts.change("ann", group=Group.heldout)


def test_unused_links_of_a_role_are_withdrawn(store: Store) -> None:
    owner, labeler = (store.accounts.invite(role, Group.training) for role in (Role.owner, Role.labeler))
    used = store.accounts.invite(Role.owner, Group.training)
    store.accounts.join(used, "olga", "hash")
    store.accounts.withdraw_invitations(Role.owner)
    assert store.accounts.invitation(owner) is None
    assert store.accounts.invitation(labeler) is not None
    assert [each.name for each in store.accounts.all()] == ["olga"]


def test_signing_out_ends_every_session(store: Store) -> None:
    ann, bob = join(store, "ann"), join(store, "bob")
    store.accounts.end_sessions(ann.id)
    assert [each.session for each in store.accounts.all()] == [ann.session + 1, bob.session]


def test_nobody_is_no_account(store: Store) -> None:
    with pytest.raises(InputError, match="account 'ann': no such account"):
        store.accounts.named("ann")
    with pytest.raises(InputError, match="no such account"):
        store.accounts.change("ann", daily_limit=1)
    assert store.accounts.numbered(1) is None


def test_all_processes_sign_with_the_same_secret(store: Store, place: str | Path) -> None:
    secret = store.accounts.secret()
    code = "import sys; from tutelage.store import Store; print(Store(sys.argv[1]).accounts.secret())"
    other = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, check=True)
    assert other.stdout.decode().strip() == secret == store.accounts.secret()
    assert len(bytes.fromhex(secret)) == 32


def test_links_are_not_in_the_database(tmp_path: Path) -> None:
    with Store(tmp_path / "tutelage.db") as store:
        token = store.accounts.invite(Role.owner, Group.training)
    assert len(token) == 32
    assert token.encode() not in (tmp_path / "tutelage.db").read_bytes()
