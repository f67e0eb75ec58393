"""Nine outputs marked and ordered without a mouse, and what of it lies in the database."""

from tests.labeling.browser.judging import letter_of, levels, mark_all, shown
from tests.labeling.browser.material import (
    SKY,
    SKY_OUTPUTS,
    SOUP_OUTPUTS,
    SOURCES,
    sky_to_rank,
    soup_to_judge,
)
from tests.labeling.browser.site import Site
from tests.labeling.browser.window import Page, Windows, expect

from tutelage.schema import Flags, Prompt, Rating

MARKS = dict(zip(SKY_OUTPUTS, (7, 6, 5, 2, 3, 1, 1, 2, 4), strict=True))
"""By text, the overall mark."""
LETTERS = {SKY_OUTPUTS[3]: "h", SKY_OUTPUTS[5]: "fn", SKY_OUTPUTS[6]: "fnom", SKY_OUTPUTS[7]: "ha"}
"""By text, the keys of what is there."""
NAMES = {
    "f": "fails_task",
    "n": "inappropriate",
    "h": "hallucination",
    "o": "opinion",
    "m": "moral_judgment",
    "a": "harmful_advice",
}
TOO_LONG = SKY_OUTPUTS[4]
"""The one that does not keep to three sentences."""
RANKS = dict(zip(SKY_OUTPUTS, (1, 2, 2, 5, 3, 7, 7, 6, 4), strict=True))
"""By text, the place in the order: two are second, two are last."""

MOVES: dict[str, list[list[str]]] = {
    "Enter Enter Enter Enter": [["A"], ["B"], ["C"], ["D"]],
    "Enter t Enter t": [["A", "B"], ["C", "D"]],
    "Enter 1 1 1": [["D"], ["C"], ["B"], ["A"]],
    "Enter Enter Enter Enter Alt+ArrowUp Shift+K": [["A"], ["D"], ["B"], ["C"]],
    "Enter Enter Enter Enter z y z": [["A"], ["B"], ["C"]],
    "Enter Enter Enter Enter Backspace 1": [["D"], ["A"], ["B"], ["C"]],
    "Enter Enter Enter Enter t t Shift+J": [["A"], ["B"], ["D"], ["C"]],
    "Enter Enter Enter Enter k k Alt+ArrowDown": [["A"], ["C"], ["B"], ["D"]],
    "j j Space": [["C"]],
}
"""By keys, the levels that four outputs lie on after them."""


def test_nine_outputs_are_ranked_by_keyboard_alone(site: Site, windows: Windows) -> None:
    site.store.queue.add([sky_to_rank()], "sky")
    page = windows.open(site.add("Kim"))
    press = page.keyboard.press
    until_focused(page, "Start : Rank outputs")
    with page.expect_navigation() as arrived:
        press("Enter")
    html = arrived.value and arrived.value.text()
    assert html
    assert not any(source in html for source in SOURCES)

    # nothing goes before it is complete, and the page says what is missing
    press("Control+Enter")
    expect(page.locator("#reason")).to_have_text("Output A has no overall mark yet.")
    press("4")
    press("Control+Enter")
    expect(page.locator("#reason")).to_have_text(
        "Say of output A whether it satisfies the constraint, or that there is none."
    )

    for number, text in enumerate(shown(page).values()):
        expect(page.locator(f"#output-{number}")).to_be_visible()
        press(str(MARKS[text]))
        for letter in LETTERS.get(text, ""):
            press(letter)
        press("c")
        if text == TOO_LONG:
            press("c")
        expect(page.locator("#marks-done")).to_have_text(f"{number + 1} of 9")
        if number == 1:
            windows.photograph(page, "marks")
        press("ArrowRight" if number % 2 else "Enter")

    expect(page.locator("#order-done")).to_have_text("0 of 9")
    press("Control+Enter")
    expect(page.locator("#reason")).to_have_text("Not placed yet: A, B, C, D, E, F, G, H, I.")
    order_all(page)
    windows.photograph(page, "order")
    press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing to do here now")

    (ranking,) = site.store.rankings(batch="sky")
    assert (ranking.prompt.text, ranking.labeler) == (SKY, "Kim")
    assert (ranking.completions, ranking.sources) == (SKY_OUTPUTS, SOURCES)
    assert dict(zip(ranking.completions, ranking.ranks, strict=True)) == RANKS
    assert {rating.completion: rating for rating in site.store.ratings(batch="sky")} == {
        text: Rating(
            prompt=Prompt(text=SKY),
            completion=text,
            source=source,
            overall=MARKS[text],
            flags=Flags(
                satisfies_constraint=text != TOO_LONG,
                **{NAMES[letter]: True for letter in LETTERS.get(text, "")},
            ),
            labeler="Kim",
        )
        for text, source in zip(SKY_OUTPUTS, SOURCES, strict=True)
    }


def test_a_marked_and_half_ordered_task_is_the_same_after_a_reload(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "soup")
    page = windows.open(site.add("Kim"), "/work/rank")
    mark_all(page, dict(zip(SOUP_OUTPUTS, (7, 4, 2, 1), strict=True)))
    for key in ("Enter", "Enter", "t", "z"):
        page.keyboard.press(key)
    assert levels(page) == [["A"], ["B"]]
    facts = page.locator(".facts").all_text_contents()
    page.reload()
    expect(page.locator("#order-done")).to_have_text("2 of 4")
    assert levels(page) == [["A"], ["B"]]
    assert page.locator(".facts").all_text_contents() == facts


def test_keys_move_outputs_as_the_list_of_keys_says(site: Site, windows: Windows) -> None:
    site.store.queue.add([soup_to_judge()], "soup")
    page = windows.open(site.add("Kim"), "/work/rank")
    page.locator("#to-order").press("Enter")
    for keys, ordered in MOVES.items():
        for key in keys.split():
            page.keyboard.press(key)
        assert levels(page) == ordered, keys
        for key in ["z"] * 8 + ["ArrowUp"] * 4:  # all undone, and A is chosen
            page.keyboard.press(key)
        expect(page.locator("#tray .letter")).to_have_text(["A", "B", "C", "D"])


def test_two_outputs_are_compared_word_by_word(site: Site, windows: Windows) -> None:
    site.store.queue.add([sky_to_rank()], "sky")
    page = windows.open(site.add("Kim"), "/work/rank")
    one, other = letter_of(page, SKY_OUTPUTS[2]), letter_of(page, SKY_OUTPUTS[3])
    page.locator("#to-order").press("Enter")
    for _ in range("ABCDEFGHI".index(one)):
        page.keyboard.press("j")
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog", name="Compare")
    dialog.get_by_role("button", name=f"Output {other}").press("Enter")
    expect(dialog.get_by_role("region", name=f"Output {one}")).to_have_text(SKY_OUTPUTS[2])
    expect(dialog.get_by_role("region", name=f"Output {other}")).to_have_text(SKY_OUTPUTS[3])
    assert dialog.locator("ins").all_text_contents() == ["mirrors the sea"]  # both have "it"
    windows.photograph(page, "comparison")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def until_focused(page: Page, name: str) -> None:
    """Press Tab until a link is focused."""
    wanted = page.get_by_role("link", name=name)
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate("(link) => link === document.activeElement"):
            return
    raise AssertionError(f"{name} cannot be reached by Tab")


def order_all(page: Page) -> None:
    """Step 2 by keyboard: each output as what it is among those placed so far, and an undo at the end."""
    press = page.keyboard.press
    placed: list[int] = []
    for text in shown(page).values():
        rank = RANKS[text]
        above = len({each for each in placed if each < rank})
        select(page, text)
        if rank in placed:
            press(str(above + 2))  # beneath its equal, then tied with it
            select(page, text)
            press("t")
        else:
            press(str(above + 1))
        placed.append(rank)
    expect(page.locator("#order-done")).to_have_text("9 of 9")
    by_letter = {letter: RANKS[text] for letter, text in shown(page).items()}
    wanted = [sorted(letter for letter, rank in by_letter.items() if rank == each) for each in range(1, 8)]
    assert levels(page) == wanted
    press("s")  # the marks say another thing
    assert levels(page) != wanted
    press("z")
    assert levels(page) == wanted


def select(page: Page, text: str) -> None:
    """Go by keys to the card of an output."""
    wanted = page.locator(f".ranked-card:has(.letter:text-is('{letter_of(page, text)}'))")
    for key in ("ArrowUp", "ArrowDown"):
        for _ in range(9):
            if wanted.get_attribute("aria-current") == "true":
                return
            page.keyboard.press(key)
    raise AssertionError("the card cannot be reached by arrows")
