"""Step 2, the reward model: the SFT model with a scalar head learns what labelers prefer (§3.5)."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tutelage.data import derive
from tutelage.models import load_policy, load_tokenizer, reward_model_from, save_model
from tutelage.pipeline.context import context_of
from tutelage.pipeline.encoding import encode_demonstrations, encode_rankings
from tutelage.pipeline.folder import RunFolder
from tutelage.pipeline.learners import learner
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.stages.base import base_folder
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import Recipe
from tutelage.schema import Ranking, Split
from tutelage.training import train_reward_model


def start_of_reward(recipe: Recipe, folder: RunFolder) -> Path | str:
    """What the run's reward models are made from: the SFT model, or one of another size that the recipe names."""
    return folder.model("sft_by_loss") if recipe.reward.model is None else base_folder(recipe.reward.model)


def train_reward(bench: Workbench, name: str, read: Callable[[Workbench], Sequence[Ranking]]) -> Findings:
    """Train the reward model `name` on rankings of the train split; those of the valid split measure it."""
    recipe, folder, rankings = bench.recipe, bench.folder, read(bench)
    tokenizer, start = load_tokenizer(folder.model("sft_by_loss")), start_of_reward(recipe, folder)
    model = learner(reward_model_from(load_policy(start)), recipe, bench.device, "reward")
    context = context_of(start)
    training, validation = (
        encode_rankings([each for each in rankings if each.prompt.split == split], tokenizer, context)
        for split in (Split.train, Split.valid)
    )
    demonstrations = encode_demonstrations(
        bench.store.demonstrations(bench.batch("data"), split=Split.train), tokenizer, recipe.data
    )
    result = train_reward_model(
        model,
        training.items,
        validation.items,
        demonstrations.items,
        recipe.reward,
        derive(recipe.seed, bench.stage),
        bench.monitor(),
    )
    save_model(model, tokenizer, folder.model(name))
    if training.dropped:
        bench.display.say(f"  {training.dropped} rankings were too long and left out")
    if result.validation_accuracy is not None:
        bench.display.say(
            f"  {result.comparisons} comparisons; accuracy on validation prompts {result.validation_accuracy:.1%}"
        )
    return {**asdict(result), "too_long": training.dropped}
