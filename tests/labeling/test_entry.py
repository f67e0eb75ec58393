"""Only who has the link or the password comes in, and nobody learns who else has one."""

import time
from collections.abc import Callable
from html import unescape
from urllib.parse import quote

import pytest
from itsdangerous import URLSafeTimedSerializer
from tests.labeling.house import PASSWORD, SITE, House, Person

from tutelage.schema import Group, Role, Standing
from tutelage.web.passwords import GUESSES
from tutelage.web.sessions import COOKIE, LIFETIME

WRONG = "not the password"


def joining(house: House, name: str, password: str = PASSWORD, again: str | None = None) -> tuple[int, str]:
    """The answer to somebody who follows a fresh link, and its text."""
    token = house.store.accounts.invite(Role.labeler, Group.training)
    sent = house.stranger().post(
        f"/join/{token}", name=name, password=password, again=password if again is None else again
    )
    return sent.status_code, sent.text


def test_who_follows_the_link_and_chooses_a_password_is_in(house: House) -> None:
    token = house.store.accounts.invite(Role.reviewer, Group.heldout)
    newcomer = house.stranger()
    assert "reviewer" in newcomer.get(f"/join/{token}").text
    sent = newcomer.post(f"/join/{token}", name="  Ann  B ", password=PASSWORD, again=PASSWORD)
    assert (sent.status_code, sent.headers["location"]) == (303, "/")
    assert newcomer.get("/api/me").json() == {
        "name": "Ann B",
        "role": "reviewer",
        "group": "heldout",
        "standing": "active",
    }
    cookie = sent.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_link_makes_one_account(house: House) -> None:
    token = house.store.accounts.invite(Role.labeler, Group.training)
    fields = {"password": PASSWORD, "again": PASSWORD}
    assert house.stranger().post(f"/join/{token}", name="Ann", **fields).status_code == 303
    before = house.everything()
    assert house.stranger().post(f"/join/{token}", name="Ben", **fields).status_code == 404
    assert house.stranger().get(f"/join/{token}").status_code == 404
    assert house.stranger().get(f"/join/{token[:-1]}").status_code == 404
    assert house.everything() == before


def test_an_old_link_makes_none(house: House) -> None:
    token = house.store.accounts.invite(Role.labeler, Group.training, seconds=-1.0)
    assert house.stranger().get(f"/join/{token}").status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb\x07", "a/b", ".", "..", "invite", "‮evil", "a\0b"])
def test_a_name_that_cannot_be_one_is_refused(name: str, house: House) -> None:
    before = house.store.accounts.all()
    assert joining(house, name)[0] == 422
    assert house.store.accounts.all() == before


def test_a_name_is_one_persons(house: House, ann: Person) -> None:
    status, text = joining(house, "Ann")
    assert (status, "is taken" in text) == (422, True)
    assert len(house.store.accounts.all()) == 1


def test_a_password_is_long_and_typed_the_same_twice(house: House) -> None:
    assert "too short" in joining(house, "Ann", "123456789")[1]
    assert "two ways" in joining(house, "Ann", PASSWORD, PASSWORD + " ")[1]
    assert house.store.accounts.all() == []


def test_a_name_is_typed_as_it_was_chosen_whatever_the_blanks(house: House) -> None:
    house.join("Ann B")
    sent = house.stranger().post("/login", name=" Ann   B ", password=PASSWORD)
    assert sent.status_code == 303


def test_a_name_that_nobody_has_and_a_wrong_password_are_answered_alike(house: House, ann: Person) -> None:
    unknown = house.stranger().post("/login", name="Bob", password=WRONG)
    known = house.stranger().post("/login", name="Ann", password=WRONG)
    assert unknown.status_code == known.status_code == 401
    tokens = [line for line in known.text.splitlines() if "csrf" not in line]
    assert [line.replace("Bob", "Ann") for line in unknown.text.splitlines() if "csrf" not in line] == tokens


@pytest.mark.parametrize("name", ["Ann", "Nobody"])
def test_who_guesses_must_wait_even_with_the_right_one(name: str, house: House, ann: Person) -> None:
    for _ in range(GUESSES):
        assert house.stranger().post("/login", name=name, password=WRONG).status_code == 401
    assert house.stranger().post("/login", name=name, password=PASSWORD).status_code == 429
    assert ann.get("/").status_code == 200  # who is in already is not disturbed


def test_the_right_password_forgives_earlier_slips(house: House, ann: Person) -> None:
    for password in [WRONG] * (GUESSES - 1) + [PASSWORD] + [WRONG] * (GUESSES - 1):
        house.stranger().post("/login", name="Ann", password=password)
    assert house.stranger().post("/login", name="Ann", password=PASSWORD).status_code == 303


def test_names_beyond_measure_are_not_kept_to_be_counted(house: House) -> None:
    house.stranger().post("/login", name="x" * 500_000, password=WRONG)
    kept = house.app.state.desk.guesses._wrong
    assert [len(name) for name in kept] == [101]


def test_who_is_shut_out_stays_out(house: House) -> None:
    zoe = house.join("Zoe", standing=Standing.disabled)
    assert zoe.get("/").headers["location"] == "/login?next=/"
    assert zoe.send("/api/next", {}).status_code == 401
    assert house.stranger().post("/login", name="Zoe", password=PASSWORD).status_code == 403
    assert house.stranger().post("/login", name="Zoe", password=WRONG).status_code == 401


def test_signing_out_forgets_the_cookie_and_copies_of_it(house: House, ann: Person) -> None:
    assert ann.account is not None
    cookie = ann.client.cookies[COOKIE]
    elsewhere = house.sit_down(ann.account)
    assert ann.post("/logout").status_code == 303
    for browser in (ann, house.with_cookie(cookie), elsewhere):
        assert browser.get("/").headers["location"] == "/login?next=/"
    assert house.stranger().post("/logout").status_code == 303  # whoever is out already


def test_one_comes_to_where_one_wanted_to_go(house: House, ann: Person) -> None:
    stranger = house.stranger()
    asked = stranger.get("/mine")
    assert asked.headers["location"] == "/login?next=/mine"
    assert 'value="/mine"' in stranger.get("/login?next=/mine").text
    sent = stranger.post("/login", name="Ann", password=PASSWORD, next="/mine")
    assert sent.headers["location"] == "/mine"


@pytest.mark.parametrize(
    "wanted", ["/export/rankings.jsonl?batch=a%26b&purpose=training", "/people/100%25", "/mine?%ff=+", "/?"]
)
def test_the_whole_address_is_kept_while_one_signs_in(wanted: str, house: House, ann: Person) -> None:
    stranger = house.stranger()
    page = stranger.get(stranger.get(wanted).headers["location"]).text
    kept = unescape(page.split('name="next" value="')[1].split('"')[0])
    sent = stranger.post("/login", name="Ann", password=PASSWORD, next=kept)
    assert sent.headers["location"] == wanted.rstrip("?")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "evil.example",
    ],
)
def test_signing_in_leads_to_no_other_site(elsewhere: str, house: House, ann: Person) -> None:
    sent = house.stranger().post("/login", name="Ann", password=PASSWORD, next=elsewhere)
    assert sent.status_code == 303
    location = sent.headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\", "/\t", "/\n"))
    assert sent.next_request is not None
    assert str(sent.next_request.url).startswith(f"{SITE}/")


def test_the_page_for_signing_in_shows_what_is_next_as_text(house: House) -> None:
    wanted = quote('"><script>alert(1)</script>')
    page = house.stranger().get(f"/login?next={wanted}").text
    assert "<script>alert" not in page


FORGERIES: dict[str, Callable[[House, str], str]] = {
    "no cookie at all": lambda house, cookie: "",
    "nonsense": lambda house, cookie: "nonsense",
    "an unsigned one": lambda house, cookie: cookie.rsplit(".", 1)[0],
    "another signature": lambda house, cookie: cookie[:-4] + "AAAA",
    "another account": lambda house, cookie: "WzIsMCwieCJd." + cookie.split(".", 1)[1],
    "another secret": lambda house, cookie: URLSafeTimedSerializer("x" * 64, salt="session").dumps(
        [1, 0, "token"]
    ),
    "a link for a password": lambda house, cookie: house.app.state.desk.sessions.link(
        house.store.accounts.all()[0]
    ),
    "another purpose": lambda house, cookie: URLSafeTimedSerializer(
        house.store.accounts.secret(), salt="password"
    ).dumps([1, 0, "token"]),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_cookie_of_anybodys_making_is_nobodys(forgery: str, house: House, olga: Person) -> None:
    genuine = olga.client.cookies[COOKIE]
    assert house.with_cookie(genuine).get("/queue").status_code == 200
    forged = house.with_cookie(FORGERIES[forgery](house, genuine), "token")
    before = house.everything()
    assert forged.get("/queue").status_code == 303
    assert forged.get("/api/me").status_code == 401
    assert forged.post("/people/invite", role="owner", group="training").status_code == 303
    assert house.everything() == before


def test_a_cookie_grows_old(house: House, olga: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + LIFETIME - 60)
    assert olga.get("/queue").status_code == 200
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + LIFETIME + 60)
    assert olga.get("/queue").status_code == 303


@pytest.mark.parametrize(
    "change", [{"password": "hash"}, {"role": Role.reviewer}, {"standing": Standing.screening}]
)
def test_a_new_password_role_or_standing_ends_all_sessions(
    change: dict[str, object], house: House, olga: Person
) -> None:
    assert olga.account is not None
    other = house.sit_down(olga.account)
    house.store.accounts.change("Olga", **change)
    for browser in (olga, other):
        assert browser.get("/").status_code == 303
        assert browser.send("/api/next", {}).status_code == 401


def test_a_link_for_a_new_password_works_once(house: House, ann: Person, olga: Person) -> None:
    page = olga.post("/people/Ann/link").text
    path = page.split(f'value="{SITE}')[1].split('"')[0]
    stranger = house.stranger()
    assert stranger.get(path).status_code == 200
    assert stranger.post(path, password="short", again="short").status_code == 422
    assert stranger.post(path, password="another password", again="another password").status_code == 303
    assert stranger.get("/api/me").json()["name"] == "Ann"
    assert ann.get("/").status_code == 303
    before = house.everything()
    assert house.stranger().get(path).status_code == 404
    assert house.stranger().post(path, password=PASSWORD, again=PASSWORD).status_code == 404
    assert house.everything() == before
    assert house.stranger().post("/login", name="Ann", password=PASSWORD).status_code == 401


def test_a_cookie_is_no_link_for_a_new_password(house: House, ann: Person) -> None:
    before = house.everything()
    path = f"/password/{ann.client.cookies[COOKIE]}"
    assert house.stranger().post(path, password=PASSWORD, again=PASSWORD).status_code == 404
    assert house.everything() == before


@pytest.mark.parametrize("token", [None, "", "another", "é", "q3Zk8vWnR1tYx5Lb0HsEcJ7m"])
def test_a_form_from_elsewhere_signs_nobody_in(token: str | None, house: House, ann: Person) -> None:
    fields = {"name": "Ann", "password": PASSWORD} | ({} if token is None else {"csrf": token})
    sent = house.stranger().client.post("/login", data=fields, follow_redirects=False)
    assert sent.status_code == 403
    assert "set-cookie" not in sent.headers


def test_over_tls_cookies_never_travel_without(shipped: object, house: House) -> None:
    from tutelage.labeling.settings import Settings

    secure = House(house.store, Settings(secure=True))
    sent = secure.with_cookie("").get("/login")
    assert "secure" in sent.headers["set-cookie"].lower()
    assert "max-age" in sent.headers["strict-transport-security"]
