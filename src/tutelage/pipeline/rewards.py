"""What step 3 scores completions by: the run's reward model, or a weighted sum of it and others."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from tutelage.http import Patience
from tutelage.models.location import model_folder
from tutelage.pipeline.context import context_of
from tutelage.pipeline.device import laid_out
from tutelage.pipeline.encoding import PromptTexts
from tutelage.pipeline.stages.base import fingerprint_of_base
from tutelage.recipe import Recipe
from tutelage.recipe.rewards import OWN, RewardSource
from tutelage.rollout import Generation, Scorer, load_reward_model
from tutelage.rollout.endpoint_scorer import EndpointScorer
from tutelage.rollout.function_scorer import FunctionScorer, source_of_function
from tutelage.schema import InputError
from tutelage.training import Scores

FIELD = "ppo.rewards"

AnyScorer = Scorer | FunctionScorer | EndpointScorer
"""From N prompts and a completion of each, as texts, to their scores (N,)."""


@dataclass(frozen=True)
class Term:
    """One of the sum."""

    name: str
    weight: float
    scorer: AnyScorer


class WeightedScores:
    """Scores completions by a weighted sum, as PPO asks for it."""

    def __init__(self, terms: list[Term], texts: PromptTexts, device: torch.device) -> None:
        self._terms = terms
        self._texts = texts
        self._device = device

    def __call__(self, generation: Generation) -> Scores:
        """The sum, and its terms where there are several."""
        prompts, completions = self._texts.of_generation(generation)
        found = {each.name: each.scorer(prompts, completions).to(self._device) for each in self._terms}
        total = torch.stack([each.weight * found[each.name] for each in self._terms]).sum(0)
        return Scores(total, found if len(found) > 1 else {})


def open_rewards(recipe: Recipe, own: Scorer, texts: PromptTexts, device: torch.device) -> WeightedScores:
    """All of the recipe's rewards, ready to score. own: the run's reward model."""
    sources = recipe.ppo.rewards or (RewardSource(model=OWN),)
    terms = [
        Term(each.called, each.weight, _open(each, place, recipe, own, device))
        for place, each in enumerate(sources)
    ]
    return WeightedScores(terms, texts, device)


def check_rewards(recipe: Recipe) -> None:
    """Raises InputError for a reward that cannot be used, as far as that is known before any work."""
    limits = recipe.data
    needed = limits.max_prompt_tokens + limits.max_completion_tokens
    for place, source in enumerate(recipe.ppo.rewards or ()):
        if source.function is not None:
            FunctionScorer(source.function, f"{FIELD}.{place}.function")
        elif source.endpoint is not None:
            _open_endpoint(source, place)
        elif source.model is not None and source.model != OWN:
            model_folder(source.model, weights=False)
            if (context := context_of(source.model)) < needed:
                raise InputError(
                    f"{source.model} sees {context} tokens, and a prompt with its completion may have {needed}",
                    f"{FIELD}.{place}.model",
                    "lower data.max_prompt_tokens or data.max_completion_tokens",
                )


def made_from(recipe: Recipe) -> list[str | None]:
    """What identifies each reward beside its settings: a function's file, a model's files or commit."""
    return [_content(each) for each in recipe.ppo.rewards or ()]


def _content(source: RewardSource) -> str | None:
    if source.function is not None:
        return source_of_function(source.function)
    if source.model is None or source.model == OWN:
        return None
    return fingerprint_of_base(source.model)


def _open(source: RewardSource, place: int, recipe: Recipe, own: Scorer, device: torch.device) -> AnyScorer:
    if source.function is not None:
        return FunctionScorer(source.function, f"{FIELD}.{place}.function")
    if source.endpoint is not None:
        return _open_endpoint(source, place)
    if source.model == OWN:
        return own
    assert source.model is not None
    scorer = load_reward_model(source.model, device=device)
    laid_out(scorer.model, recipe)
    return scorer


def _open_endpoint(source: RewardSource, place: int) -> EndpointScorer:
    assert source.endpoint is not None
    return EndpointScorer(
        source.endpoint,
        f"{FIELD}.{place}.endpoint",
        batch_size=source.batch_size,
        api_key_variable=source.api_key_variable,
        patience=Patience(timeout=source.timeout, tries=source.tries),
    )
