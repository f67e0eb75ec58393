"""The overview's figures are SVG that says what it shows and reads on any background."""

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tutelage.labelers.intervals import Estimate
from tutelage.labelers.reliability import Window
from tutelage.labeling.plots import (
    draw_agreement,
    draw_drift,
    draw_gold,
    draw_progress,
    draw_seconds,
    draw_throughput,
)

DAY = 86400.0
START = 20000 * DAY  # 4 October 2024

RATES: dict[str, Estimate | None] = {
    "ann": Estimate(0.7, 0.6, 0.8, 90, 30),
    "bob": Estimate(0.9, 0.85, 0.95, 60, 20),
    "cid": None,
}


def windows(*values: float) -> list[Window]:
    return [
        Window(
            START + 7 * week * DAY,
            START + (7 * week + 6) * DAY,
            Estimate(value, value - 0.1, value + 0.1, 50, 10),
        )
        for week, value in enumerate(values)
    ]


FIGURES: dict[str, Callable[[], bytes]] = {
    "throughput": lambda: draw_throughput(
        {"rank": [START, START + 5, START + DAY], "flag": [START + 3 * DAY]}
    ),
    "seconds": lambda: draw_seconds({"rank": [60.0, 90.0, 150.0], "flag": [4.0, 6.0]}),
    "agreement": lambda: draw_agreement(RATES, Estimate(0.8, 0.75, 0.85, 150, 40)),
    "gold": lambda: draw_gold(RATES),
    "drift": lambda: draw_drift({"ann": windows(0.7, 0.6), "bob": windows(0.7, 0.75)}),
    "progress": lambda: draw_progress([START, START + 60, START + DAY], 1200),
}
each_figure = pytest.mark.parametrize("name", FIGURES)


def texts(svg: bytes) -> list[str]:
    """What is written in a figure."""
    root = ElementTree.fromstring(svg)
    return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]


def height_of(svg: bytes, text: str) -> float:
    """How far down a text stands, in points."""
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        if "".join(element.itertext()) == text:
            moved = re.search(r"translate\(\S+ (\S+)\)", element.get("transform", ""))
            return float(moved.group(1) if moved else element.attrib["y"])
    raise AssertionError(f"{text} is not written")


@each_figure
def test_no_figure_has_a_background_of_its_own_or_type_that_vanishes_on_one(name: str) -> None:
    svg = FIGURES[name]().decode()
    assert not {"#000000", "#ffffff"} & set(re.findall(r"#[0-9a-f]{6}", svg.split("</defs>", 1)[1]))
    for style in re.findall(r"<text[^>]*style=\"([^\"]*)\"", svg):
        fill = re.search(r"fill: #(..)(..)(..)", style)
        assert fill, style
        light = [contrast(tone, fill.groups()) for tone in (0, 255)]
        assert min(light) > 3, style


def contrast(background: int, tone: tuple[str, ...]) -> float:
    """Of two colours, as WCAG 2 defines it."""

    def luminance(channels: list[float]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    one, other = luminance([background / 255] * 3), luminance([int(part, 16) / 255 for part in tone])
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


@each_figure
def test_the_same_figure_is_the_same_file_also_when_two_are_drawn_at_once(name: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: FIGURES[name](), range(2))
    assert one == other == FIGURES[name]()


def test_the_labelers_stand_in_the_order_of_their_agreement_with_its_value() -> None:
    svg = FIGURES["agreement"]()
    assert {"ann", "bob", "70%  (30)", "90%  (20)"} <= set(texts(svg))
    assert "cid" not in texts(svg)
    assert height_of(svg, "bob") < height_of(svg, "ann")
    assert "all 80%" in [text.strip() for text in texts(svg)]


def test_many_days_become_weeks() -> None:
    assert "answers a day" in texts(FIGURES["throughput"]())
    assert "answers a week" in texts(draw_throughput({"rank": [START, START + 200 * DAY]}))


def test_a_forgotten_browser_does_not_stretch_the_axis_of_time() -> None:
    written = texts(draw_seconds({"rank": [30.0, 60.0, 120.0] * 40 + [40 * 3600.0]}))
    assert "60 s  (121)" in written
    assert {"1 min", "2 min"} <= set(written)
    assert not {"1 h", "10 h", "1 day"} & set(written)


def test_those_whose_agreement_changed_most_are_named() -> None:
    steady = {f"steady {place}": windows(0.7, 0.7) for place in range(6)}
    moved = {f"moved {place}": windows(0.6 + place / 20, 0.9) for place in range(4)}
    written = texts(draw_drift({**steady, **moved, "new": windows(0.2)}))
    assert [name for name in written if name.startswith(("steady", "moved", "new"))] == sorted(moved)


def test_names_do_not_cover_each_other() -> None:
    svg = draw_drift({name: windows(0.5, 0.7) for name in ("ann", "bob", "cid")})
    heights = sorted(height_of(svg, name) for name in ("ann", "bob", "cid"))
    assert min(later - earlier for earlier, later in pairwise(heights)) > 9  # type of 10 points


def test_progress_says_how_many_are_done_and_wanted_and_stays_small() -> None:
    svg = draw_progress([START + 60.0 * minute for minute in range(50_000)], 80_000)
    assert {"50,000 done", "80,000 wanted"} <= set(texts(svg))
    assert len(svg) < 100_000


def test_any_name_can_be_written() -> None:
    name = "$x_1$ <b>&"
    assert name in texts(draw_gold({name: RATES["ann"]}))
    assert "a very long name…" in texts(draw_gold({"a very long name of somebody": RATES["ann"]}))


def test_drawing_loads_no_pyplot() -> None:
    program = (
        "import sys; from tutelage.labeling.plots import draw_progress; assert 'matplotlib' not in sys.modules; "
        "draw_progress([1.0, 2.0], 3); assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
