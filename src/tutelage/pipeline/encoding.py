"""Records of the store as tokens, within the recipe's limits; what is too long is left out, and counted."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from transformers import PreTrainedTokenizerBase

from tutelage.data import (
    ChatTemplate,
    Example,
    RankedExample,
    Template,
    beginning_of_text,
    pack_rows,
    template_for,
)
from tutelage.pipeline.packed import PackedText
from tutelage.recipe import BaseRecipe, DataRecipe, InitializationRecipe, Recipe
from tutelage.rollout import Generation
from tutelage.schema import Demonstration, InputError, LabeledAnswer, Prompt, Ranking
from tutelage.training import LabeledExample, PretrainingMix, rows_beside

Encoded = TypeVar("Encoded")

DOCUMENTS_AT_ONCE = 1000
CHARACTERS_AT_ONCE = 1_000_000
"""What goes through the tokenizer together, whichever comes first; it takes a hundred bytes of memory a token."""


@dataclass(frozen=True)
class Kept(Generic[Encoded]):
    """What was kept, in order, and how many were left out because they are too long."""

    items: list[Encoded]
    dropped: int


class ShortPrompts:
    """Whether a prompt has at most `max_prompt_tokens` tokens, template included (App. A)."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, limits: DataRecipe) -> None:
        self._tokenizer = tokenizer
        self._template = template_for(tokenizer)
        self._most = limits.max_prompt_tokens

    def __call__(self, prompt: Prompt) -> bool:
        return len(self._template.encode_prompt(self._tokenizer, prompt.text)) <= self._most


def keep_short_prompts(
    prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerBase, limits: DataRecipe
) -> Kept[Prompt]:
    """The prompts that are short enough."""
    short = ShortPrompts(tokenizer, limits)
    kept = [prompt for prompt in prompts if short(prompt)]
    return Kept(kept, len(prompts) - len(kept))


def encode_demonstrations(
    demonstrations: Sequence[Demonstration], tokenizer: PreTrainedTokenizerBase, limits: DataRecipe
) -> Kept[Example]:
    """Demonstrations as tokens; a demonstration cut short would teach not to end, so long ones are left out."""
    template = template_for(tokenizer)
    kept = []
    for each in demonstrations:
        prompt = template.encode_prompt(tokenizer, each.prompt.text)
        completion = template.encode_completion(tokenizer, each.completion)
        if len(prompt) <= limits.max_prompt_tokens and len(completion) <= limits.max_completion_tokens:
            kept.append(Example(prompt, completion))
    return Kept(kept, len(demonstrations) - len(kept))


def encode_rankings(
    rankings: Sequence[Ranking], tokenizer: PreTrainedTokenizerBase, context: int
) -> Kept[RankedExample]:
    """Rankings as tokens; one that the model cannot see whole is left out, for the others' ranks depend on it.

    Its texts may be longer than the policy's: a reward model can judge what the policy may not read or write.
    """
    template = template_for(tokenizer)
    kept = []
    for ranking in rankings:
        prompt = template.encode_prompt(tokenizer, ranking.prompt.text)
        completions = [template.encode_completion(tokenizer, text) for text in ranking.completions]
        longest = max(len(completion) for completion in completions)
        if len(prompt) + longest <= context:
            kept.append(RankedExample(prompt, completions, list(ranking.ranks)))
    return Kept(kept, len(rankings) - len(kept))


def encode_answers(
    answers: Sequence[LabeledAnswer], tokenizer: PreTrainedTokenizerBase, context: int
) -> Kept[LabeledExample]:
    """Labelled answers as tokens; what the model cannot see whole is left out."""
    template = template_for(tokenizer)
    kept = []
    for each in answers:
        prompt = template.encode_prompt(tokenizer, each.prompt.text)
        completion = template.encode_completion(tokenizer, each.answer)
        if len(prompt) + len(completion) <= context:
            kept.append(LabeledExample(Example(prompt, completion), each.label))
    return Kept(kept, len(answers) - len(kept))


def base_rows(
    documents: Iterable[str],
    tokenizer: PreTrainedTokenizerBase,
    recipe: BaseRecipe,
    packed: PackedText | None = None,
) -> torch.Tensor:
    """(N, T) packed text for pretraining: what `recipe.tokens` ask for, or all there is."""
    rows = math.ceil(recipe.tokens / recipe.row_tokens)
    return encode_documents(documents, tokenizer, recipe.row_tokens, rows, packed)


def pretraining_mix(
    documents: Iterable[str],
    tokenizer: PreTrainedTokenizerBase,
    recipe: Recipe,
    initialization: InitializationRecipe,
    demonstrations: int,
    packed: PackedText | None = None,
) -> PretrainingMix:
    """Packed text to mix into fine-tuning on so many demonstrations: as many rows as it may read, or all there are."""
    steps = initialization.epochs * math.ceil(demonstrations / recipe.sft.batch_size)
    rows = steps * rows_beside(recipe.sft.batch_size, initialization.pretraining_share)
    text = encode_documents(documents, tokenizer, recipe.base.row_tokens, rows, packed)
    return PretrainingMix(text, initialization.pretraining_share)


def ptx_rows(
    documents: Iterable[str],
    tokenizer: PreTrainedTokenizerBase,
    recipe: Recipe,
    packed: PackedText | None = None,
) -> torch.Tensor:
    """(N, T) packed text for the ptx term: as many rows as it will read, or all there are."""
    rows = math.ceil(recipe.ppo.episodes * recipe.ppo.ptx_rows_per_episode)
    return encode_documents(documents, tokenizer, recipe.base.row_tokens, rows, packed)


def encode_documents(
    documents: Iterable[str],
    tokenizer: PreTrainedTokenizerBase,
    row_tokens: int,
    rows: int,
    packed: PackedText | None = None,
) -> torch.Tensor:
    """Documents end to end as at most `rows` rows of `row_tokens` tokens, (N, T); fewer when the documents end.

    packed: where they are kept on disk, which is as large as the text; without it they are held in memory.
    """
    tokens = _take_tokens(documents, tokenizer, rows * row_tokens)
    if packed is not None:
        return packed.rows(tokens, tokenizer, row_tokens, rows)
    return pack_rows(tokens, row_tokens, int(tokenizer.eos_token_id))[:rows]


def fills_a_row(documents: Iterable[str], tokenizer: PreTrainedTokenizerBase, row_tokens: int) -> bool:
    """Whether the documents are at least one row of text; none is read beyond what tells."""
    tokens, around = 0, len(beginning_of_text(tokenizer)) + 1
    for text in documents:
        tokens += len(tokenizer(text, add_special_tokens=False)["input_ids"]) + around
        if tokens >= row_tokens:
            return True
    return False


def _take_tokens(
    documents: Iterable[str], tokenizer: PreTrainedTokenizerBase, tokens: int
) -> Iterator[list[int]]:
    """Tokens of documents, each begun as the tokenizer begins a text, until there are as many as asked for."""
    taken, characters, texts, beginning = 0, 0, [], beginning_of_text(tokenizer)
    for text in documents:
        texts.append(text)
        characters += len(text)
        if len(texts) == DOCUMENTS_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            for encoded in tokenizer(texts, add_special_tokens=False)["input_ids"]:
                yield beginning + encoded
                taken += len(beginning) + len(encoded) + 1
            characters, texts = 0, []
            if taken >= tokens:
                return
    if texts:
        for encoded in tokenizer(texts, add_special_tokens=False)["input_ids"]:
            yield beginning + encoded


@dataclass(frozen=True)
class PromptTexts:
    """Prompts as tokens, and the way back from tokens to records and texts."""

    prompts: dict[str, Prompt]
    encoded: list[list[int]]
    dropped: int
    tokenizer: PreTrainedTokenizerBase
    template: Template | ChatTemplate
    text_of: dict[tuple[int, ...], str]

    @staticmethod
    def of(
        prompts: Sequence[Prompt], tokenizer: PreTrainedTokenizerBase, limits: DataRecipe
    ) -> "PromptTexts":
        """The prompts that are short enough. Raises InputError when none is."""
        template = template_for(tokenizer)
        kept = keep_short_prompts(prompts, tokenizer, limits)
        if not kept.items:
            raise InputError(
                f"no prompt has at most {limits.max_prompt_tokens} tokens", where="data.max_prompt_tokens"
            )
        encoded = [template.encode_prompt(tokenizer, prompt.text) for prompt in kept.items]
        return PromptTexts(
            prompts={prompt.text: prompt for prompt in kept.items},
            encoded=encoded,
            dropped=kept.dropped,
            tokenizer=tokenizer,
            template=template,
            text_of={tuple(tokens): prompt.text for tokens, prompt in zip(encoded, kept.items, strict=True)},
        )

    def of_generation(self, generation: Generation) -> tuple[list[str], list[str]]:
        """Texts of the prompts and of the completions sampled for them."""
        prompts = [self.text_of[tuple(tokens)] for tokens in generation.prompts]
        completions = [
            self.template.decode_completion(self.tokenizer, tokens) for tokens in generation.completions
        ]
        return prompts, completions
