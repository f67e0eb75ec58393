"""Scores of completions by a reward model: texts in, scalars out.

The reward model reads text in its own tokens, so that it need not share a tokenizer with the policy.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.data.batching import micro_batches
from tutelage.data.template import ChatTemplate, Template, template_for
from tutelage.data.tokens import Sequences
from tutelage.distributed import add_up, shared_out
from tutelage.models import evaluating, final_scores, load_tokenizer, tokens_at_once
from tutelage.models import load_reward_model as load_scalar_model


class Scorer:
    """A reward model with its tokenizer and template."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        template: Template | ChatTemplate | None = None,
        *,
        batch_tokens: int | None = None,
    ) -> None:
        """template: None takes the tokenizer's own. batch_tokens: padded tokens in one pass; None
        lets the device decide."""
        self.model = model
        self.tokenizer = tokenizer
        self.template = template_for(tokenizer) if template is None else template
        self.batch_tokens = batch_tokens or tokens_at_once(model)

    def __call__(self, prompts: Sequence[str], completions: Sequence[str]) -> Tensor:
        """(N,) float32 scores of the completions, each taken as ended: end-of-text is scored last."""
        return self.score_tokens(
            [self.template.encode_prompt(self.tokenizer, prompt) for prompt in prompts],
            [self.template.encode_completion(self.tokenizer, completion) for completion in completions],
        )

    @torch.no_grad()
    def score_tokens(self, prompts: Sequence[list[int]], completions: Sequence[list[int]]) -> Tensor:
        """(N,) float32 scores of completions that are tokens of this reward model's tokenizer already.

        Completions of one prompt go through the model together, which reads the prompt once for all of them.
        """
        of_prompt: dict[tuple[int, ...], list[int]] = {}
        for row, prompt in enumerate(prompts):
            of_prompt.setdefault(tuple(prompt), []).append(row)
        groups = list(of_prompt.values())
        sizes = [sum(len(prompts[row]) + len(completions[row]) for row in group) for group in groups]
        scores = torch.zeros(len(prompts))

        def divide(chosen: list[int]) -> list[list[int]]:
            parts = micro_batches([sizes[group] for group in chosen], self.batch_tokens)
            return [[chosen[each] for each in part] for part in parts]

        with evaluating(self.model):
            for part in shared_out(sizes, divide):
                rows = [row for group in part.rows for row in groups[group]]
                sequences = Sequences.of(
                    [prompts[row] for row in rows],
                    [completions[row] for row in rows],
                    self.tokenizer.pad_token_id,
                )
                found = final_scores(self.model, sequences.to(self.model.device)).cpu()
                if part.weight:
                    scores[rows] = found
        return add_up(scores)


def load_reward_model(path: str | Path, *, device: str | torch.device = "cpu") -> Scorer:
    """The reward model in a transformers folder, ready to score texts: `scorer(prompts, completions)`.

    Raises InputError when the folder holds no reward model.
    """
    return Scorer(load_scalar_model(path, device=device), load_tokenizer(path))
