"""`tutelage evaluate`: how good a model is, with intervals."""

from typing import Annotated

import typer

from tutelage.cli import (
    bias,
    labeler_folds,
    nlp,
    over_optimization,
    preference,
    reward,
    samples,
    toxicity,
    truthfulness,
)
from tutelage.cli.data import filled

app = typer.Typer(help="How good a model is, with intervals.", no_args_is_help=True, rich_markup_mode=None)
for task in samples.HELP:
    app.command(task)(samples.command_of(task))
app.command("truthfulness")(truthfulness.truthfulness)
app.command("toxicity")(toxicity.toxicity)
app.command("bias")(bias.bias)
app.command("nlp")(nlp.nlp)
app.command("preference")(preference.preference)
app.command("reward")(reward.reward)
app.command("labeler-folds")(labeler_folds.labeler_folds)
app.command("over-optimization")(over_optimization.over_optimization)


@app.command()
def judge(
    model: Annotated[
        str, typer.Argument(help="A judge of answers: a folder, or a name on the hub.", metavar="FOLDER")
    ],
    answers: Annotated[list[str], typer.Option(help="Files of labelled answers.", metavar="FILE")],
    label: Annotated[str, typer.Option(help="The column of the label.")] = "true",
) -> None:
    """How often a judge of answers says what the labels say, beside always saying the same.

    A language model is asked whether answers are informative where the label's name begins with `info`, else whether
    they are true.
    """
    from tutelage.data import read_answers
    from tutelage.evaluation.answer_judges import open_judge
    from tutelage.evaluation.judged_answers import judge_accuracy

    found = [each for file in answers for each in filled(read_answers(file, label), file)]
    texts = ([each.prompt.text for each in found], [each.answer for each in found])
    judge_of = open_judge(model, "info" if label.startswith("info") else "true")
    print(judge_accuracy(judge_of(*texts), found).told())
