"""Labelers read the instructions before they work, again when they change; each judgment says by which it was made."""

from tests.labeling.house import BEST_FIRST, House, Person, rank

from tutelage.schema import TaskKind


def test_a_new_version_is_read_before_the_work_goes_on(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([rank("a"), rank("b"), rank("c")], "batch")
    ann.do(BEST_FIRST, "rank")
    held = ann.next("rank")["assignment"]
    sent = olga.post("/instructions/rank/edit", text="# Anew\r\n\r\nBe **kind**.")
    assert (sent.status_code, sent.headers["location"]) == (303, "/instructions/rank")

    asked = ann.send("/api/next", {"kinds": ["rank"]})
    assert asked.status_code == 409
    told = asked.json()["instructions"]
    assert (told["version"], told["text"]) == (2, "# Anew\n\nBe **kind**.")
    assert "Olga" not in asked.text
    assert ann.get("/work/rank").headers["location"] == "/instructions/rank"
    assert ann.submit(held, BEST_FIRST).status_code == 200  # made by what was read
    page = ann.get("/instructions/rank").text
    assert "These instructions are new" in page
    assert "<strong>kind</strong>" in page
    assert "Olga" not in page
    assert "Olga" in olga.get("/instructions/rank").text.split("<main")[1]
    ann.post(f"/instructions/{told['id']}/read")
    ann.do(BEST_FIRST, "rank")

    versions = [each.id for each in house.store.instructions.versions(TaskKind.rank)]
    assert versions[-1] == told["id"]
    by = [line.instructions for line in house.store.journal.lines("Ann")]
    assert by == [versions[0], versions[0], versions[1]]


def test_the_owners_html_is_shown_as_text(house: House, olga: Person, ann: Person) -> None:
    text = "<script>alert(1)</script>\n\n[x](javascript:alert(1))\n\n![x](http://evil.example/x.png)"
    olga.post("/instructions/write/edit", text=text)
    page = ann.get("/instructions/write").text.split("<main")[1]
    assert "<script>" not in page
    assert 'href="javascript:' not in page


def test_instructions_say_something(house: House, olga: Person) -> None:
    before = house.everything()
    for text in ("", " \r\n "):
        sent = olga.post("/instructions/rank/edit", text=text)
        assert sent.status_code == 422
        assert "there is no text" in sent.text
    assert house.everything() == before


def test_of_work_without_instructions_nothing_has_to_be_read(house: House, olga: Person, nia: Person) -> None:
    assert nia.get("/instructions/assess").status_code == 404
    assert nia.next("assess")["prompt"] is None
    assert olga.get("/instructions/assess/edit").status_code == 200
    olga.post("/instructions/assess/edit", text="Be honest.")
    assert nia.send("/api/next", {"kinds": ["assess"]}).status_code == 409


def test_a_version_that_is_not_there_cannot_be_read(house: House, ann: Person) -> None:
    before = house.everything()
    for number in ("999", "0", "-1", str(2**40), str(2**70), "x"):
        assert ann.post(f"/instructions/{number}/read").status_code == 404
    for kind in ("nothing", "1", "rank%00"):
        assert ann.get(f"/instructions/{kind}").status_code == 404
    assert house.everything() == before
