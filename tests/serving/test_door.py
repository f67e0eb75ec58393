"""Keys: who is let in, who is not, and who is kept waiting."""

from pathlib import Path

import openai
import pytest
from tests.serving.conftest import Open
from tests.serving.house import ASK, House, until

from tutelage.schema import Group, InputError, Role, Standing
from tutelage.serving.door import is_loopback, require_guard
from tutelage.store import Store
from tutelage.web.passwords import GUESSES
from tutelage.web.sessions import COOKIE, Session


def can(house: House, key: str) -> bool:
    try:
        house.client(key).chat.completions.create(model="tiny", messages=ASK, max_tokens=1)
    except openai.AuthenticationError:
        return False
    return True


def test_from_the_first_key_on_one_is_needed(opened: Open) -> None:
    house = opened()
    assert can(house, "anything")
    key = house.store.keys.make("ann")
    until(lambda: not can(house, "anything"))  # within a second
    assert can(house, key)
    assert not can(house, key[:-1])
    assert house.get("/v1/models").status_code == 401
    assert house.get("/metrics").status_code == 401
    assert house.get("/metrics", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert house.get("/health").status_code == 200
    house.store.keys.revoke("ann")
    assert not can(house, key)
    assert not can(house, "anything")  # the last key's end opens nothing


def test_who_is_not_let_in_learns_nothing_of_models_and_sends_no_body(opened: Open) -> None:
    house = opened()
    house.store.keys.make("ann")
    for path in ("/v1/models/tiny", "/v1/models/no"):
        answer = house.get(path)
        assert answer.status_code == 401
        assert "tiny" not in answer.text
    broken = house.post(content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 401


def test_an_open_server_serves_everybody_and_a_keys_own_limits_hold(opened: Open) -> None:
    house = opened(open=True)
    key = house.store.keys.make("ann", longest_completion=1)
    assert house.post(json={"model": "tiny", "messages": ASK}).status_code == 200
    assert can(house, key)
    assert not can(house, "tlg-wrong")
    with pytest.raises(openai.BadRequestError):
        house.client(key).chat.completions.create(model="tiny", messages=ASK, max_tokens=2)


def test_guessing_is_slowed_and_known_keys_are_not(opened: Open) -> None:
    house = opened()
    known, fresh = house.store.keys.make("known"), house.store.keys.make("fresh")
    assert can(house, known)
    for number in range(GUESSES):
        assert not can(house, f"tlg-{number}")
    with pytest.raises(openai.RateLimitError) as caught:
        can(house, "tlg-another")
    assert int(caught.value.response.headers["retry-after"]) > 0
    with pytest.raises(openai.RateLimitError):
        can(house, fresh)  # a right guess is a guess
    assert can(house, known)


def test_a_labeler_who_is_signed_in_needs_no_key(opened: Open) -> None:
    house = opened()
    house.store.keys.make("ann")
    token = house.store.accounts.invite(Role.labeler, Group.training)
    account = house.store.accounts.join(token, "Ann", "hash")
    cookies = {COOKIE: house.desk.sessions.write(Session.start(account))}
    ask = {"model": "tiny", "messages": ASK}
    assert house.post(json=ask, cookies=cookies).status_code == 200
    assert house.post(json=ask, cookies={COOKIE: "forged"}).status_code == 401
    house.store.accounts.change("Ann", standing=Standing.disabled)
    assert house.post(json=ask, cookies=cookies).status_code == 401
    again = house.store.accounts.named("Ann").account
    cookies = {COOKIE: house.desk.sessions.write(Session.start(again))}
    assert house.post(json=ask, cookies=cookies).status_code == 401


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
    ],
)
def test_only_what_nobody_else_reaches_stands_open_unasked(host: str, near: bool, tmp_path: Path) -> None:
    assert is_loopback(host) is near
    with Store(tmp_path / "tutelage.db") as store:
        if near:
            require_guard(store, host, False, False)
        else:
            with pytest.raises(InputError, match="tutelage keys create"):
                require_guard(store, host, False, False)
        with pytest.raises(InputError, match="--open"):
            require_guard(store, host, True, False)  # a proxy lets others in
        require_guard(store, host, True, True)
        store.keys.make("ann")
        require_guard(store, host, True, False)
