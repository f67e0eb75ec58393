"""Names of the hub are read in one way only, and written as they were read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.hub import HubName


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("gpt2", HubName("gpt2")),
        ("org/model-1.5B", HubName("org/model-1.5B")),
        ("org/model@v1.0", HubName("org/model", "v1.0")),
        ("org/model@refs/pr/3", HubName("org/model", "refs/pr/3")),
        ("org/set:en", HubName("org/set", None, "en")),
        ("org/set:en:test", HubName("org/set", None, "en", "test")),
        ("org/set::test", HubName("org/set", None, None, "test")),
        ("org/set@main::test[:10%]", None),
        ("org/set@abc:en:validation.1", HubName("org/set", "abc", "en", "validation.1")),
    ],
)
def test_the_parts_of_a_name(text: str, name: HubName | None) -> None:
    assert HubName.parse(text) == name
    if name is not None:
        assert str(name) == text


@pytest.mark.parametrize(
    "text", ["", "./a/b", "/a/b", "a/b/", "a/b/c", "~/a", "a b", "org/x@", "a@b@c", "../a"]
)
def test_paths_are_no_names(text: str) -> None:
    assert HubName.parse(text) is None


parts = st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)


@given(parts.filter(bool), parts, parts, parts)
def test_what_is_written_is_read_again(name: str, revision: str, configuration: str, split: str) -> None:
    written = HubName(f"owner/{name}", revision, configuration, split)
    assert HubName.parse(str(written)) == written
