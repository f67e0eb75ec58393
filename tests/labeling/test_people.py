"""The owner invites, takes on, grades and shuts out."""

import pytest
from tests.labeling.house import DEMONSTRATION, PASSWORD, SITE, House, Person, demonstrate

from tutelage.schema import Gold, Group, Prompt, Role, Standing, Task, TaskKind, WrittenCompletion


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("screening", [True, False])
def test_an_invitation_makes_what_it_says(role: Role, screening: bool, house: House, olga: Person) -> None:
    fields = {"role": role.value, "group": "heldout"} | ({"screening": "true"} if screening else {})
    page = olga.post("/people/invite", **fields)
    path = page.text.split(f'value="{SITE}')[1].split('"')[0]
    assert house.stranger().post(path, name="Max", password=PASSWORD, again=PASSWORD).status_code == 303
    max_ = house.store.accounts.named("Max").account
    assert (max_.role, max_.group) == (role, Group.heldout)
    screened = screening and role is Role.labeler  # who is to review is trusted
    assert max_.standing is (Standing.screening if screened else Standing.active)
    assert path.rsplit("/", 1)[1] not in olga.get("/people").text


@pytest.mark.parametrize(
    "fields", [{}, {"role": "god"}, {"role": "labeler", "group": "x"}, {"role": "OWNER"}]
)
def test_an_invitation_to_what_is_not_offered_is_refused(
    fields: dict[str, str], house: House, olga: Person
) -> None:
    before = house.everything()
    assert olga.post("/people/invite", **fields).status_code == 422
    assert house.everything() == before


def test_the_list_tells_who_did_how_much(house: House, ann: Person, olga: Person, rita: Person) -> None:
    house.store.queue.add([Task(kind="demonstrate", prompt=Prompt(text="a"))], "batch")
    ann.do(DEMONSTRATION, "demonstrate")
    for reader in (olga, rita):
        row = reader.get("/people").text.split(">Ann<")[1].split("</tr>")[0]
        assert '<td class="number">1</td>' in row
    assert "Invite somebody" in olga.get("/people").text
    assert "Invite somebody" not in rita.get("/people").text
    assert "Save" not in rita.get("/people/Ann").text


def test_who_is_shut_out_is_out_at_once(house: House, ann: Person, olga: Person) -> None:
    sent = olga.post("/people/Ann", role="labeler", group="training", standing="disabled", daily_limit="")
    assert sent.status_code == 303
    assert ann.get("/").status_code == 303


def test_a_change_of_nothing_ends_no_session(house: House, ann: Person, olga: Person) -> None:
    before = house.everything()
    olga.post("/people/Ann", role="labeler", group="training", standing="active", daily_limit="")
    assert house.everything() == before
    assert ann.get("/").status_code == 200


def test_a_reviewer_becomes_owner_and_signs_in_again(house: House, rita: Person, olga: Person) -> None:
    assert rita.get("/queue").status_code == 404
    olga.post("/people/Rita", role="owner", group="training", standing="active", daily_limit="")
    assert rita.get("/queue").status_code == 303
    again = house.sit_down(house.store.accounts.named("Rita").account)
    assert again.get("/queue").status_code == 200


def test_the_screening_in_figures(house: House, olga: Person, rita: Person) -> None:
    """Of four texts three as the owner says, 75 %; of two rankings all pairs; a mean grade of 5 and 6 is 5.5."""
    house.store.queue.retire("screening")
    flags = [(f"text {number}", number % 2 == 0) for number in range(4)]
    tasks = [
        Task(kind="flag", prompt=Prompt(text=text), gold=Gold(sensitive=sensitive), screening=True)
        for text, sensitive in flags
    ]
    ranks = [
        Task(
            kind="rank",
            prompt=Prompt(text=f"rank {number}"),
            completions=("x", "y", "z"),
            gold=Gold(ranks=(1, 2, 3)),
            screening=True,
        )
        for number in range(3)
    ]
    more = [
        Task(kind="demonstrate", prompt=Prompt(text="a delicate one"), screening=True),
        Task(kind="assess", screening=True),
    ]
    house.store.queue.add([*tasks, *ranks, *more], "own screening")
    nia = house.join("Nia", standing=Standing.screening)
    for wrong in (False, False, False, True):
        work = nia.next("flag")
        truth = dict(flags)[work["prompt"]]
        nia.submit(work["assignment"], {"kind": "flag", "sensitive": truth != wrong})
    for _ in ranks:
        work = nia.next("rank")
        order = [1 + "xyz".index(each["text"]) for each in work["completions"]]
        marks = [{"overall": 8 - 2 * place} for place in order]
        nia.submit(work["assignment"], {"kind": "order", "marks": marks, "ranks": order})
    demonstration = nia.do(DEMONSTRATION, "demonstrate")
    nia.do({"kind": "assess", "topics": ["sexual content", "violence and threats"]}, "assess")
    assert olga.post(f"/grades/{demonstration}", grade="1").status_code == 303
    assert olga.post(f"/grades/{demonstration}", grade="5").status_code == 303  # the last word counts
    assert rita.post(f"/grades/{demonstration}", grade="6").status_code == 303

    page = rita.get("/people/Nia").text
    assert "9 of 9 answered" in page
    assert "<b>75.0 %</b>" in page
    assert "<b>100.0 %</b>" in page
    assert "<b>5.5</b>" in page
    assert page.count("✓ reached") == 3
    assert "✕ missed" not in page
    assert "violence and threats" in page
    assert "A fine answer." in page

    olga.post("/people/Nia", role="labeler", group="training", standing="active", daily_limit="")
    taken_on = house.sit_down(house.store.accounts.named("Nia").account)
    assert "Write a prompt" in taken_on.get("/").text


def test_a_screening_that_was_not_begun_says_so(house: House, nia: Person, olga: Person) -> None:
    page = olga.get("/people/Nia").text
    assert "0 of 21 answered" in page
    assert page.count(">open<") == 3
    assert "Screening" not in olga.get("/people/Olga").text.split("<main")[1].split("Change")[0]


def test_what_was_answered_at_a_screening_that_was_retired_since_is_still_seen(
    house: House, nia: Person, olga: Person
) -> None:
    nia.do(DEMONSTRATION, "demonstrate")
    nia.do({"kind": "flag", "sensitive": True}, "flag")
    own = [Task(kind="flag", prompt=Prompt(text="mine"), gold=Gold(sensitive=True), screening=True)]
    house.store.queue.replace_screening(own, "our own")
    page = olga.get("/people/Nia").text
    assert "2 of 3 answered" in page
    assert "A fine answer." in page
    assert [each.task for each in house.store.overview.control(screening=True).values()] == own


def test_a_grade_is_refused_in_words(house: House, nia: Person, olga: Person) -> None:
    number = nia.do(DEMONSTRATION, "demonstrate")
    before = house.everything()
    for given in ("", "x", "0", "8", "0010", "1.5", "+5", "²", "5 5", "9" * 5000):
        page = olga.post(f"/grades/{number}", grade=given)
        assert page.status_code == 422, given
        assert "grade: is no whole number; give 1 to 7" in page.text
    assert olga.post("/grades/999", grade="5").status_code == 404
    assert house.everything() == before
    assert olga.post(f"/grades/{number}", grade="05").status_code == 303
    assert house.store.journal.grades() == {number: {"Olga": 5}}


def test_the_last_200_answers_are_shown(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([demonstrate(f"prompt {number}.") for number in range(201)], "batch")
    for number in range(200):
        answer(house, ann, number)
    pages = {"Ann's own": (ann, "/mine"), "the owner's": (olga, "/people/Ann")}
    for reader, path in pages.values():
        assert "prompt 0." in reader.get(path).text
        assert "The last 200 are shown" not in reader.get(path).text
    answer(house, ann, 200)
    for reader, path in pages.values():
        page = reader.get(path).text
        assert "The last 200 are shown" in page
        assert "prompt 0." not in page
        assert "prompt 1." in page
        assert page.index("prompt 200.") < page.index("prompt 199.")
    assert "201 judgments" in olga.get("/people/Ann").text


def answer(house: House, who: Person, number: int) -> None:
    """Somebody answers a prompt, past the network."""
    assert who.account is not None
    given = house.store.queue.lease(who.account, [TaskKind.demonstrate], 60.0)
    assert given is not None
    house.store.journal.submit(given.id, who.account, WrittenCompletion(completion="x"), f"client {number}")
