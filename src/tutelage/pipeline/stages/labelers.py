"""Labelers as noisy as people: how much they agree on pairs of SFT samples, set and measured (§3.4)."""

from functools import partial

from tutelage.data import derive
from tutelage.labelers import agreement, calibrate_noise
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import draw
from tutelage.pipeline.source import Labelers
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Group, Prompt, RunError, Split

AGREEMENT = {Group.training: 0.73, Group.heldout: 0.77}
"""How often two of the paper's labelers agreed: 72.6 ± 1.5 % and 77.3 ± 1.3 %."""

PROMPTS = 1600
"""Half of their pairs set the noise, the other half measures the agreement that comes of it."""


def calibrate_labelers(bench: Workbench, labelers: Labelers) -> Findings:
    """Set the noise of both groups on pairs of samples of one model, as the paper's labelers saw them.

    On pairs of mixed sources, where good and bad differ more, the same noise would give higher agreement.
    """
    recipe = bench.recipe
    prompts = draw(
        bench.store.prompts(split=Split.train, batch=bench.batch("data")), PROMPTS, recipe.seed, "labelers"
    )
    sampled = bench.sampler(bench.folder.model("sft_by_loss")).sample(
        [prompt.text for prompt in prompts],
        2,
        max_new_tokens=recipe.data.max_completion_tokens,
        seed=derive(recipe.seed, "labelers"),
    )
    pairs: list[tuple[Prompt, str, str]] = [
        (prompt, first.text, second.text)
        for prompt, (first, second) in zip(prompts, sampled, strict=True)
        if first.text != second.text
    ]
    if len(pairs) < 2:
        raise RunError("the SFT model writes the same answer twice to every prompt: there is nothing to rank")
    noise, measured = {}, {}
    for group, target in AGREEMENT.items():
        noise[group.value] = calibrate_noise(partial(labelers.annotators, group), pairs[::2], target)
        annotators = labelers.annotators(group, noise[group.value])
        measured[group.value] = agreement(annotators, pairs[1::2])
        bench.store.add_labelers([annotator.labeler for annotator in annotators])
    bench.display.say(
        f"  two training labelers agree on {measured['training']:.1%} of pairs, two held-out on "
        f"{measured['heldout']:.1%}"
    )
    return {"noise": noise, "agreement": measured, "pairs": len(pairs[1::2])}
