"""The playground's addresses: who may ask, whose word counts as what, and that nobody can put words into a mouth."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from argon2 import PasswordHasher
from tests.serving.browser.material import ANSWERS
from tests.serving.browser.playground import Playground
from tests.serving.house import PATIENCE, House, until

from tutelage.cli.main import main
from tutelage.schema import Group, Purpose, Role, Standing
from tutelage.serving.errors import ApiError
from tutelage.serving.judging import Given, Receipts
from tutelage.serving.settings import Settings
from tutelage.store import Store
from tutelage.web.passwords import GUESSES, hash_password

PASSWORD = "correct horse battery"
PROMPT = "name an animal."
Open = Callable[..., House]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that take no time, as nobody is after this password."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("tutelage.web.passwords._hasher", quick)
    monkeypatch.setattr("tutelage.web.passwords._nobodys", quick.hash("nobody"))


@dataclass
class Person:
    """Somebody's browser."""

    client: httpx2.Client
    headers: dict[str, str] = field(default_factory=dict)

    def open(self) -> dict[str, Any]:
        """Load the page; returns what it tells its script."""
        html = self.client.get("/").text
        token = re.search(r'name="csrf" content="([^"]+)"', html)
        facts = re.search(r'id="page-facts">(.*?)</script>', html)
        assert token
        assert facts
        self.headers["x-csrf-token"] = token[1]
        return json.loads(facts[1])

    def post(self, path: str, body: Any, **headers: str) -> httpx2.Response:
        """What the page's script sends."""
        return self.client.post(path, json=body, headers={**self.headers, **headers})

    def ask(self, model: str, prompt: str = PROMPT, **more: Any) -> list[dict[str, Any]]:
        """The events of an answer."""
        headers = more.pop("headers", {})
        question = {
            "model": model,
            "messages": [{"role": "user", "content": prompt}],
            "seed": 3,
            "max_tokens": 8,
        }
        response = self.post("/playground/answers", {**question, "stream": True, **more}, **headers)
        assert response.status_code == 200, response.text
        *events, done = response.text.strip().split("\n\n")
        assert done == "data: [DONE]"
        return [json.loads(event.removeprefix("data: ")) for event in events]

    def receipt(self, model: str, prompt: str = PROMPT, **more: Any) -> str | None:
        """The receipt of an answer."""
        return self.ask(model, prompt, **more)[-1]["receipt"]

    def judge(self, receipts: list[Any], ranks: list[Any], **headers: str) -> httpx2.Response:
        """Say which is better."""
        return self.post("/playground/judgments", {"receipts": receipts, "ranks": ranks}, **headers)

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx2.Response:
        """By name and password; the page is loaded anew."""
        response = self.post("/playground/sign-in", {"name": name, "password": password})
        if response.is_success:
            self.open()
        return response


def visitor(house: House) -> Person:
    person = Person(httpx2.Client(base_url=house.url, timeout=PATIENCE))
    person.open()
    return person


def hire(store: Store, name: str, group: Group = Group.training, screening: bool = False) -> None:
    store.accounts.join(store.accounts.invite(Role.labeler, group, screening), name, hash_password(PASSWORD))


def said(events: list[dict[str, Any]]) -> str:
    deltas = [choice["delta"] for event in events for choice in event["choices"]]
    return "".join(delta.get("content", "") for delta in deltas)


def test_an_answer_is_that_of_chat_and_ends_with_a_receipt(opened: Open) -> None:
    house = opened(collect=True)
    events = visitor(house).ask("tiny")
    question = {"messages": [{"role": "user", "content": PROMPT}], "seed": 3, "max_tokens": 8}
    chat = house.client().chat.completions.create(model="tiny", **question)
    assert said(events) == chat.choices[0].message.content != ""
    assert events[-1]["usage"]["completion_tokens"] == chat.usage.completion_tokens
    assert len(events[-1]["receipt"]) > 20
    until(lambda: len(house.store.collection.rows()) == 1)
    [row] = house.store.collection.rows()
    assert (row.origin, row.model, row.prompt) == ("playground", "tiny", PROMPT)
    assert row.completions == (said(events),)


def test_whose_an_answer_is_does_not_hang_on_a_name_or_a_key_that_nobody_needs(opened: Open) -> None:
    house = opened(collect=True)
    person = visitor(house)
    question = {"model": "tiny", "messages": [{"role": "user", "content": PROMPT}], "stream": True}
    refused = person.post("/playground/answers", {**question, "user": "somebody else"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "user")
    hire(house.store, "ann")
    assert person.sign_in("ann").is_success
    needless = {"authorization": "Bearer none"}
    receipts = [person.receipt(model, headers=needless) for model in ("tiny", "endless")]
    assert person.judge(receipts, [1, 2]).status_code == 204
    until(lambda: len(house.store.collection.rows()) == 2)
    assert {row.user for row in house.store.collection.rows()} == {person.open()["user"]}


@pytest.mark.parametrize("stream", [True, False])
def test_a_model_that_has_spoken_before_anybody_listens_is_heard_to_the_end(
    tmp_path: Path, stream: bool
) -> None:
    with Playground(tmp_path / "tutelage.db", ANSWERS, Settings()) as site:
        client = openai.OpenAI(base_url=f"{site.url}/v1", api_key="none", max_retries=0)
        ask = partial(client.chat.completions.create, messages=[{"role": "user", "content": PROMPT}])
        for _ in range(20):
            for model, text in ANSWERS.items():
                if stream:
                    chunks = [chunk.choices[0] for chunk in ask(model=model, stream=True)]
                    heard, reason = (
                        "".join(each.delta.content or "" for each in chunks),
                        chunks[-1].finish_reason,
                    )
                else:
                    [choice] = ask(model=model).choices
                    heard, reason = choice.message.content, choice.finish_reason
                assert (heard, reason) == (text, "stop")


@pytest.mark.parametrize("group", Group)
@pytest.mark.parametrize("collect", [True, False])
def test_a_labelers_word_is_an_evaluation(opened: Open, group: Group, collect: bool) -> None:
    house = opened(collect=collect)
    hire(house.store, "Ann", group)
    ann = visitor(house)
    assert ann.sign_in("Ann").status_code == 204
    facts = ann.open()
    assert (facts["labeler"], facts["evaluates"]) == ("Ann", True)
    answers = [ann.ask(model) for model in ("tiny", "endless")]
    assert ann.judge([answer[-1]["receipt"] for answer in answers], [2, 1]).status_code == 204
    [ranking] = house.store.rankings(batch="playground", purpose=Purpose.evaluation)
    assert (ranking.labeler, ranking.sources, ranking.ranks) == ("Ann", ("tiny", "endless"), (2, 1))
    assert ranking.prompt.text == PROMPT
    assert ranking.completions == tuple(map(said, answers))
    assert house.store.rankings(purpose=Purpose.training) == []
    assert house.store.collection.feedback() == []
    house.store.freeze("as judged")  # would be refused where a held-out labeler's word were for training


def test_evaluations_of_the_playground_are_read_by_evaluate_preference(
    opened: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = opened()
    hire(house.store, "Ann")
    ann = visitor(house)
    ann.sign_in("Ann")
    for prompt in ("one.", "two."):
        ann.judge([ann.receipt("tiny", prompt), ann.receipt("endless", prompt)], [2, 1])
    command = [
        "evaluate",
        "preference",
        "--rankings",
        str(tmp_path / "tutelage.db"),
        "--batch",
        "playground",
        "--baseline",
        "tiny",
    ]
    with pytest.raises(SystemExit, match="0"):
        main(command)
    assert "endless" in capsys.readouterr().out


def test_anybody_elses_word_is_feedback_while_it_may_be_kept(opened: Open) -> None:
    house = opened(collect=True)
    eve = visitor(house)
    facts = eve.open()
    assert facts["user"].startswith("visitor-")
    assert (facts["labeler"], facts["evaluates"]) == (None, False)
    answers = [eve.ask(model) for model in ("tiny", "endless")]
    assert eve.judge([answer[-1]["receipt"] for answer in answers], [1, 1]).status_code == 204
    [kept] = house.store.collection.feedback()
    assert (kept.user, kept.sources, kept.ranks) == (facts["user"], ("tiny", "endless"), (1, 1))
    assert kept.completions == tuple(map(said, answers))
    assert house.store.rankings() == []


def test_a_newcomer_at_the_screening_is_like_anybody_else(opened: Open) -> None:
    house = opened(collect=True)
    hire(house.store, "Nia", screening=True)
    nia = visitor(house)
    nia.sign_in("Nia")
    assert nia.open()["evaluates"] is False
    assert nia.judge([nia.receipt("tiny"), nia.receipt("endless")], [1, 2]).status_code == 204
    assert house.store.rankings() == []
    assert len(house.store.collection.feedback()) == 1


OFF = {"x-tutelage-collection": "off"}


@pytest.mark.parametrize(
    ("collect", "more"), [(False, {}), (True, {"headers": OFF}), (True, {"store": False})]
)
def test_nothing_is_kept_of_who_does_not_want_it_and_where_nothing_is_collected(
    opened: Open, collect: bool, more: dict[str, Any]
) -> None:
    house = opened(collect=collect)
    eve = visitor(house)
    assert eve.receipt("tiny", **more) is None
    until(house.idle)
    assert house.store.collection.rows() == []
    assert house.desk.receipts._given == {}


def test_who_changes_their_mind_before_judging_is_not_recorded(opened: Open) -> None:
    house = opened(collect=True)
    eve = visitor(house)
    receipts = [eve.receipt("tiny"), eve.receipt("endless")]
    refused = eve.judge(receipts, [1, 2], **OFF)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_kept")
    assert house.store.collection.feedback() == []


def test_a_receipt_is_good_once_and_for_one_person(opened: Open) -> None:
    house = opened(collect=True)
    eve, mallory = visitor(house), visitor(house)
    receipts = [eve.receipt("tiny"), eve.receipt("endless")]
    assert mallory.judge(receipts, [1, 2]).status_code == 409
    assert eve.judge([receipts[0], "made up"], [1, 2]).status_code == 409
    assert eve.judge(receipts, [1, 2]).status_code == 204
    assert eve.judge(receipts, [2, 1]).status_code == 409
    assert [kept.ranks for kept in house.store.collection.feedback()] == [(1, 2)]


@pytest.mark.parametrize(
    ("ranks", "status"),
    [
        ([1, 3], 400),
        ([0, 1], 400),
        ([1], 400),
        ([1, 2, 3], 400),
        ([True, 2], 400),
        (["1", "2"], 400),
        ([1, 2], 204),
    ],
)
def test_ranks_are_ranks(opened: Open, ranks: list[Any], status: int) -> None:
    eve = visitor(opened(collect=True))
    assert eve.judge([eve.receipt("tiny"), eve.receipt("endless")], ranks).status_code == status


def test_answers_to_different_prompts_and_one_answer_twice_are_not_compared(opened: Open) -> None:
    house = opened(collect=True)
    eve = visitor(house)
    one, other = eve.receipt("tiny", "one."), eve.receipt("endless", "two.")
    assert eve.judge([one, other], [1, 2]).status_code == 400
    assert eve.judge([one, one], [1, 2]).status_code == 400
    assert house.store.collection.feedback() == []


def test_receipts_are_forgotten_when_they_are_too_many_or_too_old() -> None:
    receipts = Receipts(largest=100, lifetime=60)
    first, second, third = (receipts.give(Given("u", "p" * 10, model, "t" * 30)) for model in "abc")
    with pytest.raises(ApiError, match="not_to_be_judged"):
        receipts.take([first, second], "u")
    assert [each.model for each in receipts.take([second, third], "u")] == ["b", "c"]
    old = [receipts.give(Given("u", "p", model, "t", at=time.monotonic() - 61)) for model in "de"]
    with pytest.raises(ApiError, match="not_to_be_judged"):
        receipts.take(old, "u")
    receipts.give(Given("u", "p", "f", "t"))
    assert len(receipts._given) == 1


@pytest.mark.parametrize("path", ["answers", "judgments", "sign-in", "sign-out"])
def test_what_another_site_sends_is_refused(opened: Open, path: str) -> None:
    eve = visitor(opened(collect=True))
    eve.headers["x-csrf-token"] = "of another session"
    refused = eve.post(f"/playground/{path}", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "stale_page")


@pytest.mark.parametrize("prompt", ["", " \n "])
def test_a_blank_prompt_is_refused(house: House, prompt: str) -> None:
    body = {"model": "tiny", "messages": [{"role": "user", "content": prompt}]}
    refused = visitor(house).post("/playground/answers", body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "empty_prompt")


def test_where_keys_are_needed_a_key_or_a_labelers_session_lets_in(opened: Open) -> None:
    house = opened(collect=True)
    key = house.store.keys.make("eve")
    hire(house.store, "Ann")
    eve = visitor(house)
    body = {"model": "tiny", "messages": [{"role": "user", "content": PROMPT}]}
    assert eve.post("/playground/answers", body).status_code == 401
    assert eve.post("/playground/answers", body, authorization="Bearer tlg-wrong").status_code == 401
    by_key = {"authorization": f"Bearer {key}"}
    receipts = [eve.receipt(model, headers=by_key) for model in ("tiny", "endless")]
    assert eve.judge(receipts, [1, 2]).status_code == 401
    assert eve.judge(receipts, [1, 2], **by_key).status_code == 204
    [kept] = house.store.collection.feedback()
    assert kept.user == house.store.keys.all()[0].user
    ann = visitor(house)
    assert ann.sign_in("Ann").status_code == 204
    assert ann.client.get("/v1/models").status_code == 200


def test_wrong_passwords_are_refused_and_soon_not_even_tried(opened: Open) -> None:
    house = opened()
    hire(house.store, "Ann")
    eve = visitor(house)
    assert eve.sign_in("nobody").status_code == 401
    for _ in range(GUESSES):
        assert eve.sign_in("Ann", "wrong password").json()["error"]["code"] == "wrong_password"
    refused = eve.sign_in("Ann")
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_guesses")
    assert int(refused.headers["retry-after"]) > 200


def test_signing_out_ends_the_session_and_a_closed_account_has_none(opened: Open) -> None:
    house = opened()
    hire(house.store, "Ann")
    ann = visitor(house)
    ann.sign_in("Ann")
    earlier = dict(ann.client.cookies)
    assert ann.post("/playground/sign-out", {}).status_code == 204
    assert ann.open()["labeler"] is None
    ann.client.cookies.update(earlier)
    assert ann.open()["labeler"] is None
    house.store.accounts.change("Ann", standing=Standing.disabled)
    assert ann.sign_in("Ann").json()["error"]["code"] == "account_closed"


def test_the_page_of_collection_tells_a_browser_its_id_and_programs_the_plain_text(opened: Open) -> None:
    house = opened(collect=True)
    eve = visitor(house)
    user = eve.open()["user"]
    html = eve.client.get("/collection", headers={"accept": "text/html"})
    assert f'<code id="user">{user}</code>' in html.text
    plain = eve.client.get("/collection")
    assert plain.headers["content-type"].startswith("text/plain")
    assert user not in plain.text
    stranger = house.get("/collection", headers={"accept": "text/html"})
    assert 'id="user"' not in stranger.text


def test_no_visitor_is_known_where_nothing_is_kept_and_the_page_runs_no_script_but_its_own(
    house: House,
) -> None:
    response = house.get("/")
    assert "tutelage-visitor" not in response.cookies
    assert "script-src 'self';" in response.headers["content-security-policy"]
    assert re.findall(r"<script(?![^>]*(?: src=| type=\"application/json\"))", response.text) == []
    assert re.findall(r"<style|style=|https?://(?!www\.w3\.org)", response.text) == []
    assert house.get("/static/playground.js").headers["content-type"].startswith("text/javascript")
    assert house.get("/static/none.js").status_code == 404
