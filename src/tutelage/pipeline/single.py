"""One stage of the method by itself, on the user's own models and files; resumable like a stage of a run.

Beside the folder of the model that comes out, `FOLDER.training/` keeps the metrics and, until the stage is
finished, its checkpoint.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from rich.console import Console
from transformers import PreTrainedModel

from tutelage.data import (
    Document,
    Reading,
    Unusable,
    answers_in,
    demonstrations_in,
    derive,
    prompts_in,
    rankings_in,
    read_documents,
    split_by_user,
)
from tutelage.data.rows import content_of_rows
from tutelage.distributed import leads, together, told_by_leader
from tutelage.evaluation.answer_judges import ClassifierJudge
from tutelage.evaluation.judged_answers import judge_accuracy
from tutelage.models import (
    arithmetic,
    load_policy,
    load_tokenizer,
    require_room,
    reward_model_from,
    save_model,
)
from tutelage.pipeline.context import check_context, context_of
from tutelage.pipeline.device import choose_device, laid_out, use_processor, with_precision
from tutelage.pipeline.display import Display, silence_transformers
from tutelage.pipeline.encoding import (
    PromptTexts,
    base_rows,
    encode_answers,
    encode_demonstrations,
    encode_rankings,
    pretraining_mix,
    ptx_rows,
)
from tutelage.pipeline.engine import require_engine
from tutelage.pipeline.file_source import read_all
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.learners import learner, require_adapters
from tutelage.pipeline.packed import PackedText
from tutelage.pipeline.reading import reading_of
from tutelage.pipeline.reinforcing import reinforce
from tutelage.pipeline.rewards import check_rewards
from tutelage.pipeline.rewards import made_from as rewards_made_from
from tutelage.pipeline.stages.base import fingerprint_of_base, new_base
from tutelage.pipeline.tokenizer import train_tokenizer
from tutelage.pipeline.tracking import trackers_of
from tutelage.pipeline.workplace import workplace
from tutelage.recipe import DataRecipe, Recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import Demonstration, InputError, LabeledAnswer, Prompt, Ranking, Split
from tutelage.store import atomic_folder
from tutelage.tracking import require_trackers
from tutelage.training import Monitor, best_epoch, finetune, pretrain, train_reward_model
from tutelage.training import train_judge as learn_to_judge

Judged = TypeVar("Judged", Demonstration, LabeledAnswer, Ranking)
Placed = TypeVar("Placed", Document, Prompt)
Read = TypeVar("Read")


def train_base(recipe: Recipe, model: str | None, documents: Sequence[str], out: Path) -> None:
    """Pretrain a new model, or go on with one, on files of documents."""
    recipe, device = prepared(recipe, out)
    files = Files(recipe.data)
    if next(files.pages(documents), None) is None:
        raise InputError("there are no documents to train on", where="--pretraining")
    if model is None:
        tokenizer = train_tokenizer(files.pages(documents), recipe.base.architecture.vocabulary_size)
        policy = new_base(tokenizer, recipe.base, recipe.seed, device)
    else:
        tokenizer, policy = load_tokenizer(model), load_policy(model, device=device)
    with working(recipe, "base", out, [*contents(documents), content(model)], files) as monitor:
        rows = base_rows(
            files.pages(documents), tokenizer, recipe.base, packed_beside(out, recipe, documents)
        )
        policy = laid_out(policy, recipe)
        pretrain(policy, rows, recipe.base, derive(recipe.seed, "base"), monitor)
        save_model(policy, tokenizer, out)


def train_sft(
    recipe: Recipe, model: str, demonstrations: Sequence[str], documents: Sequence[str], out: Path
) -> None:
    """Fine-tune a model on files of demonstrations; the epoch of the lowest validation loss is kept.

    With documents it becomes what PPO starts from (App. C.3): they are mixed in as `ppo.initialization` says, for as
    many epochs, and the last epoch is kept.
    """
    initialization = recipe.ppo.initialization if documents else None
    if documents and initialization is None:
        raise InputError(
            "the recipe does not say how much pretraining text is mixed in",
            where="ppo.initialization",
            remedy="leave out --pretraining, or --set ppo.initialization={}",
        )
    recipe, device = prepared(recipe, out)
    check_context(recipe, context_of(model), longest_prefix=0, rows=bool(documents))
    tokenizer = load_tokenizer(model)
    files = Files(recipe.data)
    given = by_split(files.records(demonstrations_in, demonstrations), recipe.seed)
    training = encode_demonstrations(given[Split.train], tokenizer, recipe.data)
    validation = encode_demonstrations(given[Split.valid], tokenizer, recipe.data)
    if not training.items:
        raise InputError("no demonstration of the train split is short enough", where="--demonstrations")
    settings, epochs = recipe.sft, beside(out) / "epochs"
    if initialization is not None:
        settings = initialization.settings(recipe.sft)

    def keep(epoch: int, trained: PreTrainedModel) -> None:
        save_model(trained, tokenizer, epochs / str(epoch))

    made_from = [*contents(demonstrations), *contents(documents), content(model)]
    with working(recipe, "sft", out, made_from, files) as monitor:
        mix = None
        if initialization is not None:
            mix = pretraining_mix(
                files.pages(documents),
                tokenizer,
                recipe,
                initialization,
                len(training.items),
                packed_beside(out, recipe, documents),
            )
        losses = finetune(
            learner(load_policy(model), recipe, device),
            training.items,
            validation.items,
            settings,
            derive(recipe.seed, "sft"),
            monitor,
            keep,
            mix,
        )
        last = settings.epochs
        chosen = last if mix is not None else best_epoch(losses) or last
        if leads():
            with atomic_folder(out) as copy:
                shutil.copytree(epochs / str(chosen), copy, dirs_exist_ok=True)


def train_reward(
    recipe: Recipe, model: str, comparisons: Sequence[str], demonstrations: Sequence[str], out: Path
) -> None:
    """Train a reward model from an SFT model on files of rankings; demonstrations, where given, score 0 in the mean."""
    recipe, device = prepared(recipe, out)
    context = context_of(model)
    check_context(recipe, context, longest_prefix=0, rows=False)
    tokenizer = load_tokenizer(model)
    files = Files(recipe.data)
    given = by_split(files.records(rankings_in, comparisons), recipe.seed)
    written = by_split(files.records(demonstrations_in, demonstrations), recipe.seed)
    centre = encode_demonstrations(written[Split.train], tokenizer, recipe.data)
    made_from = [*contents(comparisons), *contents(demonstrations), content(model)]
    with working(recipe, "reward", out, made_from, files) as monitor:
        scalar = learner(reward_model_from(load_policy(model)), recipe, device, "reward")
        result = train_reward_model(
            scalar,
            encode_rankings(given[Split.train], tokenizer, context).items,
            encode_rankings(given[Split.valid], tokenizer, context).items,
            centre.items,
            recipe.reward,
            derive(recipe.seed, "reward"),
            monitor,
        )
        save_model(scalar, tokenizer, out)
    if result.validation_accuracy is not None:
        say(f"accuracy on rankings held back: {result.validation_accuracy:.1%}")


def train_judge(recipe: Recipe, model: str, answers: Sequence[str], label: str, out: Path) -> None:
    """Train a judge of answers from a model on files of labels; on a tenth of the questions it is tried out."""
    recipe, device = prepared(recipe, out)
    context = context_of(model)
    tokenizer = load_tokenizer(model)
    files = Files(recipe.data)
    given = by_split(files.records(partial(answers_in, label=label), answers), recipe.seed)
    training = encode_answers(given[Split.train], tokenizer, context).items
    if len({each.label for each in training}) < 2:
        told = f"of the answers that are short enough all have one label {label!r}, or there are none"
        raise InputError(told, "--answers", "give answers with both labels")
    with working(recipe, "judge", out, [*contents(answers), label, content(model)], files) as monitor:
        judge = learner(reward_model_from(load_policy(model)), recipe, device, "judge")
        learn_to_judge(judge, training, recipe.judge, derive(recipe.seed, "judge"), monitor)
        save_model(judge, tokenizer, out)
    held_back = given[Split.valid]
    if held_back and leads():
        probabilities = ClassifierJudge(load_reward_model(out, device=device))(
            [each.prompt.text for each in held_back], [each.answer for each in held_back]
        )
        found = judge_accuracy(probabilities, held_back)
        say(f"on questions held back: {found.told()}")


def train_ppo(
    recipe: Recipe, model: str, reward: str, prompts: Sequence[str], documents: Sequence[str], out: Path
) -> None:
    """Train a policy by PPO against a reward model from a fine-tuned one; documents are for the ptx term.

    The model given is where the policy starts and the reference: `train_sft` with documents makes the paper's.
    """
    if recipe.ppo.patience is not None:
        raise InputError(
            "a stage by itself has no held-out judges", "ppo.patience", "set it to null, or use tutelage run"
        )
    recipe, device = prepared(recipe, out)
    check_context(recipe, context_of(model), longest_prefix=0, rows=recipe.ppo.ptx_coefficient > 0)
    tokenizer = load_tokenizer(model)
    scorer = load_reward_model(reward)
    if recipe.ppo.has_values and tokenizer.get_vocab() != scorer.tokenizer.get_vocab():
        raise InputError(
            "the reward model has another tokenizer than the policy, and the value function starts from it",
            where=reward,
            remedy="train the reward model from this policy's family",
        )
    if recipe.ppo.ptx_coefficient > 0 and not documents:
        raise InputError(
            "the ptx term has no documents",
            where="--pretraining",
            remedy="name some, or --set ppo.ptx_coefficient=0",
        )
    files = Files(recipe.data)
    texts = PromptTexts.of(list(for_training(files.records(prompts_in, prompts))), tokenizer, recipe.data)
    check_rewards(recipe)
    require_engine(recipe)
    made_from = [*contents(prompts), *contents(documents), content(model), content(reward)]
    made_from += rewards_made_from(recipe)
    with working(recipe, "ppo", out, made_from, files) as monitor:
        rows = None
        if recipe.ppo.ptx_coefficient > 0:
            rows = ptx_rows(files.pages(documents), tokenizer, recipe, packed_beside(out, recipe, documents))
        reinforce(
            recipe, model, reward, scorer, texts, rows, out, monitor, device, weights_folder=beside(out)
        )


def prepared(recipe: Recipe, out: Path) -> tuple[Recipe, torch.device]:
    """What comes before all reading: a quiet library, room for the model, the device it is trained on.

    The recipe comes back with the precision that is computed in, the same for all ranks.
    """
    silence_transformers()
    use_processor(recipe.threads)
    require_trackers(recipe.tracking.trackers or ())
    require_adapters(recipe)
    require_room(out)
    device = choose_device(recipe.device)
    return told_by_leader(with_precision(recipe, device)), device


class Files:
    """Reads files as the recipe says, and counts the rows that are left out."""

    def __init__(self, data: DataRecipe) -> None:
        self.unusable = Unusable()
        self._reading = reading_of(data, self.unusable)

    def records(self, read: Callable[[str, Reading], Iterable[Read]], names: Sequence[str]) -> Iterator[Read]:
        """The records of all files."""
        return read_all(read, names, self._reading)

    def pages(self, documents: Sequence[str]) -> Iterator[str]:
        """The documents for training, from the first on: read again each time, and never held."""
        return (document.text for document in for_training(self.records(read_documents, documents)))


def for_training(records: Iterable[Placed]) -> Iterator[Placed]:
    """The records but those that their file holds out."""
    return (record for record in records if record.split in (None, Split.train))


def by_split(judged: Iterable[Judged], seed: int) -> dict[Split, list[Judged]]:
    """The records of each split; those that came without one are split by their users (§3.2).

    None of those is put aside for a test, which a single stage does not make.
    """
    judged = list(judged)
    placed = split_by_user([each.prompt for each in judged], test=0.0, seed=seed)
    sides: dict[Split, list[Judged]] = {split: [] for split in Split}
    for each, prompt in zip(judged, placed, strict=True):
        if prompt.split is not None:
            sides[prompt.split].append(each)
    return sides


def beside(out: Path) -> Path:
    """Where the metrics and the unfinished work lie."""
    return out.with_name(f"{out.name}.training")


def packed_beside(out: Path, recipe: Recipe, documents: Sequence[str]) -> PackedText:
    """Where documents lie as packed tokens; columns of other names are other documents."""
    made_from = [contents(documents), sorted(recipe.data.columns.items()), recipe.data.skip_unusable]
    return PackedText(beside(out) / "packed", json.dumps(made_from))


@contextmanager
def working(
    recipe: Recipe, stage: str, out: Path, inputs: Sequence[str | None], files: Files | None = None
) -> Iterator[Monitor]:
    """A monitor with a progress bar that Ctrl-C interrupts; the checkpoint goes when the work is done.

    recipe: as it was prepared. inputs: what identifies the files and models that are worked on
    """
    content = {
        "recipe": recipe.deciding(),
        "inputs": inputs,
    }
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    interruption = Interruption()
    with (
        workplace(beside(out)) if leads() else nullcontext(),
        interruption.from_keyboard(),
        Display(Console(quiet=not leads())) as display,
        # a checkpoint of another identity is not resumed, and the log is then empty
        trackers_of(
            recipe, out.name, beside(out), {stage: identity}, lambda *_: True, display.console
        ) as trackers,
        arithmetic(recipe.precision, choose_device(recipe.device)),
        together(),
    ):
        monitor = Monitor(
            stage,
            beside(out),
            beside(out) / "metrics.jsonl",
            display.begin(stage),
            identity=identity,
            trackers=trackers,
        )
        yield interruption.watch(monitor)
        monitor.clear()
    if files is not None and files.unusable.told is not None:
        say(files.unusable.told)
    say(f"{out}: ready; the metrics are in {beside(out) / 'metrics.jsonl'}")


def say(told: str) -> None:
    """Print it, once for all ranks."""
    if leads():
        print(told)


def contents(names: Sequence[str]) -> list[str | None]:
    """What identifies each file's rows: their hash, or the commit of a data set of the hub."""
    return [content_of_rows(name) for name in names]


def content(model: str | None) -> str | None:
    """What identifies a model: the hash of its folder's files, or its commit on the hub."""
    return None if model is None else fingerprint_of_base(model)
