"""Writing a model as a folder that any tool built on transformers can load."""

from pathlib import Path

import torch
from torch import nn
from transformers import GenerationConfig, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from tutelage.distributed import leads
from tutelage.models.learning import has_adapter
from tutelage.models.merging import FOLDER, merged, save_adapter
from tutelage.models.sharding import whole
from tutelage.schema import InputError
from tutelage.store import atomic_folder


def require_room(folder: str | Path) -> None:
    """Raises InputError unless a model may be written there: nothing is, or an empty folder, or a model to replace."""
    place = Path(folder)
    if not place.exists() or (
        place.is_dir() and ((place / "config.json").is_file() or not any(place.iterdir()))
    ):
        return
    raise InputError(
        "this is not a model's folder, and saving a model there would replace it",
        where=str(folder),
        remedy="name a new or empty folder",
    )


def save_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: str | Path) -> None:
    """Write weights (safetensors), configuration and tokenizer; the folder appears whole or not at all.

    A model that was trained by an adapter is written with the adapter in its weights, and in the folder `adapter` by
    itself, as peft loads it. Where ranks work together all must call it, and the first one writes.

    Raises InputError when something other than a model lies there, or when the tokenizer's padding and end-of-text
    are one token: plain transformers would score completions at the wrong token.
    """
    trained = whole(model)
    model = merged(trained) if has_adapter(trained) else trained
    adopt_special_tokens(model, tokenizer)
    if not leads():
        return
    require_room(folder)
    with atomic_folder(Path(folder)) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        if has_adapter(trained):
            save_adapter(trained, temporary / FOLDER)


def adopt_special_tokens(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Give the model's configuration the tokenizer's special tokens, and every token an embedding."""
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id == tokenizer.eos_token_id:
        raise InputError(
            "the tokenizer's padding token is missing or the same as end-of-text",
            remedy="load it with tutelage.models.load_tokenizer, which gives it one",
        )
    embed_added_tokens(model, len(tokenizer))
    for field in ("bos_token_id", "pad_token_id"):
        setattr(model.config, field, getattr(tokenizer, field))
    ends = model.config.eos_token_id
    one_of_several = isinstance(ends, list) and tokenizer.eos_token_id in ends
    if not one_of_several:  # else the others, such as a turn's end, are kept
        model.config.eos_token_id = tokenizer.eos_token_id
    if model.can_generate():
        model.generation_config = GenerationConfig.from_model_config(model.config)


def embed_added_tokens(model: PreTrainedModel, vocabulary_size: int) -> None:
    """Extend the embedding (and the unembedding) by the mean row for tokens that the tokenizer added.

    A mean row's logit is the mean logit, so that by Jensen's inequality the new token's probability is below
    1 / vocabulary: the policy hardly changes and all but never samples padding.
    """
    embeddings = model.get_input_embeddings()
    assert isinstance(embeddings, nn.Embedding)
    known = embeddings.num_embeddings
    if vocabulary_size <= known:
        return
    model.resize_token_embeddings(vocabulary_size, mean_resizing=False)
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        if isinstance(layer, (nn.Embedding, nn.Linear)):
            with torch.no_grad():
                layer.weight[known:] = layer.weight[:known].mean(0)
