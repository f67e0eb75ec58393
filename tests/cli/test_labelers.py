"""`tutelage labelers`: links, the list, changes, figures, and the embedded world's people at work in the app."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from tutelage.cli.main import dispatch
from tutelage.labeling.app import create_app
from tutelage.labeling.filling import tasks_to_demonstrate, tasks_to_write
from tutelage.labeling.settings import Settings
from tutelage.mini import World
from tutelage.schema import Account, Flagged, Group, Purpose, Role, Split, Standing, Task, TaskKind
from tutelage.store import Store
from tutelage.web.sessions import Sessions


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command that works prints."""
    assert dispatch(["labelers", *arguments], debug=True) == 0
    return capsys.readouterr().out


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that is refused."""
    assert dispatch(["labelers", *arguments], debug=False) == 2
    told = capsys.readouterr()
    assert (told.out.strip(), told.err[:7], told.err.count("\n")) == ("", "error: ", 1)
    return told.err


def join(store: Store, name: str, screening: bool = False) -> Account:
    return store.accounts.join(store.accounts.invite(Role.labeler, Group.training, screening), name, "hash")


def test_links_are_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("3", "--group", "heldout", "--no-screening", "--url", "https://labels.example/")
    links = said(capsys, "invite", *given).splitlines()
    assert len(set(links)) == 3
    with Store("tutelage.db") as store:
        for link in links:
            start, token = link.rsplit("/", 1)
            assert start == "https://labels.example/join"
            invitation = store.accounts.invitation(token)
            assert invitation is not None
            assert (invitation.role, invitation.group, invitation.screening) == ("labeler", "heldout", False)


def test_reviewers_are_not_screened(capsys: pytest.CaptureFixture[str]) -> None:
    token = said(capsys, "invite", "--role", "reviewer").strip().rsplit("/", 1)[1]
    with Store("tutelage.db") as store:
        invitation = store.accounts.invitation(token)
        assert invitation is not None
        assert (invitation.role, invitation.screening) == (Role.reviewer, False)


def test_a_name_is_shown_as_it_is_whatever_it_means_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """`[/x]` would be a mistake in the markup of tables, `[red]` a colour and `:smile:` a face."""
    names = ["[/x]", "[red]y", ":smile:", "Ünï 😀", "\\[z]"]
    with Store("tutelage.db") as store:
        create_app(store)
        for name in names:
            account = join(store, name, screening=True)
            lease = store.queue.lease(account, [TaskKind.flag], 60.0)
            assert lease is not None
            store.journal.submit(lease.id, account, Flagged(sensitive=True), f"of {name}")
    for command in ("list", "screening"):
        shown = said(capsys, command)
        for name in names:
            assert f" {name} " in shown, command


def test_a_name_is_shown_as_it_is_beside_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with Store("tutelage.db") as store:
        store.queue.add([Task(kind="write")], "batch")
        account = join(store, "[/x]")
        lease = store.queue.lease(account, [TaskKind.write], 60.0)
        assert lease is not None
        from tutelage.schema import WrittenPrompt

        store.journal.submit(lease.id, account, WrittenPrompt(text="Say a."), "a-client")
    assert "[/x]" in said(capsys, "agreement")
    assert "alpha: –" in said(capsys, "agreement")


def test_somebody_is_taken_on_limited_and_shut_out(capsys: pytest.CaptureFixture[str]) -> None:
    with Store("tutelage.db") as store:
        join(store, "Ann", screening=True)
    told = said(capsys, "change", "Ann", "--standing", "active", "--daily-limit", "50")
    assert told == "Ann: labeler, training, active, 50 a day\n"
    told = said(capsys, "change", "Ann", "--daily-limit", "0", "--group", "heldout")
    assert told == "Ann: labeler, heldout, active, no limit\n"
    said(capsys, "change", "Ann", "--standing", "disabled")
    with Store("tutelage.db") as store:
        found = store.accounts.named("Ann").account
        assert (found.standing, found.session) == (Standing.disabled, 2)


def test_a_link_for_a_new_password_is_the_apps(capsys: pytest.CaptureFixture[str]) -> None:
    with Store("tutelage.db") as store:
        ann = join(store, "Ann")
        link = said(capsys, "password", "Ann", "--url", "https://labels.example").strip()
        assert link.startswith("https://labels.example/password/")
        assert Sessions(store.accounts).account_of_link(link.rsplit("/", 1)[1]) == ann


def test_what_cannot_be_done_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["list"],
        ["screening"],
        ["agreement"],
        ["change", "Ann", "--role", "owner"],
        ["password", "x"],
    ):
        assert "no such store" in refusal(capsys, *command)
    assert not Path("tutelage.db").exists()
    with Store("tutelage.db") as store:
        join(store, "Ann")
    assert "no such account" in refusal(capsys, "change", "Bob", "--role", "owner")
    assert "no such account" in refusal(capsys, "password", "Bob")
    assert "nothing to change" in refusal(capsys, "change", "Ann")
    assert "start tutelage label" in refusal(capsys, "simulate", "1", "--url", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "arguments",
    [
        ["invite", "0"],
        ["invite", "--role", "god"],
        ["invite", "--days", "0"],
        ["invite", "--days", "inf"],
        ["invite", "--days", "nan"],
        ["change", "Ann", "--daily-limit", "-1"],
        ["change", "Ann", "--standing", "x"],
        ["simulate", "0"],
        ["simulate", "--noise", "-1"],
        ["simulate", "--noise", "inf"],
        ["nothing"],
    ],
)
def test_wrong_options_are_answered_by_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatch(["labelers", *arguments], debug=False) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not Path("tutelage.db").exists()


@pytest.fixture
def url() -> Iterator[str]:
    """A server over the store of this folder."""
    with Store("tutelage.db") as store:
        configuration = uvicorn.Config(create_app(store, Settings(gold_every=0)), port=0, log_level="warning")
        server = uvicorn.Server(configuration)
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_the_embedded_worlds_people_do_all_that_waits(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from argon2 import PasswordHasher

    monkeypatch.setattr("tutelage.web.passwords._hasher", PasswordHasher(1, 8, 1))
    world = World(0)
    prompts = [prompt for prompt in world.prompts() if prompt.split is Split.train][:6]
    people = world.annotators(Group.training, 1.0)
    with Store("tutelage.db") as store:
        store.queue.add(tasks_to_demonstrate(prompts[:2]), "demonstrations")
        store.queue.add(tasks_to_write(2), "written")
        texts = {
            prompt: list(dict.fromkeys(each.demonstrate(prompt) for each in people)) for prompt in prompts
        }
        for kind, batch in ((TaskKind.rank, "rankings"), (TaskKind.evaluate, "evaluation")):
            tasks = [
                Task(kind=kind, prompt=prompt, completions=tuple([*found, "Nothing."][:4]))
                for prompt, found in texts.items()
            ]
            store.queue.add(tasks, batch, overlaps=2)
        told = said(capsys, "simulate", "3", "--heldout", "2", "--seed", "0", "--url", url)
        # 2 demonstrations, 2 prompts, 6 rankings by two, 6 comparisons by two of each group
        assert "5 labelers made 40 judgments" in told
        assert [(each.done, each.open + each.leased) for each in store.overview.progress()] == [
            (2, 0),
            (2, 0),
            (12, 0),
            (24, 0),
        ]
        held_out = {labeler.name for labeler in store.labelers(Group.heldout)}
        assert len(held_out) == 2
        trained = {each.labeler for each in store.rankings(purpose=Purpose.training)}
        assert trained.isdisjoint(held_out)
        assert len(store.rankings(purpose=Purpose.evaluation, group=Group.heldout)) == 12
        assert store.overview.skips() == {}
        assert {prompt.text for prompt in store.prompts(batch="written")} <= {
            prompt.text for prompt in world.prompts()
        }
        told = said(capsys, "simulate", "1", "--judgments", "1", "--url", url)
        assert "1 labelers made 0 judgments" in told
