"""One stage of the method by itself, on the user's own models and files; resumable like a stage of a run.

Beside the folder of the model that comes out, `FOLDER.training/` keeps the metrics and, until the stage is
finished, its checkpoint.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from rich.console import Console
from transformers import PreTrainedModel

from tutelage.data import (
    Document,
    derive,
    read_answers,
    read_demonstrations,
    read_documents,
    read_prompts,
    read_rankings,
    split_by_user,
)
from tutelage.evaluation.answer_judges import ClassifierJudge
from tutelage.evaluation.judged_answers import judge_accuracy
from tutelage.models import (
    arithmetic,
    load_policy,
    load_tokenizer,
    require_room,
    reward_model_from,
    save_model,
    value_model_from,
)
from tutelage.pipeline.context import check_context, context_of
from tutelage.pipeline.device import choose_device, use_processor, with_precision
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
from tutelage.pipeline.file_source import read_all
from tutelage.pipeline.interruption import Interruption
from tutelage.pipeline.stages.base import fingerprint_of_base, new_base
from tutelage.pipeline.tokenizer import train_tokenizer
from tutelage.pipeline.workplace import workplace
from tutelage.recipe import Recipe
from tutelage.rollout import load_reward_model
from tutelage.schema import Demonstration, InputError, LabeledAnswer, Prompt, Ranking, Split
from tutelage.training import Monitor, best_epoch, finetune, pretrain, train_policy, train_reward_model
from tutelage.training import train_judge as learn_to_judge

Judged = TypeVar("Judged", Demonstration, LabeledAnswer, Ranking)
Placed = TypeVar("Placed", Document, Prompt)


def train_base(recipe: Recipe, model: str | None, documents: Sequence[str], out: Path) -> None:
    """Pretrain a new model, or go on with one, on files of documents."""
    device = prepare(recipe, out)
    texts = [document.text for document in for_training(read_all(read_documents, documents))]
    if not texts:
        raise InputError("there are no documents to train on", where="--pretraining")
    if model is None:
        tokenizer = train_tokenizer(texts, recipe.base.architecture.vocabulary_size)
        policy = new_base(tokenizer, recipe.base, recipe.seed, device)
    else:
        tokenizer, policy = load_tokenizer(model), load_policy(model, device=device)
    rows = base_rows(texts, tokenizer, recipe.base)
    with working(recipe, "base", out, [*documents, model]) as monitor:
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
    device = prepare(recipe, out)
    check_context(recipe, context_of(model), longest_prefix=0)
    tokenizer = load_tokenizer(model)
    given = by_split(read_all(read_demonstrations, demonstrations), recipe.seed)
    training = encode_demonstrations(given[Split.train], tokenizer, recipe.data)
    validation = encode_demonstrations(given[Split.valid], tokenizer, recipe.data)
    if not training.items:
        raise InputError("no demonstration of the train split is short enough", where="--demonstrations")
    settings, mix, epochs = recipe.sft, None, beside(out) / "epochs"
    if initialization is not None:
        pages = for_training(read_all(read_documents, documents))
        texts = (document.text for document in pages)
        mix = pretraining_mix(texts, tokenizer, recipe, initialization, len(training.items))
        settings = recipe.sft.model_copy(update={"epochs": initialization.epochs})

    def keep(epoch: int, trained: PreTrainedModel) -> None:
        save_model(trained, tokenizer, epochs / str(epoch))

    with working(recipe, "sft", out, [*demonstrations, *documents, model]) as monitor:
        losses = finetune(
            load_policy(model, device=device),
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
        save_model(load_policy(epochs / str(chosen)), tokenizer, out)


def train_reward(
    recipe: Recipe, model: str, comparisons: Sequence[str], demonstrations: Sequence[str], out: Path
) -> None:
    """Train a reward model from an SFT model on files of rankings; demonstrations, where given, score 0 in the mean."""
    device = prepare(recipe, out)
    context = context_of(model)
    check_context(recipe, context, longest_prefix=0)
    tokenizer = load_tokenizer(model)
    given = by_split(read_all(read_rankings, comparisons), recipe.seed)
    written = by_split(read_all(read_demonstrations, demonstrations), recipe.seed)
    centre = encode_demonstrations(written[Split.train], tokenizer, recipe.data)
    with working(recipe, "reward", out, [*comparisons, *demonstrations, model]) as monitor:
        scalar = reward_model_from(load_policy(model, device=device))
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
        print(f"accuracy on rankings held back: {result.validation_accuracy:.1%}")


def train_judge(recipe: Recipe, model: str, answers: Sequence[str], label: str, out: Path) -> None:
    """Train a judge of answers from a model on files of labels; on a tenth of the questions it is tried out."""
    device = prepare(recipe, out)
    context = context_of(model)
    tokenizer = load_tokenizer(model)
    given = by_split(read_all(partial(read_answers, label=label), answers), recipe.seed)
    training = encode_answers(given[Split.train], tokenizer, context).items
    if len({each.label for each in training}) < 2:
        told = f"of the answers that are short enough all have one label {label!r}, or there are none"
        raise InputError(told, "--answers", "give answers with both labels")
    with working(recipe, "judge", out, [*answers, label, model]) as monitor:
        judge = reward_model_from(load_policy(model, device=device))
        learn_to_judge(judge, training, recipe.judge, derive(recipe.seed, "judge"), monitor)
        save_model(judge, tokenizer, out)
    held_back = given[Split.valid]
    if held_back:
        probabilities = ClassifierJudge(load_reward_model(out, device=device))(
            [each.prompt.text for each in held_back], [each.answer for each in held_back]
        )
        found = judge_accuracy(probabilities, held_back)
        print(f"on questions held back: {found.told()}")


def train_ppo(
    recipe: Recipe, model: str, reward: str, prompts: Sequence[str], documents: Sequence[str], out: Path
) -> None:
    """Train a policy by PPO against a reward model from a fine-tuned one; documents are for the ptx term.

    The model given is where the policy starts and the reference: `train_sft` with documents makes the paper's.
    """
    device = prepare(recipe, out)
    check_context(recipe, context_of(model), longest_prefix=0)
    tokenizer = load_tokenizer(model)
    scorer = load_reward_model(reward, device=device)
    if tokenizer.get_vocab() != scorer.tokenizer.get_vocab():
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
    texts = PromptTexts.of(for_training(read_all(read_prompts, prompts)), tokenizer, recipe.data)
    pages = for_training(read_all(read_documents, documents))
    rows = ptx_rows((document.text for document in pages), tokenizer, recipe)
    with working(recipe, "ppo", out, [*prompts, *documents, model, reward]) as monitor:
        trained = train_policy(
            load_policy(model, device=device),
            load_policy(model, device=device),
            value_model_from(scorer.model),
            lambda generation: scorer(*texts.of_generation(generation)).to(device),
            texts.encoded,
            rows if recipe.ppo.ptx_coefficient > 0 else None,
            recipe.ppo,
            derive(recipe.seed, "policy"),
            monitor,
            max_completion_tokens=recipe.data.max_completion_tokens,
        )
        save_model(trained.averaged, tokenizer, out)


def prepare(recipe: Recipe, out: Path) -> torch.device:
    """What comes before all reading: a quiet library, room for the model, and the device it is trained on."""
    silence_transformers()
    require_room(out)
    return choose_device(recipe.device)


def for_training(records: Sequence[Placed]) -> list[Placed]:
    """The records but those that their file holds out."""
    return [record for record in records if record.split in (None, Split.train)]


def by_split(judged: Sequence[Judged], seed: int) -> dict[Split, list[Judged]]:
    """The records of each split; those that came without one are split by their users (§3.2).

    None of those is put aside for a test, which a single stage does not make.
    """
    placed = split_by_user([each.prompt for each in judged], test=0.0, seed=seed)
    sides: dict[Split, list[Judged]] = {split: [] for split in Split}
    for each, prompt in zip(judged, placed, strict=True):
        if prompt.split is not None:
            sides[prompt.split].append(each)
    return sides


def beside(out: Path) -> Path:
    """Where the metrics and the unfinished work lie."""
    return out.with_name(f"{out.name}.training")


@contextmanager
def working(recipe: Recipe, stage: str, out: Path, inputs: Sequence[str | None]) -> Iterator[Monitor]:
    """A monitor with a progress bar that Ctrl-C interrupts; the checkpoint goes when the work is done."""
    use_processor(recipe.threads)
    device = choose_device(recipe.device)
    recipe = with_precision(recipe, device)
    content = {
        "recipe": recipe.model_dump(mode="json"),
        "inputs": [None if name is None else fingerprint(name) for name in inputs],
    }
    identity = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    interruption = Interruption()
    precision = arithmetic(recipe.precision, device)
    with (
        workplace(beside(out)),
        interruption.from_keyboard(),
        Display(Console()) as display,
        precision,
    ):
        monitor = Monitor(
            stage, beside(out), beside(out) / "metrics.jsonl", display.begin(stage), identity=identity
        )
        yield interruption.watch(monitor)
        monitor.clear()
    print(f"{out}: ready; the metrics are in {beside(out) / 'metrics.jsonl'}")


def fingerprint(name: str) -> str:
    """Hash of a file, or of a model's folder; names of the hub stand for themselves."""
    if not Path(name).is_file():
        return fingerprint_of_base(name)
    with Path(name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
