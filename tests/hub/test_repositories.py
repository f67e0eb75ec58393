"""Commits and files of the hub: with and without tokens, network and cache, and one line for each thing in the way."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hub.mirror import POOR_TOKEN, TOKEN, Mirror, commit

from tutelage.hub import HubName, Kind, commit_of, fetch
from tutelage.schema import InputError

FILES = {"config.json": b"{}", "deep/weights.bin": b"12"}


def refusal(text: str, kind: Kind = "model") -> str:
    """What is said of a name: one line, and no token in it."""
    name = HubName.parse(text)
    assert name is not None
    with pytest.raises(InputError) as caught:
        fetch(name, kind)
    line = str(caught.value)
    assert "\n" not in line
    assert "hf_of" not in line
    assert line.startswith(f"{text}: ")
    return line.removeprefix(f"{text}: ")


def test_a_branch_is_its_commit_and_a_commit_stays_what_it_is(mirror: Mirror) -> None:
    first = mirror.add("models/org/m", FILES)
    name = HubName("org/m")
    assert commit_of("org/m", None, "model") == commit_of("org/m", first, "model") == first
    second = mirror.add("models/org/m", {"config.json": b"[]"}, number=2)
    assert commit_of("org/m", None, "model") == first  # within one process a name means one commit
    commit_of.cache_clear()
    assert commit_of("org/m", None, "model") == second
    assert (fetch(name, "model") / "config.json").read_bytes() == b"[]"
    assert (fetch(HubName("org/m", first), "model") / "config.json").read_bytes() == b"{}"


def test_only_files_that_are_wanted_are_fetched(mirror: Mirror, cache: Path) -> None:
    mirror.add("datasets/org/d", FILES)
    folder = fetch(HubName("org/d"), "dataset", ["*.json"], ["deep/*"])
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["config.json"]
    assert folder == cache / "datasets--org--d" / "snapshots" / commit(1)
    assert (fetch(HubName("org/d"), "dataset") / "deep" / "weights.bin").read_bytes() == b"12"


def test_tokens_come_from_the_environment_or_the_login_alone(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mirror.add("models/org/secret", FILES, open_to=TOKEN)
    mirror.add("models/org/gated", FILES, open_to=TOKEN, gated=True)
    assert refusal("org/secret") == (
        "the hub has no such model, or it is private and there is no token; "
        "check the name; for a private one log in with `hf auth login`, or set HF_TOKEN"
    )
    assert refusal("org/gated") == (
        "the model is gated, and there is no token; "
        "ask for access on its page, then log in with `hf auth login`, or set HF_TOKEN"
    )
    monkeypatch.setenv("HF_TOKEN", POOR_TOKEN)
    assert refusal("org/secret") == (
        "the hub has no such model, or none that the token given may read; check the name, and whose token it is"
    )
    assert refusal("org/gated") == (
        "the model is gated, and the token given may not read it; ask for access on its page"
    )
    monkeypatch.setenv("HF_TOKEN", "hf_of_yesterday")
    assert refusal("org/secret").startswith("the hub does not accept the token given; make a new one")
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / "token").write_text(TOKEN)  # where `hf auth login` puts it
    assert (fetch(HubName("org/secret"), "model") / "config.json").exists()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert (fetch(HubName("org/gated"), "model") / "config.json").exists()


def test_what_the_hub_does_not_have(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror.add("models/org/m", FILES)
    mirror.add("datasets/org/d", FILES)
    assert refusal("org/n").startswith("the hub has no such model, or it is private")
    assert refusal("org/m@v2") == (
        "the model org/m has no revision 'v2'; name a branch, a tag or a commit after the @"
    )
    assert refusal(f"org/m@{commit(7)}").startswith(f"the model org/m has no revision '{commit(7)}'")
    assert refusal("org/d@test", "dataset").endswith("; a split is written OWNER/NAME::SPLIT")
    assert refusal("org/m", "dataset").startswith("the hub has no such data set")


def test_offline_the_cache_is_all_there_is(mirror: Mirror, offline: Callable[[], None]) -> None:
    first = mirror.add("models/org/m", FILES)
    fetch(HubName("org/m"), "model")
    mirror.add("models/org/part", FILES, number=3)
    fetch(HubName("org/part"), "model", ["*.json"])
    mirror.add("models/org/m", {"config.json": b"[]"}, number=2)
    offline()
    asked = len(mirror.asked)
    assert commit_of("org/m", None, "model") == first
    assert (fetch(HubName("org/m"), "model") / "config.json").read_bytes() == b"{}"
    for text in ("org/other", f"org/m@{commit(2)}", "org/part"):
        assert refusal(text) == (
            "the model is not in the hub's cache, or not all of it, and HF_HUB_OFFLINE forbids to fetch it; "
            "fetch it once without HF_HUB_OFFLINE, or check HF_HOME"
        )
    assert len(mirror.asked) == asked


def test_a_cache_that_other_tools_filled_is_enough(cache: Path, offline: Callable[[], None]) -> None:
    """Its standard layout: refs, snapshots of links, blobs; no list of a commit's files beside them."""
    repository = cache / "models--org--m"
    for folder in ("refs", "blobs", f"snapshots/{commit(4)}"):
        (repository / folder).mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit(4))
    (repository / "blobs" / "content").write_text("{}")
    (repository / "snapshots" / commit(4) / "config.json").symlink_to("../../blobs/content")
    offline()
    assert commit_of("org/m", None, "model") == commit(4)
    assert (fetch(HubName("org/m"), "model") / "config.json").read_text() == "{}"


def test_without_a_network_the_last_commit_that_was_seen_serves(
    mirror: Mirror, unplugged: Callable[[], None]
) -> None:
    first = mirror.add("models/org/m", FILES)
    fetch(HubName("org/m"), "model")
    unplugged()
    assert commit_of("org/m", None, "model") == first
    assert (fetch(HubName("org/m"), "model") / "config.json").exists()
    assert refusal("org/other") == (
        "the model is not in the hub's cache, or not all of it, and 127.0.0.1:9 cannot be reached; "
        "check the network, or name a mirror with HF_ENDPOINT"
    )


def test_a_hub_that_is_down_says_so(mirror: Mirror) -> None:
    mirror.broken = 503
    assert refusal("org/m").endswith("answers with 503; try again later")


def test_the_environment_is_what_the_library_reads(mirror: Mirror, cache: Path) -> None:
    """In a process of its own: HF_ENDPOINT, HF_HUB_CACHE, HF_TOKEN, then HF_HUB_OFFLINE."""
    mirror.add("models/org/secret", FILES, open_to=TOKEN)
    program = (
        "from tutelage.hub import HubName, fetch; import sys\n"
        "print(fetch(HubName('org/secret'), 'model'))\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    given = {"HF_ENDPOINT": mirror.url, "HF_HUB_CACHE": str(cache), "HF_TOKEN": TOKEN}
    for further in ({}, {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9"}):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **given, **further},
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == str(cache / "models--org--secret" / "snapshots" / commit(1)), (
            done.stderr
        )
        assert TOKEN not in done.stdout + done.stderr
