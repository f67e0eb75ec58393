"""Keys: shown once, kept as a hash, of no use when revoked."""

from pathlib import Path

import pytest
from sqlalchemy import select

from tutelage.schema import InputError
from tutelage.store import Store
from tutelage.store.tables import keys as table


def test_a_key_is_found_by_its_secret_alone(place: str | Path) -> None:
    with Store(place) as store:
        assert not store.keys.exist()
        secret = store.keys.make(
            "ann", requests_per_minute=3, tokens_per_minute=500, longest_completion=9, now=7.0
        )
        other = store.keys.make("ben")
        assert secret.startswith("tlg-")
        assert len({secret, other}) == 2
        assert len(secret) >= len("tlg-") + 43  # 256 bits
        found = store.keys.find(secret)
        assert found is not None
        assert (found.name, found.requests_per_minute, found.tokens_per_minute) == ("ann", 3, 500)
        assert (found.longest_completion, found.revoked, found.at) == (9, False, 7.0)
        for wrong in ("", "tlg-", secret[:-1], secret + "x", secret.upper(), "\ud800", "\0"):
            assert store.keys.find(wrong) is None
        assert [key.name for key in store.keys.all()] == ["ann", "ben"]
        assert store.keys.exist()


def test_the_secret_is_nowhere_in_the_database(place: str | Path) -> None:
    with Store(place) as store:
        secret = store.keys.make("ann")
        with store._engine.begin() as connection:
            (row,) = connection.execute(select(table))
        assert secret not in repr(row)
        assert secret.removeprefix("tlg-") not in repr(row)


def test_a_revoked_key_is_found_no_more_and_still_listed(place: str | Path) -> None:
    with Store(place) as store:
        secret = store.keys.make("ann")
        store.keys.revoke("ann")
        assert store.keys.find(secret) is None
        assert [(key.name, key.revoked) for key in store.keys.all()] == [("ann", True)]
        assert store.keys.exist()
        with pytest.raises(InputError, match="'ann'"):
            store.keys.revoke("anne")


def test_users_are_ids_of_their_own_unless_one_is_given(place: str | Path) -> None:
    with Store(place) as store:
        store.keys.make("ann")
        store.keys.make("ben")
        ann, ben = store.keys.all()
        assert ann.user != ben.user
        assert "ann" not in ann.user
        store.keys.make("ann's next", user=ann.user)
        assert store.keys.all()[-1].user == ann.user


@pytest.mark.parametrize(
    "values",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"name": " ann"},
        {"name": "ann\u00a0"},
        {"name": "a\nb"},
        {"name": "taken"},
        {"user": ""},
        {"user": "x" * 65},
        {"user": "\0"},
        {"user": "a b"},
        {"user": "zoë"},
        {"user": "Anonymous"},
        {"user": "named-1"},
        {"user": "visitor-1"},
        {"user": "labeler-1"},
        {"requests_per_minute": 0},
        {"tokens_per_minute": -1},
        {"longest_completion": 2**31},
    ],
)
def test_what_is_no_key_is_refused(values: dict[str, object], place: str | Path) -> None:
    with Store(place) as store:
        store.keys.make("taken")
        with pytest.raises(InputError):
            store.keys.make(**{"name": "new", **values})  # type: ignore[arg-type]
        assert len(store.keys.all()) == 1


def test_a_name_and_an_id_never_stand_for_two_users(place: str | Path) -> None:
    """Whoever is to be forgotten is named by either."""
    with Store(place) as store:
        store.keys.make("ann", user="ann")  # one user by both
        store.keys.make("ann's next", user="ann")
        store.keys.make("ben", user="ben-1")
        store.collection.add(user="gone", origin="api", model="m", prompt="p", completions=["c"])
        for name in ("ben-1", "gone"):
            with pytest.raises(InputError, match="a user's id"):
                store.keys.make(name)
        with pytest.raises(InputError, match="another user's key"):
            store.keys.make("new", user="ben")
        assert [key.name for key in store.keys.all()] == ["ann", "ann's next", "ben"]
