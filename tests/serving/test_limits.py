"""A minute's requests and tokens: what is left, and when there is more."""

from typing import Any

import openai
import pytest
from tests.serving.conftest import Open
from tests.serving.house import ASK, House

from tutelage.serving.limits import Bucket, Budgets
from tutelage.serving.settings import Allowance


def test_a_bucket_fills_evenly_within_a_minute() -> None:
    bucket = Bucket(30, now=100.0)
    assert bucket.wait(30, 100.0) == 0
    bucket.add(-30, 100.0)
    assert bucket.wait(1, 100.0) == 2.0  # 30 a minute are one in 2 seconds
    assert bucket.level(101.0) == 0.5
    assert bucket.wait(1, 102.0) == 0
    assert bucket.level(1000.0) == 30  # no more than a minute's is saved up
    bucket.add(-45, 1000.0)  # what was used beyond what was there is owed
    assert bucket.wait(1, 1000.0) == 32.0
    bucket.add(15, 1000.0)
    assert bucket.level(1000.0) == 0


def test_budgets_are_each_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tutelage.serving.limits.USERS", 2)
    budgets, allowance = Budgets(), Allowance(requests_per_minute=1)
    for who in ("ann", "ben"):
        assert budgets.of(who, allowance).wait("requests", 1) == 0
        budgets.of(who, allowance).take("requests", 1)
    assert budgets.of("ann", allowance).wait("requests", 1) > 50
    assert budgets.of("ann", allowance).wait("tokens", 10**9) == 0
    budgets.of("zoe", allowance)  # ben is forgotten, who asked for nothing for the longest time
    assert budgets.of("ann", allowance).wait("requests", 1) > 50
    assert budgets.of("ben", allowance).wait("requests", 1) == 0


def ask(house: House, key: str = "none", **more: Any) -> Any:
    return house.client(key).chat.completions.with_raw_response.create(
        **{"model": "endless", "messages": ASK, "max_tokens": 10, **more}
    )


def refused(house: House, key: str = "none", **more: Any) -> Any:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(house, key, **more)
    return caught.value


def test_a_minutes_requests_are_used_up(opened: Open) -> None:
    house = opened(allowance=Allowance(requests_per_minute=2))
    first = ask(house)
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert first.headers["x-ratelimit-remaining-requests"] == "1"
    assert 25 < float(first.headers["x-ratelimit-reset-requests"].rstrip("s")) <= 30
    ask(house)
    error = refused(house)
    assert isinstance(error, openai.RateLimitError)
    assert error.code == "requests_exceeded"
    assert 25 < int(error.response.headers["retry-after"]) <= 31
    assert error.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert house.client().models.list().data  # looking costs nothing


def test_a_minutes_tokens_are_reserved_and_what_was_not_drawn_is_given_back(opened: Open) -> None:
    house = opened(allowance=Allowance(tokens_per_minute=6000))
    whole = ask(house, max_tokens=50, seed=1)
    used = whole.parse().usage.total_tokens
    assert int(whole.headers["x-ratelimit-remaining-tokens"]) == pytest.approx(6000 - used, abs=100)
    first = whole.parse().choices[0].message.content[0]
    stopped = ask(house, max_tokens=1500, stop=[first], seed=1)
    drawn = stopped.parse().usage
    assert drawn.completion_tokens < 200
    reserved = int(stopped.headers["x-ratelimit-remaining-tokens"])
    assert reserved < 4600
    after = int(ask(house, max_tokens=1).headers["x-ratelimit-remaining-tokens"])
    assert after > reserved + 1000


def test_who_used_up_a_minutes_tokens_waits(opened: Open) -> None:
    house = opened(allowance=Allowance(tokens_per_minute=100))
    ask(house, max_tokens=80)
    error = refused(house, max_tokens=80)
    assert isinstance(error, openai.RateLimitError)
    assert (error.code, error.type) == ("tokens_exceeded", "tokens")
    assert 1 <= int(error.response.headers["retry-after"]) <= 60
    more = refused(house, max_tokens=30, n=4)  # what no minute ever brings is not worth waiting for
    assert isinstance(more, openai.BadRequestError)
    assert "100 a minute" in more.message


def test_a_key_has_limits_of_its_own(opened: Open) -> None:
    house = opened(allowance=Allowance(requests_per_minute=1, longest_completion=20))
    poor = house.store.keys.make("poor")
    rich = house.store.keys.make("rich", requests_per_minute=3, longest_completion=40)
    ask(house, poor)
    assert refused(house, poor).code == "requests_exceeded"
    for _ in range(3):
        ask(house, rich, max_tokens=40)
    assert refused(house, rich).code == "requests_exceeded"


def test_no_answer_is_longer_than_its_key_allows(opened: Open) -> None:
    house = opened()
    key = house.store.keys.make("short", longest_completion=5)
    error = refused(house, key, max_tokens=6)
    assert (error.status_code, error.param) == (400, "max_tokens")
    assert ask(house, key, max_tokens=5).parse().usage.completion_tokens == 5
    assert ask(house, key, max_tokens=None).parse().usage.completion_tokens == 5
