"""The page: complete, self-contained, well-formed, and honest."""

import re
from html.parser import HTMLParser

import pytest

from tutelage.report import Gate, Results, Sample, Series, WinRate
from tutelage.report.findings import headline, warnings
from tutelage.report.page import render_page

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Structure(HTMLParser):
    """Collects ids, addresses and text, and checks that elements close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.headings: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(value or "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.handle_starttag(tag, attributes)
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def plain(text: str) -> str:
    """Text with the marks undone that keep names and numbers on one line."""
    return text.replace("\u00a0", " ").replace("\u2011", "-").replace("\u2060", "")


@pytest.fixture(scope="module")
def html(good_run: Results) -> str:
    """The page of a run that went well."""
    return render_page(good_run)


@pytest.fixture(scope="module")
def page(html: str) -> Structure:
    return Structure(html)


def test_every_section_is_there_once(page: Structure) -> None:
    assert len(page.headings) == len(set(page.headings)) == 12
    assert {
        "preference",
        "likert",
        "metadata",
        "reward-model",
        "training",
        "tax",
        "truthfulness",
        "toxicity",
        "bias",
        "seconds",
        "recipe",
        "samples",
    } <= set(page.ids)


def test_it_needs_nothing_beside_it(html: str, page: Structure) -> None:
    assert all(address.startswith("#") for address in page.addresses)
    assert "<script" not in html
    assert "@import" not in html
    assert not re.findall(r"url\((?!#)", html)


def test_ids_are_unique_and_references_lead_somewhere(html: str, page: Structure) -> None:
    assert len(page.ids) == len(set(page.ids))
    references = {address[1:] for address in page.addresses} | set(re.findall(r"url\(#([^)]+)\)", html))
    assert references <= set(page.ids)


def test_figures_take_their_colours_from_the_page(html: str) -> None:
    figures = "".join(re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL))
    assert not re.findall(r"#[0-9a-fA-F]{6}\b", figures)
    used = set(re.findall(r"var\((--[a-z-]+)\)", html))
    light, dark = html.split("prefers-color-scheme: dark")[:2]
    assert used <= set(re.findall(r"(--[a-z-]+):", light))
    assert used - {"--sans", "--serif", "--mono"} <= set(re.findall(r"(--[a-z-]+):", dark.split("* {")[0]))


def test_figures_are_described(html: str) -> None:
    assert html.count("<svg") == html.count('role="img" aria-label="') >= 13


def test_numbers_of_the_run_are_on_the_page(page: Structure) -> None:
    text = plain(page.text)
    for said in (
        "Held-out labelers prefer PPO-ptx to SFT, 60 % of the time.",
        "60.4 % of comparisons (95 % interval 57.6–63.2 %)",
        "The ceiling is 73.1 %",
        "orders 70.1 % (68.8–71.4) of untied pairs",
        "3.0 points below",
        "Facts of the world: PPO-ptx loses 14 % of what PPO loses.",
        "8 min 14 s in all",
        "ppo.kl_coefficient",
        "copies 99.1 %",
        "Find five synonyms for delight",
    ):
        assert said in text
    assert "Read this first" not in text


def test_what_people_wrote_is_text_not_markup() -> None:
    attack = Sample(prompt="<script>alert(1)</script>", texts={"sft": "<b>bold</b> & more"})
    html = render_page(Results(recipe={}, seed=0, samples=[attack]))
    assert "<script" not in html
    assert "<b>bold</b>" not in html
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in html


def test_silence_is_shown(html: str) -> None:
    assert "says nothing" in html


def with_win_rate(results: Results, low: float, value: float, high: float) -> Results:
    assert results.preference is not None
    rate = WinRate(win_rate=value, low=low, high=high, n=900)
    rates = {**results.preference.heldout_labelers, "ppo_ptx": rate}
    preference = results.preference.model_copy(update={"heldout_labelers": rates})
    return results.model_copy(update={"preference": preference})


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ((0.48, 0.51, 0.54), "Held-out labelers prefer neither PPO-ptx nor SFT clearly."),
        ((0.39, 0.42, 0.45), "Held-out labelers prefer SFT to PPO-ptx: training against the reward model"),
    ],
)
def test_no_win_is_claimed_that_is_none(
    results: Results, rate: tuple[float, float, float], said: str
) -> None:
    changed = with_win_rate(results, *rate)
    assert headline(changed).startswith(said)
    (warning,) = warnings(changed)
    assert "PPO-ptx is not shown to be better than the baseline" in warning


def test_a_good_run_warns_of_nothing(results: Results) -> None:
    assert warnings(results) == []


def test_hacking_is_told(results: Results) -> None:
    falling = Series(x=[1.0, 2.0, 3.0], y=[5.0, 4.9, 4.2])
    curves = {**results.curves, "ppo": {**results.curves["ppo"], "utility": falling}}
    (warning,) = warnings(results.model_copy(update={"curves": curves}))
    assert warning.startswith("PPO: the reward model's score rose while the oracle's utility fell")


def test_a_failed_gate_is_told_first() -> None:
    gate = Gate(
        name="best_of_n", passed=False, message="the reward model cannot tell better answers from worse"
    )
    text = plain(Structure(render_page(Results(recipe={}, seed=0, gates=[gate]))).text)
    assert "Read this first" in text
    assert "Best of n: the reward model cannot tell better answers from worse." in text


def test_a_run_without_oracle_and_probes_has_a_page(bare_results: Results) -> None:
    page = Structure(render_page(bare_results))
    text = plain(page.text)
    assert page.headings == [
        "Is it preferred?",
        "Does the reward model see what labelers see?",
        "What happened during reinforcement learning?",
        "Where did the time go?",
        "What differs from the paper?",
    ]
    assert "The judging model prefers PPO-ptx to SFT" in text
    assert "Preferences are judged by a second reward model." in text
    assert "oracle" not in text.lower()


def test_a_run_that_measured_nothing_has_a_page() -> None:
    text = Structure(render_page(Results(recipe={}, seed=0))).text
    assert "This run judged no preferences." in text
    assert "every value of the recipe is the paper's" in text
