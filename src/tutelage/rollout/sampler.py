"""Sampling on texts: prompts in, K completions of each out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage.data.seeds import derive
from tutelage.data.template import ChatTemplate, Template, template_for
from tutelage.models import evaluating
from tutelage.rollout.batch import Batch, Row, Settings
from tutelage.rollout.engine import check_lengths, check_settings, generate
from tutelage.rollout.generation import FinishReason
from tutelage.rollout.stopping import StopStrings, end_of_text
from tutelage.rollout.unfolding import Unfolding


@dataclass(frozen=True)
class Sample:
    """One sampled completion."""

    text: str
    """Without special tokens, and cut before the stop string where one ended it."""
    tokens: list[int]
    """As drawn, a stop string's and end-of-text included."""
    logprobs: list[float]
    """Of each token, at the sampling temperature and before truncation."""
    finish_reason: FinishReason


class Sampler:
    """A policy with its tokenizer and template."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        template: Template | ChatTemplate | None = None,
        batch_size: int | None = None,
    ) -> None:
        """template: None takes the tokenizer's own. batch_size: rows sampled together; None lets the
        device decide."""
        self.model = model
        self.tokenizer = tokenizer
        self.template = template_for(tokenizer) if template is None else template
        self.batch_size = batch_size

    def sample(
        self,
        prompts: Sequence[str],
        samples: int = 1,
        *,
        max_new_tokens: int,
        temperature: float = 1.0,
        top_p: float = 1.0,
        top_k: int = 0,
        stop: Sequence[str] = (),
        seed: int = 0,
        places: Sequence[int] | None = None,
    ) -> list[list[Sample]]:
        """`samples` completions of each prompt; they depend on the seed, the prompt's place and its text alone.

        stop: texts that end a completion, beside end-of-text. places: the prompts' places in a longer list, so that its
        parts give what the whole would. Raises InputError for settings and prompts that
        `generate` refuses.
        """
        stops = StopStrings(stop, self.tokenizer, self.template)
        encoded = [self.template.encode_prompt(self.tokenizer, prompt) for prompt in prompts]
        generation = generate(
            self.model,
            [prompt for prompt in encoded for _ in range(samples)],
            seeds=[
                derive(seed, "sample", place, number)
                for place in (range(len(prompts)) if places is None else places)
                for number in range(samples)
            ],
            max_new_tokens=max_new_tokens,
            stop_ids=self.stop_ids,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            ends=stops.reached if stop else None,
            batch_size=self.batch_size,
        )
        flat = [
            Sample(stops.cut(stops.decode(tokens)), tokens, logprobs, reason)
            for tokens, logprobs, reason in zip(
                generation.completions, generation.logprobs, generation.finish_reasons, strict=True
            )
        ]
        return [flat[start : start + samples] for start in range(0, len(flat), samples)]

    def stream(
        self,
        prompt: str,
        *,
        max_new_tokens: int,
        temperature: float = 1.0,
        top_p: float = 1.0,
        top_k: int = 0,
        stop: Sequence[str] = (),
        seed: int = 0,
    ) -> Iterator[str]:
        """The text of one completion in pieces, as its tokens are drawn; together what `sample` gives.

        The model's weights must stay as they are until the last piece.
        """
        stops = StopStrings(stop, self.tokenizer, self.template)
        tokens = self.template.encode_prompt(self.tokenizer, prompt)
        check_settings(temperature, top_p, top_k, max_new_tokens)
        check_lengths(self.model, [tokens], max_new_tokens)
        row = Row(
            0, tokens, derive(seed, "sample", 0, 0), max_new_tokens, Settings(temperature, top_p, top_k)
        )
        unfolding = Unfolding(stops, self.stop_ids, max_new_tokens)
        batch: Batch | None = None
        reason: FinishReason | None = None
        while reason is None:
            with evaluating(self.model):  # left at every piece: between two of them it is the caller's
                if batch is None:
                    batch = Batch(self.model)
                    [step] = batch.enter([row])
                else:
                    [step] = batch.advance()
            piece, reason = unfolding.take(step.token)
            if piece:
                yield piece

    @property
    def stop_ids(self) -> frozenset[int]:
        """End-of-text of the model, and of the tokenizer."""
        own = self.tokenizer.eos_token_id
        return end_of_text(self.model) | frozenset(() if own is None else (int(own),))
