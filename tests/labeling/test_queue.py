"""The owner says what comes first, and what is asked again."""

from tests.labeling.house import DEMONSTRATION, SKIP, House, Person, demonstrate

from tutelage.schema import Role, Skipped, SkipReason, TaskKind


def test_what_the_owner_puts_first_comes_first(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([demonstrate("early")], "early")
    house.store.queue.add([demonstrate("late")], "late & <b>")
    assert "late &amp; &lt;b&gt;" in olga.get("/queue").text
    assert olga.post("/queue/priority", batch="late & <b>", priority="5").status_code == 303
    assert ann.next("demonstrate")["prompt"] == "late"
    ann.do(DEMONSTRATION, "demonstrate")
    assert ann.next("demonstrate")["prompt"] == "early"


def test_a_priority_is_a_whole_number_of_ordinary_size(either_house: House) -> None:
    olga = either_house.join("Olga", role=Role.owner)
    either_house.store.queue.add([demonstrate()], "batch")
    before = either_house.everything()
    for priority in ("", "x", "1.5", "nan", "1e3", "1000001", "-1000001", str(2**31), str(2**64), "9" * 5000):
        assert olga.post("/queue/priority", batch="batch", priority=priority).status_code == 422, priority
    assert olga.post("/queue/priority", batch="a\0b", priority="1").status_code == 422
    for batch in ("nothing", "", "x" * 5000):
        assert olga.post("/queue/priority", batch=batch, priority="1").status_code == 303
    assert either_house.everything() == before


def test_the_priority_is_that_of_what_is_still_to_be_done(house: House, ann: Person, olga: Person) -> None:
    house.store.queue.add([demonstrate("a"), demonstrate("b")], "batch")
    ann.do(DEMONSTRATION, "demonstrate")
    olga.post("/queue/priority", batch="batch", priority="-4")
    assert 'value="-4" aria-label="Priority of batch"' in olga.get("/queue").text


def test_what_was_skipped_too_often_waits_for_the_owner_and_is_asked_again(
    house: House, ann: Person, olga: Person
) -> None:
    house.store.queue.add([demonstrate("<i>Too odd</i>")], "odd")
    assert "Parked tasks" not in olga.get("/queue").text
    people = [ann, *(house.join(name) for name in ("Ben", "Eve"))]
    for number, person in enumerate(people):
        person.do(SKIP | {"comment": f"comment <{number}>"}, "demonstrate")
    page = olga.get("/queue").text
    row = page.split("Parked tasks")[1].split("<tbody>")[1].split("</tbody>")[0]
    assert "&lt;i&gt;Too odd&lt;/i&gt;" in row
    assert "odd</td>" in row
    for number, person in enumerate(people):
        assert person.name in row
        assert f"comment &lt;{number}&gt;" in row
    assert row.count("I cannot tell what is wanted") == 3
    task = row.split('name="task" value="')[1].split('"')[0]

    zoe = house.join("Zoe")
    assert zoe.account is not None
    assert house.store.queue.waiting(zoe.account) == {}
    for _ in range(2):  # a page sent twice asks once
        assert olga.post("/queue/ask-again", task=task).status_code == 303
    assert "Parked tasks" not in olga.get("/queue").text
    assert ann.send("/api/next", {"kinds": ["demonstrate"]}).status_code == 204
    zoe.do(DEMONSTRATION, "demonstrate")
    assert "Parked tasks" not in olga.get("/queue").text
    assert [each.completion for each in house.store.demonstrations()] == ["A fine answer."]


def test_only_a_task_can_be_asked_again(house: House, olga: Person) -> None:
    before = house.everything()
    for task in ("", "x", "0", "-1", str(2**31), "9" * 5000):
        page = olga.post("/queue/ask-again", task=task)
        assert page.status_code == 422, task
        assert "task: is no whole number" in page.text
    assert olga.post("/queue/ask-again", task="999").status_code == 303
    assert house.everything() == before


def test_the_newest_100_of_many_parked_tasks_are_shown(house: House, olga: Person) -> None:
    house.store.queue.add([demonstrate(f"prompt {number}.") for number in range(101)], "odd")
    for name in ("Ann", "Ben", "Eve"):
        account = house.join(name).account
        assert account is not None
        for number in range(101):
            given = house.store.queue.lease(account, [TaskKind.demonstrate], 60.0)
            assert given is not None
            skip = Skipped(reason=SkipReason.other)
            house.store.journal.submit(given.id, account, skip, f"client {number}")
    page = olga.get("/queue").text
    assert "The newest 100 of 101 are shown" in page
    assert page.count("prompt ") == 100
    assert "prompt 0." not in page
