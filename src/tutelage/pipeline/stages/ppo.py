"""Step 3: a fine-tuned model learns by PPO to please the reward model, with or without pretraining gradients (§3.5)."""

from collections.abc import Mapping

from torch import Tensor

from tutelage.data import derive
from tutelage.models import load_policy, load_tokenizer, save_model, value_model_from
from tutelage.pipeline.device import laid_out
from tutelage.pipeline.encoding import PromptTexts, ptx_rows
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.prompts import training_prompts
from tutelage.pipeline.source import Source, Utility
from tutelage.pipeline.workbench import Workbench
from tutelage.rollout import Generation
from tutelage.training import train_policy


def train_ppo(
    bench: Workbench,
    source: Source,
    name: str,
    reference: str,
    reward: str,
    ptx_coefficient: float,
    utility: Utility | None,
) -> Findings:
    """Train the policy `name` on the prompts of the train split; its averaged weights are kept.

    reference: the model that it starts from and is held to
    ptx_coefficient: 0 for plain PPO; everything else is the same for both.
    """
    recipe = bench.recipe.ppo.model_copy(update={"ptx_coefficient": ptx_coefficient})
    folder, seed = bench.folder, bench.recipe.seed
    tokenizer = load_tokenizer(folder.model(reference))
    texts = PromptTexts.of(training_prompts(bench), tokenizer, bench.recipe.data)
    documents, packed = source.documents(), bench.packed(source)
    rows = ptx_rows(documents, tokenizer, bench.recipe, packed) if ptx_coefficient > 0 else None
    scorer = bench.scorer(reward)
    policy, held_to = (load_policy(folder.model(reference), device=bench.device) for _ in range(2))
    value_model = value_model_from(scorer.model)
    for model in (policy, held_to, value_model, scorer.model):
        laid_out(model, bench.recipe)

    def score(generation: Generation) -> Tensor:
        return scorer(*texts.of_generation(generation)).to(bench.device)

    def observe(iteration: int, generation: Generation) -> Mapping[str, float]:
        if utility is None or iteration % bench.recipe.evaluation.every:
            return {}
        prompts, completions = texts.of_generation(generation)
        worth = [
            utility(texts.prompts[prompt], text) for prompt, text in zip(prompts, completions, strict=True)
        ]
        return {"utility": sum(worth) / len(worth)}

    trained = train_policy(
        policy,
        held_to,
        value_model,
        score,
        texts.encoded,
        rows,
        recipe,
        # Both start alike, so that PPO-ptx differs from PPO in its pretraining gradients and in nothing else.
        derive(seed, "policy"),
        bench.monitor(),
        max_completion_tokens=bench.recipe.data.max_completion_tokens,
        on_iteration=observe,
    )
    save_model(trained.averaged, tokenizer, folder.model(name))
    return {"prompts": len(texts.encoded), "too_long": texts.dropped}
