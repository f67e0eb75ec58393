"""Step 3 put together: the four models, what completions are scored by, and what samples them (§3.5)."""

from pathlib import Path

import torch
from torch import Tensor

from tutelage.data import derive
from tutelage.models import save_model
from tutelage.pipeline.encoding import PromptTexts
from tutelage.pipeline.engine import open_engine
from tutelage.pipeline.heldout import told_of
from tutelage.pipeline.learners import ppo_models
from tutelage.pipeline.rewards import open_rewards
from tutelage.recipe import Recipe
from tutelage.rollout import Scorer
from tutelage.training import HeldOut, Monitor, OnIteration, train_policy


def reinforce(
    recipe: Recipe,
    start: str | Path,
    reward: str | Path,
    scorer: Scorer,
    texts: PromptTexts,
    rows: Tensor | None,
    out: Path,
    monitor: Monitor,
    device: torch.device,
    *,
    weights_folder: Path,
    observe: OnIteration | None = None,
    heldout: HeldOut | None = None,
) -> str | None:
    """Train a policy by PPO and write its averaged weights to `out`; returns what held-out judges made of it.

    start: the model that it starts from and is held to. reward: the folder or hub name that the scorer was loaded from.
    rows (N, T): packed text for the ptx term. weights_folder: where a sampling server finds the policy's weights, if
    the recipe does not say. observe: what is logged beside training's own metrics.
    """
    models = ppo_models(start, reward, scorer, recipe, device)
    trained = train_policy(
        models.policy,
        models.reference,
        models.value_model,
        open_rewards(recipe, models.scorer, texts, device),
        texts.encoded,
        rows,
        recipe.ppo,
        # PPO and PPO-ptx start alike, so that they differ in pretraining gradients and in nothing else
        derive(recipe.seed, "policy"),
        monitor,
        max_completion_tokens=recipe.data.max_completion_tokens,
        generate=open_engine(recipe, start, weights_folder, device),
        on_iteration=observe,
        heldout=heldout,
    )
    save_model(trained.averaged, texts.tokenizer, out)
    return None if trained.verdict is None else told_of(trained.verdict, recipe.ppo)
