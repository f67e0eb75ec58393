"""Asking: answers are seen while they come, by the settings that stand there, and nothing of a prompt is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.labeling.browser.window import expect, fits
from tests.serving.browser.material import ANSWERS, PROMPT, TWO
from tests.serving.browser.reading import ask, columns, complete, texts, titles, verdict, write

Open = Callable[..., Any]


def test_answers_are_seen_while_they_come_side_by_side(opened: Open) -> None:
    site, windows = opened()
    site.service.gate.clear()
    page = windows.open()
    ask(page)
    for column in columns(page).all():
        expect(column.locator(".state")).to_have_text("answers")
    first = {" ".join(text.split()[:3]) for text in ANSWERS.values()}
    expect(page.locator("article.answer[data-state=drawing]")).to_have_count(3)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.answer .text')].every((each) => each.textContent.split(' ').length > 3)"
    )
    assert {text.strip() for text in texts(page)} == first
    expect(verdict(page)).to_be_hidden()
    assert len({column.bounding_box()["y"] for column in columns(page).all()}) == 1
    windows.photograph(page, "drawing")
    site.service.gate.set()
    complete(page, 3)
    assert sorted(texts(page)) == sorted(ANSWERS.values())
    expect(page.locator("#voice")).to_contain_text("The answers are complete.")


def test_on_a_phone_the_answers_come_into_view(opened: Open) -> None:
    _, windows = opened(collect=True)
    page = windows.open(width=360, height=740)
    ask(page)
    complete(page, 3)
    expect(columns(page).first).to_be_in_viewport(ratio=1)
    assert fits(page)
    windows.photograph(page, "answers")


def test_every_model_gets_the_same_settings_and_the_seed_can_be_kept(opened: Open) -> None:
    site, windows = opened()
    page = windows.open()
    page.get_by_label("Temperature").fill("0.5")
    page.get_by_label("Tokens at most").fill("4")
    ask(page)
    complete(page, 3)
    requests = [request for _, request in site.service.asked]
    assert {model for model, _ in site.service.asked} == set(ANSWERS)
    assert {(each.temperature, each.max_new_tokens, each.seed) for each in requests} == {
        (0.5, 4, requests[0].seed)
    }
    expect(columns(page).first.locator(".state")).to_have_text("5 tokens, cut off there")
    page.get_by_role("button", name="Keep this seed").click()
    ask(page)
    complete(page, 3)
    assert {request.seed for _, request in site.service.asked} == {requests[0].seed}
    page.get_by_label("Seed").fill("")
    ask(page)
    complete(page, 3)
    assert len({request.seed for _, request in site.service.asked}) == 2


def test_only_chosen_models_are_asked_and_no_more_than_fit_beside_each_other(opened: Open) -> None:
    site, windows = opened({**ANSWERS, "ppo": "joy."})
    page = windows.open()
    expect(page.get_by_role("checkbox", name="ppo", exact=True)).to_be_disabled()
    page.get_by_role("checkbox", name="base").uncheck()
    page.get_by_role("checkbox", name="ppo", exact=True).check()
    page.get_by_role("checkbox", name="sft").uncheck()
    ask(page)
    complete(page, 2)
    assert sorted(model for model, _ in site.service.asked) == ["ppo", "ppo_ptx"]
    page.reload()
    expect(page.get_by_role("checkbox", name="base")).not_to_be_checked()


def test_escape_stops_and_one_can_ask_again(opened: Open) -> None:
    site, windows = opened()
    site.service.gate.clear()
    page = windows.open()
    ask(page)
    expect(page.locator("article.answer[data-state=drawing]")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("article.answer[data-state=stopped]")).to_have_count(3)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value(PROMPT)
    expect(verdict(page)).to_be_hidden()
    site.service.gate.set()
    page.get_by_role("button", name="Ask").click()
    complete(page, 3)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_prompts_come_back_by_the_arrows_by_the_list_and_after_loading_anew(opened: Open) -> None:
    _, windows = opened(TWO)
    page = windows.open()
    for prompt in ("one", "two"):
        ask(page, prompt)
        complete(page, 2)
    field = write(page, "three")
    expect(page.locator("#asked")).to_have_text("two")
    for _ in range(2):
        page.keyboard.press("Home")
        page.keyboard.press("ArrowUp")
    expect(field).to_have_value("one")
    for _ in range(2):
        page.keyboard.press("End")
        page.keyboard.press("ArrowDown")
    expect(field).to_have_value("three")
    page.reload()
    expect(field).to_have_value("three")
    page.get_by_text("Earlier prompts", exact=True).click()
    page.get_by_role("button", name="one").click()
    expect(field).to_have_value("one")


def test_one_model_alone_is_asked_by_its_name(opened: Open) -> None:
    _, windows = opened({"sft": "plum."})
    page = windows.open()
    ask(page)
    complete(page, 1)
    assert titles(page) == ["1 sft"]
    expect(verdict(page)).to_be_hidden()
    expect(page.get_by_label("Hide the names until I judge")).to_be_hidden()


def test_an_empty_prompt_and_a_wrong_setting_are_not_sent(opened: Open) -> None:
    site, windows = opened()
    page = windows.open()
    ask(page, "  ")
    expect(page.get_by_role("alert").filter(has_text="Write a prompt first.")).to_be_visible()
    page.get_by_label("Temperature").fill("7")
    ask(page)
    expect(page.get_by_label("Temperature")).to_be_focused()
    assert site.service.asked == []


HOSTILE = {
    "one": "</div><script>window.taken = true; alert(1)</script><img src=x onerror='window.taken = true'> {{ 7 * 7 }}",
    "other": "w"
    * 5000
    + " <style>body { display: none }</style> \u202eeman &lt;b&gt; [a](javascript:alert(1)) "
    "data: [DONE]\n\ndata: {}",
}


@pytest.mark.parametrize("width", [1280, 360])
def test_texts_are_texts_whoever_wrote_them(opened: Open, width: int) -> None:
    _, windows = opened(HOSTILE)
    page = windows.open(width=width)
    ask(page, HOSTILE["one"])
    complete(page, 2)
    assert sorted(texts(page)) == sorted(HOSTILE.values())
    write(page, "another")
    expect(page.locator("#asked")).to_have_text(HOSTILE["one"])
    page.keyboard.press("Escape")
    page.locator("#answers").focus()
    page.keyboard.press("1")
    expect(verdict(page)).to_contain_text("is better than")
    assert fits(page)
    assert page.evaluate("window.taken === undefined")
