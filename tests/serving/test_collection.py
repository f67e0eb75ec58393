"""What is kept of what is asked: nothing unless the server says so, and of nobody who does not want it."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.serving.conftest import Open
from tests.serving.house import House, body, until

from tutelage.schema import Group, InputError, Role
from tutelage.serving.users import ANONYMOUS, LIFETIME, VISITOR_COOKIE, Users
from tutelage.store import Collected


def kept(house: House) -> list[Collected]:
    until(house.idle)
    return house.store.collection.rows()


def test_without_collection_nothing_of_a_prompt_is_on_the_disk(opened: Open, tmp_path: Path) -> None:
    house = opened()
    key = house.store.keys.make("ann")
    answer = house.client(key).chat.completions.with_raw_response.create(
        model="tiny", messages=[{"role": "user", "content": "a xylophone"}], user="u", store=True
    )
    assert "x-tutelage-collection" not in answer.headers
    assert house.get("/health").json()["collection"] is False
    assert "keeps nothing" in house.get("/collection").text
    assert kept(house) == []
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"xylophone" not in path.read_bytes()


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_kept_is_what_was_asked_and_answered(stream: bool, opened: Open) -> None:
    house = opened(collect=True)
    key = house.store.keys.make("ann", user="user-ann")
    answer = house.post(
        json=body(seed=1, n=2, stream=stream, messages=[{"role": "user", "content": "a xylophone"}]),
        headers={"authorization": f"Bearer {key}"},
    )
    assert answer.headers["x-tutelage-collection"].startswith("on; ")
    assert answer.headers["x-tutelage-user"] == "user-ann"
    (row,) = kept(house)
    assert (row.user, row.origin, row.model, row.prompt) == ("user-ann", "api", "tiny", "a xylophone")
    samples = house.desk.models["tiny"].sampler.sample(["a xylophone"], 2, seed=1, max_new_tokens=24)[0]
    assert row.completions == tuple(sample.text for sample in samples)


def test_texts_that_are_gone_on_with_are_kept_each_with_its_own(opened: Open) -> None:
    house = opened(collect=True)
    ask: Any = {"model": "tiny", "prompt": ["one fish", "two"], "n": 2, "user": "u", "max_tokens": 5}
    answer = house.post("/v1/completions", json=ask).json()
    texts = [choice["text"] for choice in answer["choices"]]
    rows = kept(house)
    assert [(row.prompt, list(row.completions)) for row in rows] == [
        ("one fish", texts[:2]),
        ("two", texts[2:]),
    ]
    house.post("/v1/completions", json={"model": "tiny", "prompt": [5, 6], "user": "u"})  # tokens are no text
    assert len(kept(house)) == 2


def test_every_answer_says_so_also_a_refusal(opened: Open) -> None:
    house = opened(collect=True)
    for answer in (house.get("/health"), house.get("/nothing"), house.post(json={}), house.post(content=b"")):
        assert answer.headers["x-tutelage-collection"].startswith("on; ")
    assert house.get("/health").json()["collection"] is True
    text = house.get("/collection").text
    for word in ("kept", "Why", "X-Tutelage-Collection: off", "tutelage data forget"):
        assert word in text


def test_who_does_not_want_it_is_not_kept(opened: Open) -> None:
    house = opened(collect=True)
    assert house.post(json=body(user="u"), headers={"x-tutelage-collection": "OFF"}).status_code == 200
    for value in ("false", "0", "no", "", "on; please"):
        assert house.post(json=body(user="u"), headers={"x-tutelage-collection": value}).status_code == 200
    text = {"model": "tiny", "prompt": "one", "user": "u"}
    assert house.post(json=body(user="u", store=False)).status_code == 200
    assert house.post("/v1/completions", json=text | {"store": False}).status_code == 200
    assert house.post(json=body()).status_code == 200  # of nobody in particular
    assert house.post(json=body(user="u", n=0)).status_code == 400
    assert kept(house) == []
    house.post(json=body(user="u", store=True), headers={"x-tutelage-collection": "On"})
    house.post("/v1/completions", json=text | {"store": True})
    assert len(kept(house)) == 2


def test_ids_that_the_server_makes_are_no_ids_of_keys(opened: Open) -> None:
    house = opened()
    made = Users("secret")
    token = house.store.accounts.invite(Role.owner, Group.training)
    labeler = house.store.accounts.join(token, "Ann", "hash")
    for user in (ANONYMOUS, made.named("ann"), made.new_visitor()[0], made.labeler(labeler)):
        with pytest.raises(InputError, match="server"):
            house.store.keys.make("ann", user=user)


def test_who_is_named_by_a_program_is_the_same_again_and_not_to_be_recognised(opened: Open) -> None:
    house = opened(collect=True)
    for name in ("ann@example.org", "ben", "ann@example.org"):
        house.post(json=body(user=name))
    first, second, third = (row.user for row in kept(house))
    assert first == third != second
    assert "ann" not in first
    assert Users("another secret").named("ann@example.org") != first


def test_a_browser_is_known_by_its_cookie(opened: Open) -> None:
    house = opened(collect=True)
    visitor, cookie = house.desk.users.new_visitor()
    house.post(json=body(user="u"), cookies={VISITOR_COOKIE: cookie})
    house.post(json=body(), cookies={VISITOR_COOKIE: cookie + "x"})
    (row,) = kept(house)
    assert row.user == visitor


def test_a_visitors_cookie_is_of_one_server_and_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    users = Users("secret")
    visitor, cookie = users.new_visitor()
    assert users.visitor(cookie) == visitor
    assert Users("other").visitor(cookie) is None
    assert users.visitor(None) is None
    later = time.time() + LIFETIME + 10
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert users.visitor(cookie) is None


def test_what_is_broken_off_is_not_kept(opened: Open, gate: threading.Event) -> None:
    house = opened(collect=True)
    gate.clear()
    stream = house.client().chat.completions.create(
        model="endless", messages=[{"role": "user", "content": "one"}], user="u", stream=True
    )
    until(lambda: bool(house.desk.running))
    stream.close()
    until(lambda: not house.desk.running)
    gate.set()
    assert kept(house) == []
