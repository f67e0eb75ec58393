"""Over-optimization of the user's own models: proxy and judge against the KL divergence from where they started."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch

from tutelage.data import Sequences, derive
from tutelage.evaluation.over_optimization import Optimization, best_of_n_points, policy_point
from tutelage.evaluation.selection import Score, score_candidates
from tutelage.models import completion_logprobs, load_policy, load_tokenizer, tokens_at_once
from tutelage.pipeline.device import choose_device
from tutelage.pipeline.display import Display, silence_transformers
from tutelage.rollout import Sample, Sampler, load_reward_model
from tutelage.schema import InputError, Prompt
from tutelage.training.passes import PADDING, per_token

OWN_SAMPLES = 4
"""Completions of each prompt by a model whose KL is estimated."""


def measure_over_optimization(
    policy: str,
    others: Mapping[str, str],
    reward: str,
    judge: str,
    prompts: Sequence[Prompt],
    *,
    n: int,
    max_new_tokens: int,
    seed: int,
    display: Display,
) -> dict[str, list[Optimization]]:
    """Best of n of the policy, and each of the other models by its own samples, their KL being that from the policy.

    policy, reward, judge: folders; others: name -> folder. Everything is sampled at temperature 1, as in PPO. Raises
    InputError when a model cannot be loaded, or has not the policy's tokens.
    """
    silence_transformers()
    device = choose_device("auto")
    start = open_sampler(policy, device)
    for folder in others.values():
        if load_tokenizer(folder).get_vocab() != start.tokenizer.get_vocab():
            raise InputError("this model has other tokens than the policy: they have no KL", folder)
    proxy, second = (load_reward_model(folder, device=device) for folder in (reward, judge))
    scorers: list[Score] = [lambda *given: proxy(*given).tolist(), lambda *given: second(*given).tolist()]
    texts = [prompt.text for prompt in prompts]

    def both_scores(sampled: Sequence[Sequence[Sample]]) -> list[list[list[float]]]:
        candidates = [[sample.text for sample in own] for own in sampled]
        return [score_candidates(texts, candidates, score) for score in scorers]

    display.begin(f"{n} samples of each of {len(texts)} prompts by {policy}")
    sampled = start.sample(texts, n, max_new_tokens=max_new_tokens, seed=derive(seed, "best_of_n"))
    found = {"best_of_n": best_of_n_points(*both_scores(sampled))}
    for name, folder in others.items():
        display.begin(f"{OWN_SAMPLES} samples of each by {folder}")
        own = open_sampler(folder, device)
        sampled = own.sample(
            texts, OWN_SAMPLES, max_new_tokens=max_new_tokens, seed=derive(seed, "policy", name)
        )
        scores, judged = ([value for row in rows for value in row] for rows in both_scores(sampled))
        ratios = log_ratios(start, texts, sampled)
        clusters = [prompt.id for prompt in prompts for _ in range(OWN_SAMPLES)]
        found[name] = [policy_point(name, ratios, scores, judged, clusters)]
    return found


def open_sampler(folder: str, device: torch.device) -> Sampler:
    """A language model in a folder, or of that name on the hub."""
    return Sampler(load_policy(folder, device=device), load_tokenizer(folder))


def log_ratios(
    reference: Sampler, prompts: Sequence[str], sampled: Sequence[Sequence[Sample]]
) -> list[float]:
    """log π - log π_ref of each sample, nats: of the tokens as they were drawn, at temperature 1."""
    encoded = [reference.template.encode_prompt(reference.tokenizer, prompt) for prompt in prompts]
    flat = [sample for own in sampled for sample in own]
    sequences = Sequences.of(
        [prompt for prompt, own in zip(encoded, sampled, strict=True) for _ in own],
        [sample.tokens for sample in flat],
        PADDING,
    ).to(reference.model.device)
    log_probabilities = partial(completion_logprobs, reference.model)
    before = per_token(log_probabilities, sequences, tokens_at_once(reference.model)).double().sum(1)
    return [sum(sample.logprobs) - its for sample, its in zip(flat, before.tolist(), strict=True)]
