"""A model as evaluation sees it: it answers prompts, goes on with texts, and holds texts more or less likely.

The probes need no more than these methods, so that anything else that has them can be evaluated as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from tutelage.data import ChatTemplate, Sequences, Template, micro_batches
from tutelage.evaluation.tax import DocumentLikelihood
from tutelage.models import completion_logprobs, tokens_at_once
from tutelage.rollout import Sampler
from tutelage.schema import InputError

RAW = Template(prefix="", suffix="")
"""Text as it stands, as in pretraining."""


@dataclass(frozen=True)
class Subject:
    """One model under evaluation.

    template: how a prompt is put to it (the prompted base model has its few-shot prefix here); stop: texts
    that end an answer; max_new_tokens: the longest answer or continuation; batch_tokens: padded tokens a
    forward pass holds, None lets the device decide.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    template: Template | ChatTemplate
    stop: tuple[str, ...] = ()
    max_new_tokens: int = 256
    temperature: float = 1.0
    seed: int = 0
    batch_tokens: int | None = None

    def answers(self, prompts: Sequence[str]) -> list[str]:
        """One sampled answer to each prompt, put to the model in its template."""
        return [answer for (answer,) in self._sample(prompts, self.template)]

    def several_answers(
        self, prompts: Sequence[str], count: int, places: Sequence[int] | None = None
    ) -> list[list[str]]:
        """`count` sampled answers to each prompt, put to the model in its template; places: as `Sampler` has them."""
        return self._sample(prompts, self.template, count, places)

    def fits(self, prompt: str) -> bool:
        """Whether the model's context has room for this prompt in its template and for the longest answer."""
        tokens = len(self.template.encode_prompt(self.tokenizer, prompt))
        return tokens + self.max_new_tokens <= self._context

    def holds(self, prompt: str, answer: str) -> bool:
        """Whether the model's context has room for a prompt and this answer, as `log_probabilities` reads them."""
        if self.template is RAW:
            tokens = 1 + len(self._encode(prompt + answer))
        else:
            tokens = len(self.template.encode_prompt(self.tokenizer, prompt)) + len(self._encode(answer)) + 1
        return tokens <= self._context

    def continuations(self, texts: Sequence[str]) -> list[str]:
        """One sampled continuation of each text as it stands."""
        return [text for (text,) in self._sample(texts, RAW)]

    def log_probabilities(self, prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
        """Nats: of answers in the template, or where there is none of texts that go on with texts."""
        if self.template == RAW:
            return self.continuation_log_probabilities(prompts, answers)
        return self.answer_log_probabilities(prompts, answers)

    def answer_log_probabilities(self, prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
        """Nats: log-probability of each answer with its end-of-text, after the prompt in its template."""
        return self._log_probabilities(
            [self.template.encode_prompt(self.tokenizer, prompt) for prompt in prompts],
            [self.template.encode_completion(self.tokenizer, answer) for answer in answers],
        )

    def continuation_log_probabilities(
        self, contexts: Sequence[str], continuations: Sequence[str]
    ) -> list[float]:
        """Nats: log-probability of each continuation after its context, both as they stand.

        The two are tokenized together, as pretraining saw them; a token that spans the seam counts as
        continuation.
        """
        beginnings, ends = [], []
        for context, continuation in zip(contexts, continuations, strict=True):
            whole, alone = self._encode(context + continuation), self._encode(context)
            shared = 0
            while shared < min(len(alone), len(whole) - 1) and whole[shared] == alone[shared]:
                shared += 1
            beginnings.append([self.start_id, *whole[:shared]])
            ends.append(whole[shared:])
        return self._log_probabilities(beginnings, ends)

    def document_likelihoods(self, documents: Sequence[str]) -> list[DocumentLikelihood]:
        """Each document's log-probability; what is longer than the model's context is read in pieces of that size."""
        longest = self._context - 1
        pieces, owners, sizes = [], [], []
        for place, document in enumerate(documents):
            tokens = self._encode(document)
            sizes.append(len(tokens))
            for start in range(0, len(tokens), longest):
                pieces.append(tokens[start : start + longest])
                owners.append(place)
        totals = [0.0] * len(documents)
        for owner, value in zip(
            owners, self._log_probabilities([[self.start_id]] * len(pieces), pieces), strict=True
        ):
            totals[owner] += value
        return [DocumentLikelihood(total, size) for total, size in zip(totals, sizes, strict=True)]

    @property
    def _context(self) -> int:
        return int(getattr(self.model.config, "max_position_embeddings", 1024))

    @property
    def start_id(self) -> int:
        """What stands before a document's first token: beginning-of-text, or the end of the document before it."""
        bos = self.tokenizer.bos_token_id
        return int(self.tokenizer.eos_token_id if bos is None else bos)

    def _encode(self, text: str) -> list[int]:
        tokens: list[int] = self.tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
        return tokens

    def _sample(
        self,
        texts: Sequence[str],
        template: Template | ChatTemplate,
        count: int = 1,
        places: Sequence[int] | None = None,
    ) -> list[list[str]]:
        sampler = Sampler(self.model, self.tokenizer, template)
        samples = sampler.sample(
            list(texts),
            count,
            temperature=self.temperature,
            max_new_tokens=self.max_new_tokens,
            stop=self.stop,
            seed=self.seed,
            places=places,
        )
        return [[sample.text for sample in own] for own in samples]

    @torch.inference_mode()
    def _log_probabilities(
        self, prompts: Sequence[list[int]], completions: Sequence[list[int]]
    ) -> list[float]:
        self.model.eval()
        lengths = [
            len(prompt) + len(completion) for prompt, completion in zip(prompts, completions, strict=True)
        ]
        if max(lengths, default=0) > self._context:
            raise InputError(f"a text of {max(lengths)} tokens in a context of {self._context}", self.name)
        totals = torch.zeros(len(lengths), dtype=torch.float64)
        for rows in micro_batches(lengths, self.batch_tokens or tokens_at_once(self.model)):
            sequences = Sequences.of(
                [prompts[row] for row in rows],
                [completions[row] for row in rows],
                self.tokenizer.pad_token_id,
            ).to(self.model.device)
            logprobs = completion_logprobs(self.model, sequences)  # (B, T)
            totals[rows] = logprobs.double().sum(1).cpu()
        values: list[float] = totals.tolist()
        return values
