"""What is found out by passes of whole weights in 32-bit floats, before they are rounded or spread over ranks."""

from transformers import PreTrainedModel

from tutelage.models.decoding import decodes_like_llama
from tutelage.models.evaluating import found_once
from tutelage.models.layout import packs
from tutelage.models.narrowing import reads_single_tokens
from tutelage.models.unembedding import plain_unembedding


def probe_family(model: PreTrainedModel) -> None:
    """Have the model remember what its family can do."""
    packs(model)
    found_once(model, reads_single_tokens)
    if model.can_generate() and plain_unembedding(model) is not None:
        found_once(model, decodes_like_llama)
