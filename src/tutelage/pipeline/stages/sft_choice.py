"""Which SFT epoch goes on to step 3: the one whose samples the reward model likes best (App. C.1)."""

import shutil

from tutelage.data import derive
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import draw
from tutelage.pipeline.workbench import Workbench
from tutelage.schema import Split
from tutelage.store import atomic_folder

PROMPTS = 400
"""Validation prompts that the epochs are compared on; all are compared on the same."""


def choose_sft(bench: Workbench, reward: str) -> Findings:
    """Score samples of every epoch's model on validation prompts, and copy the best epoch to models/sft.

    Validation loss overfits after one epoch, while the reward model's score, like labelers' preference, still rises.
    """
    recipe, folder = bench.recipe, bench.folder
    prompts = [
        prompt.text
        for prompt in draw(
            bench.store.prompts(split=Split.valid, batch=bench.batch("data")),
            PROMPTS,
            recipe.seed,
            "sft_choice",
        )
    ]
    score = bench.score(reward)
    monitor = bench.monitor()
    means: list[float] = (monitor.resume() or {"means": []})["means"]
    for epoch in range(len(means) + 1, recipe.sft.epochs + 1):
        sampler = bench.sampler(folder.epoch(epoch))
        sampled = sampler.sample(
            prompts,
            max_new_tokens=recipe.data.max_completion_tokens,
            seed=derive(recipe.seed, "sft_choice"),
        )
        scores = score(prompts, [samples[0].text for samples in sampled])
        means.append(sum(scores) / len(scores))
        monitor.step(epoch, recipe.sft.epochs, {"score": means[-1]}, lambda: {"means": means})
    chosen = 1 + means.index(max(means))
    with atomic_folder(folder.model("sft")) as copy:
        shutil.copytree(folder.epoch(chosen), copy, dirs_exist_ok=True)
    bench.display.say(f"  the reward model prefers epoch {chosen} of {len(means)}")
    return {"scores": means, "epoch": chosen}
