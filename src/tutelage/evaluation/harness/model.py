"""A model as the harness asks it: log-probabilities of texts, and texts until a stop."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import torch
from lm_eval.api.model import TemplateLM
from lm_eval.models.utils import normalize_gen_kwargs, resolve_max_length
from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

from tutelage.data import ChatTemplate, derive, micro_batches
from tutelage.evaluation.harness.windows import Windows, score_windows
from tutelage.evaluation.subject import RAW, Subject
from tutelage.models import evaluating, tokens_at_once
from tutelage.rollout import Sampler, generate
from tutelage.rollout.stopping import StopStrings
from tutelage.schema import InputError

ROWS = 128
"""Completions that are sampled together, at most."""
CACHE_SHARE = 8
"""A token's keys and values take an eighth of what `tokens_at_once` reckons with for its gradient (4 bytes a unit of
width and block to 34)."""
SETTINGS = {"until", "max_gen_toks", "do_sample", "temperature", "top_p", "top_k"}
"""What a task may say of its sampling."""

Progress = Callable[[int, int], None]
"""Told how many of how many requests of one kind are done."""


class HarnessModel(TemplateLM):  # type: ignore[misc]
    """A subject as the harness asks it: log-probabilities of texts, and texts until a stop.

    Texts become tokens, and what is too long is cut, as by the harness's own model of transformers (`HFLM`). Two things
    differ. A prompt without any token is read after beginning-of-text. And where a task samples with a temperature,
    nothing is truncated but what the task says (transformers takes the 50 likeliest tokens).
    """

    def __init__(self, subject: Subject, progress: Progress | None = None) -> None:
        super().__init__()
        self.subject = subject
        self.tokenizer = subject.tokenizer
        self.progress = progress
        self.max_length: int = resolve_max_length(subject.model.config, subject.tokenizer)

    @property
    def eot_token_id(self) -> int | None:
        """End-of-text."""
        return self.subject.tokenizer.eos_token_id

    @property
    def prefix_token_id(self) -> int:
        """What stands before a text's first token."""
        return self.subject.start_id

    @property
    def tokenizer_name(self) -> str:
        """By which the harness tells prompts of different templates apart."""
        return str(self.subject.tokenizer.name_or_path).replace("/", "__")

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """The subject's template in the language of transformers' chat templates."""
        template = self.subject.template
        if isinstance(template, ChatTemplate):
            return template.tokenizer.chat_template
        return template.as_chat_template(self.subject.tokenizer)

    def apply_chat_template(
        self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True
    ) -> str:
        """A conversation in the subject's template; a system's message is left out where that allows none."""
        from jinja2 import TemplateError

        def render(messages: list[dict[str, str]]) -> str:
            text = self.subject.tokenizer.apply_chat_template(
                messages,
                chat_template=self.chat_template(),
                tokenize=False,
                add_generation_prompt=add_generation_prompt,
                continue_final_message=not add_generation_prompt,
            )
            return str(text)

        try:
            return render(chat_history)
        except TemplateError:
            return render([message for message in chat_history if message["role"] != "system"])

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """Tokens, after what the tokenizer puts before every text, unless the text spells that out itself."""
        if add_special_tokens is None:
            add_special_tokens = not string.startswith(self._decode([self.prefix_token_id], special=True))
        tokens: list[int] = self.subject.tokenizer.encode(string, add_special_tokens=add_special_tokens)
        return tokens

    def loglikelihood(self, requests: list[Any], disable_tqdm: bool = True) -> list[tuple[float, bool]]:
        """Nats of each continuation after its context, and whether greedy decoding would give it."""
        scores: list[tuple[float, bool]] = super().loglikelihood(requests, disable_tqdm=True)
        return scores

    def loglikelihood_rolling(self, requests: list[Any], disable_tqdm: bool = True) -> list[float]:
        """Nats of each text. What is longer than the context is read in windows, each token scored once."""
        windows, owners = [], []
        for place, request in enumerate(requests):
            [text] = request.args
            for window in get_rolling_token_windows(
                self.tok_encode(text), self.prefix_token_id, self.max_length, context_len=1
            ):
                windows.append((None, *make_disjoint_window(window)))
                owners.append(place)
        totals = [0.0] * len(requests)
        for owner, (value, _) in zip(owners, self._loglikelihood_tokens(windows), strict=True):
            totals[owner] += value
        return totals

    def generate_until(self, requests: list[Any], disable_tqdm: bool = True) -> list[str]:
        """A completion of each prompt, ended by a stop text, by end-of-text or by its length."""
        alike: dict[str, list[int]] = {}
        for place, request in enumerate(requests):
            alike.setdefault(json.dumps(request.args[1], sort_keys=True, default=str), []).append(place)
        texts = [""] * len(requests)
        done = 0
        for places in alike.values():
            prompts = [requests[place].args[0] for place in places]
            seeds = [derive(self.subject.seed, "harness", place) for place in places]
            found = self._complete(prompts, requests[places[0]].args[1], seeds, done, len(requests))
            for place, text in zip(places, found, strict=True):
                texts[place] = text
            done += len(places)
        return texts

    def _complete(
        self, prompts: Sequence[str], wanted: dict[str, Any], seeds: Sequence[int], before: int, total: int
    ) -> list[str]:
        """Completions under one task's settings; `before` of `total` requests are done."""
        model, tokenizer = self.subject.model, self.subject.tokenizer
        settings: dict[str, Any] = normalize_gen_kwargs(wanted, self.subject.max_new_tokens)
        for name in settings.keys() - SETTINGS:
            if (name, settings[name]) != ("num_beams", 1):
                raise InputError(f"a task samples with {name}={settings[name]}", remedy="leave the task out")
        longest = settings["max_gen_toks"]
        room = self.max_length - longest
        if room < 1:
            raise InputError(
                f"a task asks for {longest} new tokens and the model's context is {self.max_length}",
                remedy="leave the task out, or take a model of longer context",
            )
        tokens = [self.tok_encode(prompt)[-room:] or [self.prefix_token_id] for prompt in prompts]
        stops = StopStrings(settings["until"], tokenizer, RAW)
        # special tokens are left out of the text in which stop texts are looked for
        special = tokenizer.get_added_vocab()
        stop_ids = {special[text] for text in stops.strings if text in special}
        held = self.subject.batch_tokens or CACHE_SHARE * tokens_at_once(model)
        generation = generate(
            model,
            tokens,
            seeds=seeds,
            max_new_tokens=longest,
            stop_ids=Sampler(model, tokenizer, RAW).stop_ids | stop_ids,
            temperature=float(settings.get("temperature", 1.0)) if settings["do_sample"] else 0.0,
            top_p=settings.get("top_p", 1.0),
            top_k=settings.get("top_k", 0),
            ends=stops.reached if stops.strings else None,
            batch_size=max(1, min(ROWS, held // (longest + max(map(len, tokens))))),
            progress=lambda done: self._tell(before + done, total),
        )
        return [stops.cut(self._decode(completion)) for completion in generation.completions]

    def _loglikelihood_tokens(
        self, requests: Sequence[tuple[Any, list[int], list[int]]], **_: Any
    ) -> list[tuple[float, bool]]:
        """Of pairs of context and continuation: the log-probability, and whether each token is the likeliest."""
        contexts, continuations = [], []
        for _, given, continuation in requests:
            if len(continuation) > self.max_length:
                raise InputError(
                    f"a continuation of {len(continuation)} tokens exceeds the model's context of {self.max_length}",
                    remedy="leave the task out, or take a model of longer context",
                )
            context = given or [self.prefix_token_id]
            contexts.append(context[-(self.max_length + 1 - len(continuation)) :])
            continuations.append(continuation)
        found = [(0.0, True)] * len(requests)  # of nothing
        rows = [row for row, continuation in enumerate(continuations) if continuation]
        sizes = [len(contexts[row]) + len(continuations[row]) for row in rows]
        model, done = self.subject.model, len(requests) - len(rows)
        with evaluating(model), torch.inference_mode():
            for batch in micro_batches(sizes, self.subject.batch_tokens or tokens_at_once(model)):
                own = [rows[each] for each in batch]
                windows = Windows.of(
                    [contexts[row] for row in own], [continuations[row] for row in own], model.device
                )
                for row, score in zip(own, score_windows(model, windows), strict=True):
                    found[row] = score
                done += len(own)
                self._tell(done, len(requests))
        return found

    def _decode(self, tokens: list[int], special: bool = False) -> str:
        text = self.subject.tokenizer.decode(tokens, skip_special_tokens=not special)
        assert isinstance(text, str)
        return text

    def _tell(self, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(done, total)
