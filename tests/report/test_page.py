"""The page: complete, self-contained, well-formed, and honest."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from matplotlib.figure import Figure

from tutelage.evaluation.metadata import QUESTIONS
from tutelage.report import Gate, Rate, Results, Sample, Series, TaskScore, WinRate
from tutelage.report.figures.metadata import draw_question
from tutelage.report.findings import headline, tax_finding, warnings
from tutelage.report.page import render_page
from tutelage.report.sections import sections

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
def html(report_html: str) -> str:
    return report_html


@pytest.fixture(scope="module")
def page(html: str) -> Structure:
    return Structure(html)


def test_every_section_is_there_once(page: Structure) -> None:
    assert len(page.headings) == len(set(page.headings)) == 16
    assert {
        "preference",
        "use-cases",
        "likert",
        "metadata",
        "reward-model",
        "scores",
        "training",
        "over-optimization",
        "tax",
        "truthfulness",
        "toxicity",
        "bias",
        "data",
        "seconds",
        "recipe",
        "samples",
    } <= set(page.ids)


def test_the_contents_lead_to_every_section(html: str) -> None:
    contents = html.split('<nav aria-label="Contents">')[1].split("</nav>")[0]
    sections = re.findall(r'<section id="([^"]+)"', html)
    assert re.findall(r'href="#([^"]+)"', contents) == sections


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
    figures, narrow = html.count("<svg"), html.count('<div class="drawing at-narrow">')
    assert figures == html.count('role="img" aria-label="') == 2 * narrow >= 50


def test_numbers_of_the_run_are_on_the_page(page: Structure) -> None:
    text = plain(page.text)
    for said in (
        "Held-out labelers prefer PPO-ptx to SFT, 60 % of the time.",
        "60.4 % of comparisons (95 % interval 57.6–63.2 %)",
        "The ceiling is 73.1 %",
        "orders 70.1 % (68.8–71.4) of untied pairs",
        "3.0 points below",
        "At equal length it is 56.2 % (53.4–59.0).",
        "PPO-ptx is shown to be preferred to SFT in 10 of 10 use cases; most in Generation",
        "It is right most often on Extract (77 %), least on Generation (66 %).",
        "It orders 63 % of pairs one rank apart as labelers do, and 93 % of those 7 ranks apart.",
        "Its scores are too sure by 5.5 points in the mean.",
        "the mean score goes from −0.90 to 0.20",
        "PPO: the judgment is best at iteration 40 (KL 3.20) and clearly lower at the end",
        "PPO-ptx: the judgment is best at its end, iteration 80 (KL 4.00).",
        "Of 8 tasks plain PPO lowers 6 clearly, PPO-ptx 1: still Held-out documents",
        "Prompts in all: SFT 14\u202f378, Reward model 51\u202f094, PPO 47\u202f329.",
        "8 min 14 s in all",
        "On 2 threads that is 0.27 core-hours at most.",
        "ppo.kl_coefficient",
        "copies 99.1 %",
        "Find five synonyms for delight",
    ):
        assert said in text
    assert "Read this first" not in text


@pytest.mark.parametrize(
    ("row", "figures"),
    [
        (
            "PPO-ptx",
            ["60.4 % (57.6–63.2)", "62.4 % (59.6–65.2)", "56.2 % (53.4–59.0)", "+0.40 (+0.25 to +0.55)"],
        ),
        ("Open QA", ["7.4 % (0.4–14.4)"]),
        ("Labelers unseen", ["–", "68.3 % (66.8–69.8)"]),
        ("Fold 1", ["labeler 0, labeler 5", "66.0 % (63.0–69.0)"]),
        ("90 % to 100 %", ["95.0 %", "85.1 % (83.1–87.1)"]),
        ("40–120", ["0.20 (0.10 to 0.30)"]),
        ("Best of n", ["n = 1", "0.00", "0.10 (0.03 to 0.17)", "4.80 (4.73 to 4.87)"]),
        ("DROP, F1", ["+3.0 (+1.8 to +4.2)", "−3.0 (−4.2 to −1.8)", "+2.0 (+0.8 to +3.2)"]),
        ("French to English, BLEU", ["+0.7 (−0.5 to +1.9)", "−4.2 (−5.4 to −3.0)", "+0.5 (−0.7 to +1.7)"]),
        ("train", ["labelers", "11\u202f295", "6\u202f623", "–"]),
        ("Alignment", ["8 min 13 s", "99.8 %"]),
    ],
)
def test_tables_have_every_figure_with_its_interval(html: str, row: str, figures: list[str]) -> None:
    rows = [[plain(re.sub(r"<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
            for row in re.findall(r"<tr>.*?</tr>", html)]  # fmt: skip
    assert [row, *figures] in [found[: len(figures) + 1] for found in rows]


def test_figure_4_shows_how_often_the_task_is_attempted_not_how_often_it_is_failed() -> None:
    metadata = {
        "sft": {
            "fails_task": Rate(rate=0.3, low=0.2, high=0.5),
            "hallucination": Rate(rate=0.3, low=0.2, high=0.5),
        }
    }
    for question in QUESTIONS:
        if question.flag in metadata["sft"]:
            axes = Figure().add_subplot()
            draw_question(axes, question, metadata)
            (bar,), (line,) = axes.patches, axes.lines
            turned = question.flag == "fails_task"
            assert bar.get_height() == pytest.approx(0.7 if turned else 0.3)
            assert line.get_ydata() == pytest.approx([0.5, 0.8] if turned else [0.2, 0.5])


@pytest.mark.parametrize(
    ("anchor", "absent"),
    [
        ("likert", {"likert": None}),
        ("metadata", {"metadata": None}),
        ("reward-model", {"reward_model": None}),
        ("scores", {"reward_model": None}),
        ("training", {"curves": {}}),
        ("over-optimization", {"over_optimization": None}),
        ("tax", {"alignment_tax": None, "tax_changes": None}),
        ("truthfulness", {"truthfulness": None}),
        ("toxicity", {"toxicity": None}),
        ("bias", {"bias": None, "stereotypes": None}),
        ("data", {"data_counts": {}}),
        ("seconds", {"seconds": {}}),
        ("samples", {"samples": []}),
    ],
)
def test_what_was_not_measured_is_left_out(
    results: Results, page: Structure, anchor: str, absent: dict[str, Any]
) -> None:
    names = {section.anchor for section in sections(results.model_copy(update=absent))}
    assert anchor in page.ids
    assert anchor not in names


def test_figures_without_their_newer_parts_are_drawn(results: Results) -> None:
    """A report of an earlier version: no use cases, no equal length, no share above one half, no multiple choice."""
    assert results.preference is not None
    assert results.reward_model is not None
    bare = {"by_use_case": {}, "equal_length": {}, "strengths": {}}
    parts: dict[str, Any] = {"by_use_case": {}, "by_size": {}, "by_distance": {}, "labeler_folds": None}
    parts |= {"calibration": [], "score_by_length": []}
    measured = {
        "preference": results.preference.model_copy(update=bare),
        "reward_model": results.reward_model.model_copy(update=parts),
        "stereotypes": None,
        "toxicity": {
            model: {
                framing: scores.model_copy(update={"above_half": None, "expected_maximum": None, "curve": []})
                for framing, scores in own.items()
            }
            for model, own in (results.toxicity or {}).items()
        },
        "truthfulness": {
            model: {
                framing: scores.model_copy(update={"chooses_true": None, "mass_on_true": None})
                for framing, scores in own.items()
            }
            for model, own in (results.truthfulness or {}).items()
        },
        "samples": [],
    }
    page = Structure(render_page(results.model_copy(update=measured)))
    assert not {"use-cases", "scores"} & set(page.ids)
    for part in ("equal length", "strength", "Above one half", "MC1", "stereotyping", "Labelers unseen"):
        assert part not in page.text


def test_few_tasks_of_the_tax_are_told_one_by_one(results: Results) -> None:
    assert results.tax_changes is not None
    few = {
        model: {task: own[task] for task in ("facts", "squad_0", "drop_0")}
        for model, own in results.tax_changes.models.items()
    }
    changes = results.tax_changes.model_copy(update={"models": few})
    assert tax_finding(results.model_copy(update={"tax_changes": changes})) == (
        "Facts of the world: PPO-ptx loses 14 % of what PPO loses. SQuADv2, F1 (zero-shot): plain PPO loses nothing. "
        "DROP, F1 (zero-shot): PPO loses, PPO-ptx does not."
    )


def test_hostile_names_are_text(results: Results) -> None:
    """Names of models, use cases, tasks and folds come from files: markup, mathematics, and no end."""
    name = "<script>alert('$x_{$')</script>&amp; " + "endless" * 30
    assert results.preference is not None
    rate = results.preference.heldout_labelers["ppo"]
    hostile = results.model_copy(
        update={
            "preference": results.preference.model_copy(
                update={
                    "heldout_labelers": {name: rate, "ppo": rate},
                    "by_use_case": {name: {name: rate}},
                    "equal_length": {name: rate},
                }
            ),
            "alignment_tax": {name: {name: TaskScore(score=0.5, low=0.4, high=0.6)}},
            "tax_changes": None,
            "tasks": {},
            "data_counts": {name: {name: 3}},
            "seconds": {name: 1.0},
            "curves": {},
            "samples": [],
        }
    )
    html = render_page(hostile)
    Structure(html)
    assert "<script" not in html
    assert "&lt;script&gt;alert(" in html


def test_nothing_is_not_a_number(html: str) -> None:
    assert not re.search(r"\b(nan|inf|None)\b", Structure(html).text, re.IGNORECASE)


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
