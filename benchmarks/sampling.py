"""Sampling a batch of completions at temperature 1 from the whole distribution."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks import inputs, limits
from benchmarks.limits import SHAPES, Done
from benchmarks.machine import Stopwatch
from benchmarks.plan import Run

PROMPT_TOKENS = (32, 32)


def ours(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """`rollout.generate` in bf16 arithmetic."""
    from tutelage.models import arithmetic
    from tutelage.models.attention import use_fastest_attention
    from tutelage.rollout import Generation, generate

    model = use_fastest_attention(inputs.language_model(run, device))
    prompts = inputs.prompts(run, PROMPT_TOKENS)
    stop_ids = frozenset({inputs.END} if run.in_use else ())

    def sample(call: int) -> Generation:
        seeds = [(100 * run.seed + call) * run.batch + row for row in range(run.batch)]
        return generate(model, prompts, seeds=seeds, max_new_tokens=run.new_tokens, stop_ids=stop_ids)

    with arithmetic("bf16", device):
        sample(0)
        with stopwatch.timing():
            generations = [sample(1 + call) for call in range(run.steps)]
    return done(run, sum(len(each) for some in generations for each in some.completions))


def peer(run: Run, device: torch.device, stopwatch: Stopwatch) -> Done:
    """transformers' generate; the setting names the weights' type, the cache, and whether decoding is compiled."""
    model: Any = inputs.language_model(run, device)
    if "bf16" in run.setting:
        model.bfloat16()
    if "compiled" in run.setting:
        model.forward = torch.compile(model.forward, dynamic=False)
    prompts = torch.tensor(inputs.prompts(run, PROMPT_TOKENS), device=device)

    @torch.no_grad()
    def sample() -> torch.Tensor:
        rows: torch.Tensor = model.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            max_new_tokens=run.new_tokens,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            cache_implementation="static" if "static" in run.setting else None,
        )
        return rows[:, prompts.shape[1] :]

    torch.manual_seed(run.seed)
    for _ in range(2):  # the second may compile once more
        sample()
    with stopwatch.timing():
        completions = [sample() for _ in range(run.steps)]
    return done(run, sum(inputs.completion_tokens(run, each) for each in completions))


def done(run: Run, new_tokens: int) -> Done:
    """New tokens."""
    prompt_tokens = run.steps * run.batch * PROMPT_TOKENS[0]
    return Done(new_tokens, {"all": limits.sampling(SHAPES[run.shape], prompt_tokens, new_tokens)})
