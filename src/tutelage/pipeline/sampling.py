"""Completions for people to rank: K of each prompt by each of some models, into the store.

A text depends on the seed, the model's name, the prompt and its number among the K, not on what is sampled beside it;
so what was interrupted goes on with the result that it would have had. With best of n, n times as many are drawn, and
of every n a reward model keeps one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from rich.console import Console
from transformers import PreTrainedTokenizerBase

from tutelage.data import ChatTemplate, Template, derive, template_for
from tutelage.evaluation.selection import best_of_n
from tutelage.models import load_policy, load_tokenizer
from tutelage.models.location import require_language_model
from tutelage.pipeline.context import context_of, tokens_seen_by
from tutelage.pipeline.device import choose_device
from tutelage.pipeline.display import Display, StageDisplay, silence_transformers
from tutelage.pipeline.interruption import Interruption
from tutelage.rollout import Sampler, Scorer, generate
from tutelage.rollout.engine import check_settings
from tutelage.rollout.stopping import StopStrings
from tutelage.schema import Completion, InputError, Prompt
from tutelage.store import Store

ROWS_AT_ONCE = 256
"""Completions sampled and stored together, two batches of the engine's: fewer would leave its batches half empty, of
more an interruption would wait for more."""


@dataclass(frozen=True)
class Drawing:
    """How completions are drawn; refused when it makes no sense."""

    count: int
    """Of each prompt by each model."""
    temperature: float = 1.0
    """0 takes the likeliest token each time."""
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    best_of: int = 1
    """Samples drawn for each completion; a reward model keeps one of them."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"{self.count} completions of each prompt", "--count", "give a positive number")
        if self.best_of < 1:
            raise InputError(f"best of {self.best_of} samples", "--best-of", "give a positive number")
        check_settings(self.temperature, self.top_p, self.top_k, max_new_tokens=1)

    @property
    def samples(self) -> int:
        """Drawn of each prompt."""
        return self.count * self.best_of


@dataclass(frozen=True)
class Writer:
    """A model that is asked for completions, its weights not loaded yet."""

    name: str
    """The source of its completions."""
    folder: str
    tokenizer: PreTrainedTokenizerBase
    template: Template | ChatTemplate
    """What stands around a prompt: the model's own, or a few-shot prefix that makes a base model answer (§3.6)."""
    stop: tuple[str, ...]
    """Texts that end a completion, beside end-of-text, and do not belong to it."""
    max_new_tokens: int
    prompts: tuple[Prompt, ...]
    """Those that leave room for a completion."""
    left_out: int
    """How many prompts do not."""


@dataclass(frozen=True)
class Work:
    """What the batch has of a writer, and what is left to write."""

    writer: Writer
    completions: int
    """Of the writer's prompts, in the batch already."""
    done: int
    """Prompts whose completions those are."""
    chunks: tuple[tuple[Prompt, ...], ...]


def open_writer(
    name: str,
    folder: str,
    max_new_tokens: int,
    prompts: Sequence[Prompt],
    *,
    template: Template | None = None,
    stop: Sequence[str] = (),
    scorer: Scorer | None = None,
) -> Writer:
    """The model in a folder or of that name on the hub, and which of the prompts it can answer.

    template: None takes the model's own. scorer: the reward model that will choose among its samples.

    Raises InputError when there is no such model, or it, or the reward model, has no room for any of the prompts.
    """
    silence_transformers()
    tokenizer = load_tokenizer(folder)
    require_language_model(folder)
    around = template_for(tokenizer) if template is None else template
    readable = with_room(prompts, around, tokenizer, context_of(folder), max_new_tokens, folder)
    if scorer is not None:
        seen = tokens_seen_by(scorer.model.config)
        # a completion is scored with its end-of-text, which one that was cut did not have
        room = max_new_tokens + 1
        readable = with_room(readable, scorer.template, scorer.tokenizer, seen, room, "--reward")
    left_out = len(prompts) - len(readable)
    return Writer(name, folder, tokenizer, around, tuple(stop), max_new_tokens, readable, left_out)


def with_room(
    prompts: Sequence[Prompt],
    template: Template | ChatTemplate,
    tokenizer: PreTrainedTokenizerBase,
    context: int,
    room: int,
    where: str,
) -> tuple[Prompt, ...]:
    """The prompts that leave so many tokens of a model's context. Raises InputError when none does."""
    readable = tuple(
        prompt for prompt in prompts if len(template.encode_prompt(tokenizer, prompt.text)) <= context - room
    )
    if not readable:
        raise InputError(
            f"no prompt leaves room for {room} new tokens in the model's context of {context}",
            where=where,
            remedy="lower --max-new-tokens, or give shorter prompts",
        )
    return readable


def sample_completions(
    writers: Sequence[Writer],
    drawing: Drawing,
    store: Store,
    batch: str,
    console: Console,
    scorer: Scorer | None = None,
) -> None:
    """Put each writer's completions, and their prompts, into the store's batch; what it has already is passed over.

    scorer: the reward model that keeps one of every `drawing.best_of` samples; needed where these are several.

    A prompt counts as done with its first completion by a writer: a chunk is written in one transaction, and of
    equal texts only one is kept, so that no number of them could tell. Raises Interrupted when Ctrl-C was pressed
    and the chunk at work is kept, and InputError where the batch has what was drawn at another temperature.
    """
    works = [find_work(writer, drawing, store, batch) for writer in writers]
    device = choose_device("auto")
    interruption = Interruption()
    with interruption.from_keyboard(), Display(console) as display:
        for work in works:
            interruption.check()
            stage = display.begin(work.writer.name)
            written = write(work, drawing, store, batch, device, stage, interruption, scorer)
            display.say(tell(work, written))


def find_work(writer: Writer, drawing: Drawing, store: Store, batch: str) -> Work:
    """What is left to write. Chunks are of all prompts, so that going on makes the batches that would have been."""
    asked = set(writer.prompts)
    known = [each for each in store.completions(batch=batch, source=writer.name) if each.prompt in asked]
    for completion in known:
        if completion.temperature != drawing.temperature:
            raise InputError(
                f"batch {batch!r} has completions of these prompts by {writer.name!r} at temperature "
                f"{completion.temperature:g}",
                where="--temperature",
                remedy="give the same, or another --batch",
            )
    done = {completion.prompt for completion in known}
    size = max(1, ROWS_AT_ONCE // drawing.samples)
    starts = range(0, len(writer.prompts), size)
    chunks = [
        tuple(prompt for prompt in writer.prompts[start : start + size] if prompt not in done)
        for start in starts
    ]
    return Work(writer, len(known), len(done), tuple(chunk for chunk in chunks if chunk))


def write(
    work: Work,
    drawing: Drawing,
    store: Store,
    batch: str,
    device: torch.device,
    stage: StageDisplay,
    interruption: Interruption,
    scorer: Scorer | None,
) -> int:
    """Sample and store chunk by chunk; returns how many completions, equal ones counted once."""
    if not work.chunks:
        return 0
    writer = work.writer
    # in float32, also where bf16 is faster: its rounding would let a text depend on the rows beside it
    sampler = Sampler(load_policy(writer.folder, device=device), writer.tokenizer, writer.template)
    written, sampled = 0, work.done * drawing.samples
    total = len(writer.prompts) * drawing.samples

    def show(finished: int) -> None:
        stage.update(sampled + finished, total, {})

    for chunk in work.chunks:
        interruption.check()
        completions = draw_completions(sampler, writer, chunk, drawing, show, scorer)
        store.add_prompts(chunk, batch)
        store.add_completions(completions, batch)
        written += len(completions)
        sampled += len(chunk) * drawing.samples
    return written


def draw_completions(
    sampler: Sampler,
    writer: Writer,
    prompts: Sequence[Prompt],
    drawing: Drawing,
    progress: Callable[[int], None],
    scorer: Scorer | None = None,
) -> list[Completion]:
    """`count` completions of each prompt, of equal texts the first; progress: called with how many are drawn."""
    rows = [(prompt, number) for prompt in prompts for number in range(drawing.samples)]
    stops = StopStrings(writer.stop, sampler.tokenizer, sampler.template)
    generation = generate(
        sampler.model,
        [sampler.template.encode_prompt(sampler.tokenizer, prompt.text) for prompt, _ in rows],
        seeds=[derive(drawing.seed, "sample", writer.name, prompt.id, number) for prompt, number in rows],
        max_new_tokens=writer.max_new_tokens,
        stop_ids=sampler.stop_ids,
        temperature=drawing.temperature,
        top_p=drawing.top_p,
        top_k=drawing.top_k,
        ends=stops.reached if writer.stop else None,
        batch_size=sampler.batch_size,
        progress=progress,
    )
    drawn = []
    for (prompt, _), tokens, reason in zip(
        rows, generation.completions, generation.finish_reasons, strict=True
    ):
        text = stops.cut(sampler.template.decode_completion(sampler.tokenizer, tokens))
        completion = Completion(
            prompt=prompt,
            # of all characters only this one is none to PostgreSQL, and a model of bytes may say it
            text=text.replace("\0", "\ufffd"),
            source=writer.name,
            temperature=drawing.temperature,
            finish_reason=reason,
        )
        drawn.append(completion)
    if scorer is not None:
        drawn = keep_best(drawn, drawing.best_of, scorer)
    distinct: dict[tuple[Prompt, str], Completion] = {}
    for completion in drawn:
        distinct.setdefault((completion.prompt, completion.text), completion)
    return list(distinct.values())


def keep_best(drawn: Sequence[Completion], n: int, scorer: Scorer) -> list[Completion]:
    """Of every n completions in turn, all of one prompt, the one with the highest score; the first of equals."""
    groups = [drawn[start : start + n] for start in range(0, len(drawn), n)]
    texts = best_of_n(
        [own[0].prompt.text for own in groups],
        [[completion.text for completion in own] for own in groups],
        lambda prompts, candidates: scorer(prompts, candidates).tolist(),
    )
    return [
        next(completion for completion in own if completion.text == text)
        for own, text in zip(groups, texts, strict=True)
    ]


def tell(work: Work, written: int) -> str:
    """A line about what the batch now has of a writer."""
    writer = work.writer
    line = f"  {writer.name}: {work.completions + written} completions of {len(writer.prompts)} prompts"
    if work.done:
        line += f", {work.done} of them done before"
    if writer.left_out:
        line += f"; {writer.left_out} prompts too long, left out"
    return line
