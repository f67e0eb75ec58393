"""Who says whether answers are true and informative: models in folders or on the hub, or one behind an endpoint."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import typer
from rich.console import Console
from rich.progress import Progress

from tutelage.cli.endpoints import Endpoint, told
from tutelage.cli.label import demand_label
from tutelage.schema import Criterion, InputError, Question

if TYPE_CHECKING:
    from tutelage.evaluation.samples import Sample

CRITERIA: tuple[Criterion, ...] = get_args(Criterion)


def judges_of(
    judge: str | None, info_judge: str | None, endpoint: Endpoint | None
) -> Mapping[Criterion, str]:
    """The models that judge, by what they judge. Raises InputError where an endpoint is named as well."""
    found: dict[Criterion, str] = {}
    if judge is not None:
        found["true"] = judge
    if info_judge is not None:
        found["info"] = info_judge
    if found and endpoint is not None:
        raise InputError("two judges of the same", "--judge-endpoint", "name models, or an endpoint")
    return found


def with_judgments(
    samples: "Sequence[Sample]",
    judges: Mapping[Criterion, str],
    endpoint: Endpoint | None,
    questions: Sequence[Question],
) -> "Sequence[Sample]":
    """The samples with the probabilities that they lack; questions: whose listed answers an endpoint is shown."""
    from tutelage.evaluation.samples import with_figures

    lacking = [name for name in CRITERIA if any(name not in (each.given or {}) for each in samples)]
    for name in lacking:
        if endpoint is not None:
            samples = judged_by_endpoint(samples, name, endpoint, questions)
        elif name in judges:
            from tutelage.evaluation.answer_judges import open_judge
            from tutelage.pipeline.display import silence_transformers

            silence_transformers()
            samples = with_figures(samples, name, open_judge(judges[name], name))
    return samples


def judged_by_endpoint(
    samples: "Sequence[Sample]", criterion: Criterion, endpoint: Endpoint, questions: Sequence[Question]
) -> "Sequence[Sample]":
    """What a model behind an endpoint says, its price told first; answers to which it has no verdict are left out."""
    demand_label()
    from tutelage.labelers.judge import Cache, Prices
    from tutelage.labelers.judge.answer_prompting import References
    from tutelage.labelers.judge.answers import EndpointAnswerJudge

    console = Console()
    references = {each.question: References(each.true_answers, each.false_answers) for each in questions}
    texts = ([each.prompt for each in samples], [each.text for each in samples])
    with (
        Cache(endpoint.cache) as replies,
        EndpointAnswerJudge(
            endpoint.url,
            endpoint.model,
            criterion,
            cache=replies,
            references=references,
            api_key_variable=endpoint.api_key_variable,
        ) as judge,
    ):
        prices = None if endpoint.prices is None else Prices(*endpoint.prices)
        console.print(f"{criterion}: {told(judge.estimate(*texts, prices=prices))}", highlight=False)
        if not endpoint.agreed:
            typer.confirm("Ask?", abort=True)
        with Progress(console=console, transient=True) as progress:
            line = progress.add_task("answers", total=None)
            verdicts = judge(
                *texts, progress=lambda done, all: progress.update(line, completed=done, total=all)
            )
    pairs = list(zip(samples, verdicts, strict=True))
    if abstained := sum(verdict is None for _, verdict in pairs):
        console.print(f"{criterion}: no verdict on {abstained} answers, which are left out", highlight=False)
    return [
        replace(sample, given={**(sample.given or {}), criterion: verdict})
        for sample, verdict in pairs
        if verdict is not None
    ]
