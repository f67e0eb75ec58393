"""Held-out judges of a policy in training: do they prefer its answers to the reference's, on validation prompts?"""

from pathlib import Path

from transformers import PreTrainedModel

from tutelage.data import derive
from tutelage.evaluation import rank_outputs, win_rates
from tutelage.models import load_policy, load_tokenizer
from tutelage.pipeline.encoding import PromptTexts
from tutelage.pipeline.file_source import FileSource
from tutelage.pipeline.judges import GROUP_KEYS, Judges
from tutelage.pipeline.prompts import distinct, draw
from tutelage.pipeline.source import Source
from tutelage.pipeline.stages.comparisons import belongs_to_judge
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import PPORecipe, Recipe
from tutelage.rollout import end_of_text, generate_together
from tutelage.schema import Group, InputError, Split
from tutelage.training import HeldOut, Verdict

FIELD = "ppo.patience"


def heldout_judges(bench: Workbench, judges: Judges, reference: Path) -> HeldOut:
    """Who looks at a policy that starts from the model in the folder `reference`, and how often.

    Its answers and the reference's, one each, are drawn with the same chance at every look, to as many prompts of the
    validation split as the recipe's evaluation asks for.
    """
    recipe = bench.recipe
    found = bench.store.prompts(split=Split.valid, batch=bench.batch("data"))
    chosen = draw(found, recipe.evaluation.prompts, recipe.seed, "heldout")
    texts = PromptTexts.of(distinct(chosen), load_tokenizer(reference), recipe.data)
    prompts = list(texts.prompts.values())
    rankers = judges.groups(bench)[GROUP_KEYS[Group.heldout]]

    def answers(model: PreTrainedModel) -> list[str]:
        generation = generate_together(
            model,
            texts.encoded,
            seeds=[derive(recipe.seed, "heldout", place) for place in range(len(prompts))],
            max_new_tokens=recipe.data.max_completion_tokens,
            stop_ids=end_of_text(model),
            temperature=recipe.evaluation.temperature,
        )
        return texts.of_generation(generation)[1]

    before = answers(load_policy(reference, device=bench.device))

    def prefer(model: PreTrainedModel) -> float:
        rankings = rank_outputs(prompts, {"reference": before, "policy": answers(model)}, rankers)
        return win_rates(rankings, "reference")["policy"].value

    return HeldOut(prefer, recipe.evaluation.every)


def told_of(verdict: Verdict, recipe: PPORecipe) -> str:
    """Which weights of a policy are kept and, if it stopped early, why."""
    told = (
        f"held-out judges liked it best after iteration {verdict.best_iteration} ({verdict.best_figure:.3f}), whose "
        "weights are kept"
    )
    iterations, looks = recipe.episodes // recipe.batch_size, verdict.without_better
    if verdict.last_iteration == iterations:
        return told
    return (
        f"stopped after iteration {verdict.last_iteration} of {iterations}: {told}, and no better in {looks} "
        f"{'look' if looks == 1 else 'looks'} since"
    )


def check_heldout(recipe: Recipe, source: Source) -> None:
    """Raises InputError where the recipe has a patience and nobody, or nothing, is held out."""
    if recipe.ppo.patience is None:
        return
    if not any(prompt.split == Split.valid for prompt in source.prompts()):
        raise InputError("there are no prompts of the valid split", FIELD, "give some, or set it to null")
    if isinstance(source, FileSource):
        judged = [each for each in source.rankings() if each.prompt.split == Split.train]
        if not any(map(belongs_to_judge, judged)):
            raise InputError(
                "no ranking is held out for a judge: there are too few", FIELD, "give more, or set it to null"
            )
