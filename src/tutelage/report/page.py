"""The run as one page that needs nothing beside it: figures inline, no script, no address of anything elsewhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tutelage.recipe.rounds import of_round
from tutelage.report.drawing import NARROW, WIDE, Drawing, drawing_style
from tutelage.report.findings import headline, warnings
from tutelage.report.head import legend, tiles
from tutelage.report.names import MODEL_COLOURS, model_name, spoken, use_case_name
from tutelage.report.results import Results, Sample, in_model_order
from tutelage.report.sections import sections
from tutelage.report.wording import count, unbroken

SHORT = 16
"""Characters of a table's cell that is a figure; what is longer is text."""
SHOWN = 4
"""Samples laid open; the rest opens on a click."""


@dataclass(frozen=True)
class Answer:
    """One model's answer to a sample's prompt."""

    model: str
    variable: str
    text: str


@dataclass(frozen=True)
class Card:
    """A prompt with all models' answers, side by side."""

    prompt: str
    use_case: str
    answers: Sequence[Answer]


def render_page(results: Results) -> str:
    """The page as HTML; equal results give equal pages."""
    parts = sections(results)
    cards = list(sample_cards(results.samples))
    name, found = str(results.recipe.get("name", "run")), headline(results)
    contents = [(section.anchor, section.name) for section in parts]
    return (
        environment()
        .get_template("report.html.jinja")
        .render(
            title=f"{name}: {found}",
            name=name,
            seed=results.seed,
            headline=found,
            warnings=warnings(results),
            gates=results.gates,
            tiles=list(tiles(results)),
            counts={spoken(name): count(number) for name, number in results.counts.items()},
            models=coloured(legend(results)),
            contents=[*contents, *([("samples", "Samples")] if cards else [])],
            sections=parts,
            shown=cards[:SHOWN],
            hidden=cards[SHOWN:],
            copying=results.copying,
        )
    )


def environment() -> Environment:
    """The templates, and the filters by which they write figures and text."""
    made = Environment(
        loader=PackageLoader("tutelage.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["drawn"] = drawn
    made.filters["unbroken"] = unbroken
    made.filters["spoken"] = spoken
    made.filters["figure"] = whole_figure
    return made


def drawn(draw: Callable[[], Drawing]) -> Markup:
    """A figure for a wide page and for a narrow one; the style sheet shows one of them."""
    both = []
    for name, width in (("at-wide", WIDE), ("at-narrow", NARROW)):
        with drawing_style(width):
            both.append(f'<div class="drawing {name}">{draw().svg}</div>')
    return Markup("".join(both))


def coloured(models: Sequence[str]) -> list[tuple[str, str]]:
    """Each model's name and the style variable of its colour."""
    return [(model_name(model), variable(model)) for model in models]


def sample_cards(samples: Sequence[Sample]) -> Iterator[Card]:
    """Each sample's answers in the order of the models."""
    for sample in samples:
        yield Card(
            sample.prompt,
            use_case_name(sample.use_case or ""),
            [
                Answer(model_name(model), variable(model), sample.texts[model])
                for model in in_model_order(sample.texts)
            ],
        )


def whole_figure(text: str) -> Markup:
    """A table's cell: a number stays on one line, with its interval it may break between the two."""
    value, opening, interval = text.partition(" (")
    if not (opening and interval.endswith(")")):
        return Markup('<span class="whole">{}</span>').format(text) if len(text) <= SHORT else escape(text)
    return Markup('<span class="whole">{}</span> <span class="whole">({}</span>').format(value, interval)


def variable(model: str) -> str:
    """The style variable of a model's colour; that of its first round in every round."""
    first, _ = of_round(model)
    return MODEL_COLOURS[first].variable if first in MODEL_COLOURS else "--soft"
