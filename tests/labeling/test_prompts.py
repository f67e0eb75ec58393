"""Use cases of collected prompts are corrected by whoever looks after the data."""

from tests.labeling.house import House, Person

from tutelage.schema import Prompt, Role, Split, UseCase
from tutelage.store import PREPARED


def prompt(text: str, use_case: UseCase = UseCase.chat) -> Prompt:
    return Prompt(text=text, user="u", split=Split.train, use_case=use_case)


def test_a_reviewer_corrects_a_use_case(house: House) -> None:
    rita = house.join("Rita", role=Role.reviewer)
    house.store.add_prompts([prompt("<b>one</b>"), prompt("two", UseCase.rewrite)], PREPARED)
    page = rita.get("/prompts").text
    assert "&lt;b&gt;one&lt;/b&gt;" in page
    assert '<option value="chat" selected>' in page
    row = page.split('name="row" value="')[1].split('"')[0]

    sent = rita.post("/prompts/use-case", row=row, use_case="closed_qa", shown="chat", after="0")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/prompts?use_case=chat&after=0"
    assert "&lt;b&gt;one" not in rita.get("/prompts?use_case=chat").text
    assert "&lt;b&gt;one" in rita.get("/prompts?use_case=closed_qa").text
    assert [each.use_case for each in house.store.prompts(batch=PREPARED)] == ["rewrite", "closed_qa"]
    # the page was loaded before somebody corrected it
    assert rita.post("/prompts/use-case", row=row, use_case="chat", shown="", after="0").status_code == 422


def test_what_is_no_use_case_or_no_prompt_changes_nothing(house: House, olga: Person) -> None:
    house.store.add_prompts([prompt("one")], PREPARED)
    before = house.everything()
    for row, use_case in (("1", "poetry"), ("1", ""), ("x", "chat"), ("0", "chat"), ("9", "chat")):
        assert olga.post("/prompts/use-case", row=row, use_case=use_case, after="0").status_code == 422
    assert olga.get("/prompts?use_case=poetry").status_code == 404
    assert olga.get("/prompts?after=x").status_code == 404
    assert house.everything() == before


def test_many_prompts_are_on_several_pages(house: House, olga: Person) -> None:
    assert "tutelage data prepare" in olga.get("/prompts").text
    house.store.add_prompts([prompt(f"number {number}.") for number in range(51)], PREPARED)
    first = olga.get("/prompts?use_case=chat").text
    assert "number 49." in first
    assert "number 50." not in first
    more = first.split('<p><a href="')[1].split('"')[0].replace("&amp;", "&")
    second = olga.get(more).text
    assert "number 50." in second
    assert "number 49." not in second
    assert ">More<" not in second
