"""What the owner sees and does: figures, pictures, disagreements, files for the training, instructions, people."""

import time
from pathlib import Path

from tests.labeling.browser.judging import mark_all
from tests.labeling.browser.material import SOUP, SOUP_OUTPUTS, SOURCES, soup_to_judge
from tests.labeling.browser.past import fill
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Windows, expect, settle

from tutelage.data import read_rankings
from tutelage.schema import Account, Mark, Order, Ranking, Role, Skipped, SkipReason, TaskKind

OPINIONS = {"Ana": (1, 2, 3, 4), "Ben": (1, 2, 4, 3), "Cem": (4, 3, 2, 1)}
"""Of 6 pairs, Ana and Ben dispute 1, Ana and Cem all 6, Ben and Cem 5: the 18 verdicts agree in 6."""


def test_the_overview_tells_how_far_the_work_is_and_how_labelers_agree(site: Site, windows: Windows) -> None:
    judge(site)
    page = windows.open(site.add("Olga", Role.owner), "/overview")
    figures = page.locator("main > .figures")
    expect(figures.locator("div").filter(has_text="wanted answers")).to_contain_text("3 of 3")
    agreement = page.locator("#agreement + .figures div").filter(has_text="of two labelers")
    expect(agreement).to_contain_text("33.3 %")  # 6 / 18
    pairs = page.get_by_role("region", name="Agreement of pairs of labelers")
    for one, other, share in (("Ana", "Ben", "83.3 %"), ("Ana", "Cem", "0.0 %"), ("Ben", "Cem", "16.7 %")):
        expect(pairs.get_by_role("row", name=f"{one} {other}")).to_contain_text(share)
    row = page.get_by_role("region", name="Batches").get_by_role("row", name="soup")
    expect(row).to_contain_text("3 of 3")
    expect(row).to_contain_text("done")


def test_every_picture_of_two_weeks_is_drawn(site: Site, windows: Windows) -> None:
    fill(site, time.time())
    page = windows.open(site.add("Olga", Role.owner), "/overview")
    pictures = page.locator(".plots img")
    expect(pictures).to_have_count(6)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()  # they are loaded when they are looked at
        page.wait_for_function("(image) => image.complete", arg=picture.element_handle())
        assert picture.evaluate("(image) => image.naturalWidth") > 0
        assert picture.get_attribute("alt")
    page.evaluate("window.scrollTo(0, 0)")
    windows.photograph(page, "overview", whole=True)
    page.emulate_media(color_scheme="dark")
    windows.photograph(page, "overview-dark", whole=True)
    page.goto("/disagreements")
    windows.photograph(page, "disagreements")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    windows.photograph(page, "disagreement", whole=True)
    page.goto("/people")
    windows.photograph(page, "people", whole=True)
    page.goto("/queue")
    windows.photograph(page, "queue")


def test_a_judgment_set_aside_counts_no_more_and_another_labeler_is_asked(
    site: Site, windows: Windows
) -> None:
    judge(site)
    page = windows.open(site.add("Olga", Role.owner), "/disagreements")
    row = page.get_by_role("row", name=SOUP)
    expect(row).to_contain_text("Ana, Ben, Cem")
    row.get_by_role("link").click()
    judgments = page.get_by_role("region", name="Places and marks by labeler")
    expect(judgments.get_by_role("row", name="Cem").locator(".place")).to_have_text(["4", "3", "2", "1"])
    for letter, source in zip("ABCD", SOURCES, strict=False):
        expect(page.get_by_role("article", name=f"Output {letter}")).to_contain_text(source)
    judgments.get_by_role("button", name="Set aside the judgment of Cem").click()
    expect(judgments.get_by_role("row", name="Cem")).to_have_count(0)
    assert {each.labeler for each in site.store.rankings()} == {"Ana", "Ben"}
    page.goto("/overview")
    expect(page.locator("#agreement + .figures")).to_contain_text("83.3 %")  # 5 / 6
    assert is_asked(windows, site.add("Dora"))
    assert not is_asked(windows, account(site, "Cem"))


def test_files_that_are_exported_are_what_was_judged(site: Site, windows: Windows, tmp_path: Path) -> None:
    judge(site)
    page = windows.open(site.add("Olga", Role.owner), "/export")
    page.get_by_label("Name").fill("before Dora")
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("option", name="snapshot before Dora").first).to_be_attached()

    site.store.queue.add([soup_to_judge()], "later")
    dora = windows.open(site.add("Dora"), "/work/rank")
    mark_all(dora, dict(zip(SOUP_OUTPUTS, (7, 4, 4, 1), strict=True)))
    dora.keyboard.press("s")
    dora.keyboard.press("Control+Enter")
    expect(dora.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")

    expected = [ranking(*each) for each in OPINIONS.items()]
    rankings = page.get_by_role("region", name="Rankings")
    rankings.get_by_label("As of").select_option("before Dora")
    for ending in ("JSONL", "Parquet"):
        assert download(page, f"Download as {ending}", tmp_path) == expected
    rankings.get_by_label("As of").select_option("")
    late = ranking("Dora", (1, 2, 2, 3))
    assert download(page, "Download as JSONL", tmp_path) == [*expected, late]
    rankings.get_by_label("Batch").select_option("soup")
    assert download(page, "Download as JSONL", tmp_path) == expected


def test_new_instructions_are_read_before_the_next_task(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "soup")
    labeler = windows.open(site.add("Ana"), "/instructions/rank")
    owner = windows.open(site.add("Olga", Role.owner), "/instructions/rank")
    owner.get_by_role("link", name="Write a new version").click()
    owner.get_by_label("Text, in Markdown").fill("# Ranking\n\nShort answers are **not** worse.")
    owner.get_by_role("button", name="Publish").click()
    expect(owner.locator(".versions li")).to_have_count(2)
    labeler.get_by_role("link", name="To the work").click()
    expect(labeler.get_by_text("These instructions are new since you last read them.")).to_be_visible()
    windows.photograph(labeler, "instructions")
    labeler.get_by_role("button", name="I have read this").click()
    expect(labeler.get_by_role("heading", level=1)).to_have_text("Rank outputs")
    settle(labeler)
    labeler.keyboard.press("i")
    drawer = labeler.get_by_role("dialog", name="Instructions")
    expect(drawer).to_contain_text("version 2")
    expect(drawer).to_contain_text("Short answers are not worse.")


def test_a_person_is_given_a_limit_and_told_when_it_is_reached(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "one")
    site.store.queue.add([soup_to_judge()], "two")
    ana = site.add("Ana")
    owner = windows.open(site.add("Olga", Role.owner), "/people/Ana")
    owner.get_by_label("Judgments a day at most").fill("1")
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_label("Judgments a day at most")).to_have_value("1")
    page = windows.open(ana, "/work/rank")
    mark_all(page, dict(zip(SOUP_OUTPUTS, (7, 4, 4, 1), strict=True)))
    page.keyboard.press("s")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("That is enough for today")


def test_the_queue_does_first_what_the_owner_puts_first(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "soup")
    site.store.queue.add([soup_to_judge(TaskKind.evaluate)], "comparison")
    page = windows.open(site.add("Olga", Role.owner), "/queue")
    page.get_by_label("Priority of comparison").fill("7")
    page.get_by_role("button", name="Set the priority of comparison").click()
    expect(page.get_by_label("Priority of comparison")).to_have_value("7")
    priorities = {each.name: each.priority for each in site.store.overview.progress()}
    assert (priorities["soup"], priorities["comparison"]) == (0, 7)


def test_a_task_that_too_many_skipped_is_asked_again(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "soup")
    skip = Skipped(reason=SkipReason.other, comment="Whose soup?")
    for name in ("Ana", "Ben", "Cem"):
        person = site.add(name)
        given = site.store.queue.lease(person, [TaskKind.rank], 600)
        assert given
        site.store.journal.submit(given.id, person, skip, f"{name}-12345678")
    page = windows.open(site.add("Olga", Role.owner), "/queue")
    row = page.get_by_role("region", name="Parked tasks").get_by_role("row", name=SOUP)
    expect(row).to_contain_text("Ben: Something else Whose soup?")
    windows.photograph(page, "parked")
    dora = site.add("Dora")
    assert not is_asked(windows, dora)
    row.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("region", name="Parked tasks")).to_have_count(0)
    assert is_asked(windows, dora)


def test_what_is_the_owners_is_not_there_for_labelers(site: Site, windows: Windows) -> None:
    windows.allow("404")
    page = windows.open(site.add("Ana"))
    expect(page.get_by_role("navigation", name="Main").get_by_role("link")).to_have_text(
        ["Work", "My answers"]
    )
    for path in ("/overview", "/disagreements", "/people", "/queue", "/export", "/instructions/rank/edit"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("Not found")


def judge(site: Site) -> None:
    """Three labelers order the same outputs."""
    site.store.queue.add([soup_to_judge()], "soup", overlaps=3)
    for name, ranks in OPINIONS.items():
        person = site.add(name)
        assignment = site.store.queue.lease(person, [TaskKind.rank], 600)
        assert assignment
        answer = Order(marks=tuple(Mark(overall=8 - rank) for rank in ranks), ranks=ranks)
        site.store.journal.submit(assignment.id, person, answer, f"{name}-12345678", 60)


def ranking(labeler: str, ranks: tuple[int, ...]) -> Ranking:
    """What one of them said, as a record."""
    prompt = soup_to_judge().prompt
    assert prompt
    return Ranking(prompt=prompt, completions=SOUP_OUTPUTS, ranks=ranks, labeler=labeler, sources=SOURCES[:4])


def download(page: Page, name: str, folder: Path) -> list[Ranking]:
    """The rankings of a file that the page of exports gives."""
    with page.expect_download() as found:
        page.get_by_role("region", name="Rankings").get_by_role("button", name=name).click()
    place = folder / found.value.suggested_filename
    found.value.save_as(place)
    return list(read_rankings(str(place)))


def is_asked(windows: Windows, person: Account) -> bool:
    """Whether somebody gets a task to rank."""
    page = windows.open(person, "/work/rank")
    return page.locator("#prompt").count() == 1


def account(site: Site, name: str) -> Account:
    """Somebody's account."""
    return site.store.accounts.named(name).account
