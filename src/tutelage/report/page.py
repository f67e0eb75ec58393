"""The run as one page that needs nothing beside it: figures inline, no script, no address of anything elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tutelage.report.drawing import drawing_style
from tutelage.report.findings import headline, warnings
from tutelage.report.head import legend, tiles
from tutelage.report.names import MODEL_COLOURS, model_name, spoken
from tutelage.report.results import Results, Sample, in_model_order
from tutelage.report.sections import sections
from tutelage.report.wording import unbroken

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
    environment = Environment(
        loader=PackageLoader("tutelage.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["svg"] = Markup
    environment.filters["unbroken"] = unbroken
    environment.filters["spoken"] = spoken
    environment.filters["figure"] = whole_figure
    with drawing_style():
        parts = sections(results)
    cards = list(sample_cards(results.samples))
    return environment.get_template("report.html.jinja").render(
        name=str(results.recipe.get("name", "run")),
        seed=results.seed,
        headline=headline(results),
        warnings=warnings(results),
        gates=results.gates,
        tiles=list(tiles(results)),
        counts={spoken(name): f"{count:,}".replace(",", "\u2009") for name, count in results.counts.items()},
        legend=[(model_name(model), variable(model)) for model in legend(results)],
        sections=parts,
        shown=cards[:SHOWN],
        hidden=cards[SHOWN:],
        copying=results.copying,
    )


def sample_cards(samples: Sequence[Sample]) -> Iterator[Card]:
    """Each sample's answers in the order of the models."""
    for sample in samples:
        yield Card(
            sample.prompt,
            spoken(sample.use_case or ""),
            [
                Answer(model_name(model), variable(model), sample.texts[model])
                for model in in_model_order(sample.texts)
            ],
        )


def whole_figure(text: str) -> Markup:
    """A table's cell: a number with its interval may break between the two and nowhere else."""
    value, opening, interval = text.partition(" (")
    if not (opening and interval.endswith(")")):
        return escape(text)
    return Markup('<span class="whole">{}</span> <span class="whole">({}</span>').format(value, interval)


def variable(model: str) -> str:
    """The style variable of a model's colour."""
    return MODEL_COLOURS[model].variable if model in MODEL_COLOURS else "--soft"
