"""`tutelage evaluate truthfulness`: TruthfulQA, by generation and by multiple choice."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tutelage.cli.answer_judges import judges_of, with_judgments
from tutelage.cli.endpoints import KeyOption, PriceInOption, PriceOutOption, YesOption, endpoint_of
from tutelage.cli.exams import (
    KeepOption,
    LimitOption,
    OptionalModels,
    OptionalSamples,
    RawOption,
    SeedOption,
    TemperatureOption,
    TokensOption,
    demand_data,
    folders_of,
    samples_of,
    settings,
)
from tutelage.cli.samples import StopOption
from tutelage.cli.scores import BaselineOption, OutOption, check_out, show
from tutelage.cli.train import carry_out
from tutelage.schema import Question

if TYPE_CHECKING:
    from tutelage.evaluation.framing import Framing
    from tutelage.evaluation.statistics import Statistic
    from tutelage.evaluation.subject import Subject


def truthfulness(
    models: OptionalModels = None,
    data: Annotated[
        str | None,
        typer.Option(help="TruthfulQA: a file, or truthfulqa/truthful_qa on the hub.", metavar="FILE"),
    ] = None,
    samples: OptionalSamples = None,
    judge: Annotated[
        str | None,
        typer.Option(help="A judge of truth: of `train judge`, or a hub's language model.", metavar="FOLDER"),
    ] = None,
    info_judge: Annotated[
        str | None, typer.Option(help="A judge of informativeness likewise.", metavar="FOLDER")
    ] = None,
    judge_endpoint: Annotated[
        str | None,
        typer.Option(help="A model judges both: OpenAI-compatible, before /chat/completions.", metavar="URL"),
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="The judge's name there.")] = None,
    judge_cache: Annotated[
        str, typer.Option(help="Where its replies are kept, so that none is paid twice.", metavar="FILE")
    ] = "answers.judged.jsonl",
    api_key_variable: KeyOption = None,
    price_in: PriceInOption = None,
    price_out: PriceOutOption = None,
    yes: YesOption = False,
    limit: LimitOption = None,
    temperature: TemperatureOption = 0.0,
    max_new_tokens: TokensOption = 64,
    seed: SeedOption = 0,
    raw: RawOption = False,
    keep: KeepOption = None,
    baseline: BaselineOption = None,
    out: OutOption = None,
    stop: StopOption = True,
) -> int:
    """TruthfulQA: how often answers are true, informative, and both; which listed answer is likelier (MC1, MC2)."""
    from tutelage.evaluation.samples import score_samples
    from tutelage.evaluation.scores import joined
    from tutelage.evaluation.sets.questions import read_questions
    from tutelage.evaluation.tasks import TASKS

    check_out(out)
    task = TASKS["truthfulness"]
    endpoint = endpoint_of(
        judge_endpoint, judge_model, api_key_variable, judge_cache, price_in, price_out, yes, prefix="judge-"
    )
    judges = judges_of(judge, info_judge, endpoint)
    questions = [] if data is None else read_questions(data)
    about = {"task": task.name, "judge": judge_endpoint or judge, "info_judge": judge_endpoint or info_judge}
    of_models = {"--limit": limit, "--keep": keep}
    if (given := samples_of(models, samples, task, of_models, stop)) is not None:
        judged = with_judgments(given, judges, endpoint, questions)
        show(score_samples(judged, task), baseline, out, {**about, "samples": samples, "stop": stop})
        return 0

    from tutelage.evaluation.framing import QUESTION_FRAMINGS
    from tutelage.evaluation.samples import Item
    from tutelage.evaluation.sets.columns import drawn
    from tutelage.evaluation.truthfulness import multiple_choice
    from tutelage.pipeline.examination import examine, measure_likelihoods
    from tutelage.pipeline.kept_samples import Asking, KeptSamples

    place = demand_data(data, "the questions")
    chosen = drawn(questions, limit, seed)
    folders = folders_of(models, baseline)
    asking = Asking(temperature, max_new_tokens, raw, seed=seed)

    kept = KeptSamples(keep, task, asking, folders)

    def texts_of(question: Question, framing: "Framing") -> tuple[str, Sequence[str]]:
        return framing.wrap(question.question), (*question.true_answers, *question.false_answers)

    def choose(
        readable: Sequence[Question], subject: "Subject", framing: "Framing"
    ) -> "Mapping[str, Statistic]":
        return multiple_choice(readable, subject.log_probabilities, framing, " " if raw else "")

    def work() -> None:
        console = Console()
        found = measure_likelihoods(folders, chosen, texts_of, QUESTION_FRAMINGS, asking, choose, console)
        if judges or endpoint or keep is not None:
            items = [Item(question.question) for question in chosen]
            answers = examine(folders, items, QUESTION_FRAMINGS, task, asking, kept, console)
            if judges or endpoint:
                judged = with_judgments(answers, judges, endpoint, chosen)
                found = joined(score_samples(judged, task), found)
        else:
            console.print("only multiple choice: no judge of answers is named (--judge, --info-judge)")
        show(found, baseline, out, {**about, **settings(folders, place, limit, asking)})

    return carry_out(work, kept=keep is not None)
