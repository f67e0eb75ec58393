"""Step 3: a fine-tuned model learns by PPO to please the reward model, with or without pretraining gradients (§3.5)."""

from collections.abc import Mapping

from tutelage.models import load_tokenizer
from tutelage.pipeline.encoding import PromptTexts, ptx_rows
from tutelage.pipeline.heldout import heldout_judges
from tutelage.pipeline.judges import Judges
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import training_prompts
from tutelage.pipeline.reinforcing import reinforce
from tutelage.pipeline.source import Source, Utility
from tutelage.pipeline.workbench import Workbench
from tutelage.rollout import Generation, load_reward_model


def train_ppo(
    bench: Workbench,
    source: Source,
    name: str,
    reference: str,
    reward: str,
    ptx_coefficient: float,
    utility: Utility | None,
    judges: Judges,
) -> Findings:
    """Train the policy `name` on the prompts of the train split; its averaged weights are kept.

    reference: the model that it starts from and is held to
    ptx_coefficient: 0 for plain PPO; everything else is the same for both.
    judges: those held out look at it now and then, where the recipe has a patience
    """
    ppo = bench.recipe.ppo.model_copy(update={"ptx_coefficient": ptx_coefficient})
    recipe, folder = bench.recipe.model_copy(update={"ppo": ppo}), bench.folder
    start, judge = folder.model(reference), folder.model(reward)
    tokenizer = load_tokenizer(start)
    texts = PromptTexts.of(training_prompts(bench), tokenizer, recipe.data)
    documents, packed = source.documents(), bench.packed(source)
    rows = ptx_rows(documents, tokenizer, recipe, packed) if ptx_coefficient > 0 else None

    def observe(iteration: int, generation: Generation) -> Mapping[str, float]:
        if utility is None or iteration % recipe.evaluation.every:
            return {}
        prompts, completions = texts.of_generation(generation)
        worth = [
            utility(texts.prompts[prompt], text) for prompt, text in zip(prompts, completions, strict=True)
        ]
        return {"utility": sum(worth) / len(worth)}

    told = reinforce(
        recipe,
        start,
        judge,
        load_reward_model(judge),
        texts,
        rows,
        folder.model(name),
        bench.monitor(),
        bench.device,
        weights_folder=folder.checkpoints,
        observe=observe,
        heldout=None if ppo.patience is None else heldout_judges(bench, judges, start),
    )
    if told is not None:
        bench.display.say(f"  {told}")
    return {"prompts": len(texts.encoded), "too_long": texts.dropped, "stopping": told}
