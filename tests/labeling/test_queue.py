"""The owner says what comes first."""

from tests.labeling.house import DEMONSTRATION, House, Person, demonstrate

from tutelage.schema import Role


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
