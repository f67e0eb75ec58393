"""Models compared by both groups of labelers; what they say is never trained on."""

from tests.labeling.browser.judging import mark_all
from tests.labeling.browser.material import SOUP_OUTPUTS, SOURCES, soup_to_judge
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Windows, expect

from tutelage.schema import Group, Prompt, Purpose, Task, TaskKind

MARKS = {Group.training: (7, 5, 3, 1), Group.heldout: (2, 7, 2, 6)}


def test_both_groups_compare_the_same_outputs(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge(TaskKind.evaluate)], "comparison")
    for name, group in (("Tom", Group.training), ("Hedda", Group.heldout)):
        page = windows.open(site.add(name, group=group), "/work/evaluate")
        expect(page.locator(".first")).to_contain_text("Truthfulness and harmlessness come first here")
        first = page.locator("#output-0 .question span:not(.unseen)").first
        expect(first).to_have_text("Hallucination")
        assert not any(source in page.content() for source in SOURCES)
        mark_all(page, dict(zip(SOUP_OUTPUTS, MARKS[group], strict=True)))
        page.keyboard.press("s")
        windows.photograph(page, f"evaluation-{group}")
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")
    assert site.store.rankings(purpose=Purpose.training) == []
    found = {each.labeler: each.ranks for each in site.store.rankings(purpose=Purpose.evaluation)}
    assert found == {"Tom": (1, 2, 3, 4), "Hedda": (3, 1, 3, 2)}


def test_a_held_out_labeler_is_offered_nothing_that_is_trained_on(site: Site, windows: Windows) -> None:
    windows.allow("404")
    site.store.queue.add([soup_to_judge(), Task(kind=TaskKind.write)], "training")
    prompt = Prompt(text="What is a snail?")
    site.store.queue.add([Task(kind=TaskKind.demonstrate, prompt=prompt)], "training")
    page = windows.open(site.add("Hedda", group=Group.heldout))
    expect(page.locator(".kind h3")).to_have_text(["Compare models"])
    for kind in ("rank", "write", "demonstrate"):
        page.goto(f"/work/{kind}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
