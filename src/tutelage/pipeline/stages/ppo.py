"""Step 3: a fine-tuned model learns by PPO to please the reward model, with or without pretraining gradients (§3.5)."""

from collections.abc import Mapping

from tutelage.data import derive
from tutelage.models import load_tokenizer, save_model
from tutelage.pipeline.encoding import PromptTexts, ptx_rows
from tutelage.pipeline.engine import open_engine
from tutelage.pipeline.heldout import heldout_judges
from tutelage.pipeline.judges import Judges
from tutelage.pipeline.learners import actors
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import training_prompts
from tutelage.pipeline.rewards import open_rewards
from tutelage.pipeline.source import Source, Utility
from tutelage.pipeline.workbench import Workbench
from tutelage.rollout import Generation, load_reward_model
from tutelage.training import train_policy


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
    recipe = bench.recipe.ppo.model_copy(update={"ptx_coefficient": ptx_coefficient})
    folder, seed = bench.folder, bench.recipe.seed
    tokenizer = load_tokenizer(folder.model(reference))
    texts = PromptTexts.of(training_prompts(bench), tokenizer, bench.recipe.data)
    documents, packed = source.documents(), bench.packed(source)
    rows = ptx_rows(documents, tokenizer, bench.recipe, packed) if ptx_coefficient > 0 else None
    heldout = None if recipe.patience is None else heldout_judges(bench, judges, folder.model(reference))
    judge = load_reward_model(folder.model(reward))
    cast = actors(folder.model(reference), folder.model(reward), judge, bench.recipe, bench.device)
    score = open_rewards(bench.recipe, cast.scorer, texts, bench.device)

    def observe(iteration: int, generation: Generation) -> Mapping[str, float]:
        if utility is None or iteration % bench.recipe.evaluation.every:
            return score.means
        prompts, completions = texts.of_generation(generation)
        worth = [
            utility(texts.prompts[prompt], text) for prompt, text in zip(prompts, completions, strict=True)
        ]
        return {**score.means, "utility": sum(worth) / len(worth)}

    trained = train_policy(
        cast.policy,
        cast.reference,
        cast.value_model,
        score,
        texts.encoded,
        rows,
        recipe,
        # Both start alike, so that PPO-ptx differs from PPO in its pretraining gradients and in nothing else.
        derive(seed, "policy"),
        bench.monitor(),
        max_completion_tokens=bench.recipe.data.max_completion_tokens,
        generate=open_engine(bench.recipe, folder.model("base"), folder.checkpoints, bench.device),
        on_iteration=observe,
        heldout=heldout,
    )
    save_model(trained.averaged, tokenizer, folder.model(name))
    if trained.told is not None:
        bench.display.say(f"  {trained.told}")
    return {"prompts": len(texts.encoded), "too_long": texts.dropped, "stopping": trained.told}
