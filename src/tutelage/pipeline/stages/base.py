"""The base model: loaded, or pretrained from nothing; and whether it can do what the method needs of it."""

import hashlib
from pathlib import Path

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from tutelage import mini
from tutelage.data import Template, derive, template_for
from tutelage.evaluation import Estimate, Subject, answer_choices, choice_accuracy
from tutelage.models import Architecture, load_policy, load_tokenizer, new_policy, save_model, whole
from tutelage.models.location import content_of
from tutelage.pipeline.context import check_texts
from tutelage.pipeline.device import laid_out
from tutelage.pipeline.encoding import base_rows
from tutelage.pipeline.ledger import Findings
from tutelage.pipeline.source import Source
from tutelage.pipeline.workbench import Workbench
from tutelage.recipe import BaseRecipe
from tutelage.schema import Choice, RunError
from tutelage.training import pretrain


def make_base(bench: Workbench, source: Source) -> Findings:
    """Load or pretrain the base model into models/base. Raises RunError when it fails the recipe's gate."""
    recipe = bench.recipe.base
    if recipe.model is None:
        tokenizer = source.build_tokenizer(recipe.architecture.vocabulary_size)
        check_texts(bench.recipe, source, tokenizer, recipe.architecture.context)
        model = pretrain_from_nothing(bench, source, tokenizer)
    else:
        folder = base_folder(recipe.model)
        tokenizer, model = load_tokenizer(folder), load_policy(folder, device=bench.device)
    if bench.recipe.data.template is not None:
        template = Template.parse(bench.recipe.data.template)
        tokenizer.chat_template = template.as_chat_template(tokenizer)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    copying = accuracy(source.copying(), model, tokenizer)
    bench.display.say(
        f"  {parameters / 1e6:.1f} M parameters" + (f", copies {copying.value:.1%} right" if copying else "")
    )
    minimum = recipe.minimum_copy_accuracy
    if minimum is not None and copying is not None and copying.value < minimum:
        raise RunError(
            f"the base model copies only {copying.value:.2f} of the probes right, and the recipe asks for {minimum}: "
            "a model that cannot copy from its context can neither follow a prompt nor judge an answer",
            remedy="pretrain it on more tokens (base.tokens), or lower base.minimum_copy_accuracy",
        )
    save_model(model, tokenizer, bench.folder.model("base"))
    return {
        "parameters": parameters,
        "copying": None if copying is None else vars(copying),
    }


def base_folder(name: str) -> str:
    """Where the recipe's base model lies: `mini` is the one in the package."""
    return str(mini.base_folder()) if name == "mini" else name


def pretrain_from_nothing(
    bench: Workbench, source: Source, tokenizer: PreTrainedTokenizerBase
) -> PreTrainedModel:
    """A new model of the recipe's architecture, pretrained on the source's documents."""
    recipe, seed = bench.recipe.base, bench.recipe.seed
    model = laid_out(new_base(tokenizer, recipe, seed, bench.device), bench.recipe)
    rows = base_rows(source.documents(), tokenizer, recipe, bench.packed(source))
    return whole(pretrain(model, rows, recipe, derive(seed, "base"), bench.monitor()))


def new_base(
    tokenizer: PreTrainedTokenizerBase, recipe: BaseRecipe, seed: int, device: torch.device
) -> PreTrainedModel:
    """A model of the recipe's shape with random weights, and the vocabulary that the tokenizer turned out to have."""
    sizes = recipe.architecture.model_dump() | {"vocabulary_size": len(tokenizer)}
    model = new_policy(
        Architecture(**sizes),
        derive(seed, "base", "weights"),
        eos_token_id=int(tokenizer.eos_token_id),
        pad_token_id=int(tokenizer.pad_token_id),
        bos_token_id=tokenizer.bos_token_id,
    )
    return model.to(device)  # type: ignore[arg-type]  # transformers wraps `to` and loses its signature


def accuracy(
    choices: list[Choice], model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Estimate | None:
    """Multiple-choice accuracy by the likelihood of the continuation; None without probes."""
    if not choices:
        return None
    subject = Subject("base", model, tokenizer, template_for(tokenizer))
    return choice_accuracy(answer_choices(choices, subject.continuation_log_probabilities))


def fingerprint_of_base(name: str) -> str:
    """Hash of the model folder's files but its card; of a model of the hub its commit."""
    folder = Path(base_folder(name))
    if not folder.is_dir():
        return content_of(name) or name
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file() and path.name != "README.md"):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
