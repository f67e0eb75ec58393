"""Any sequence classifier of transformers as a scorer: the probability of one of its labels."""

from collections.abc import Callable, Generator
from typing import Any

import torch
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from tutelage.data import micro_batches
from tutelage.evaluation.toxicity_scorers.labels import toxic_label
from tutelage.evaluation.toxicity_scorers.scorer import OpenScorer
from tutelage.models import tokens_at_once
from tutelage.models.location import UNLOADABLE, model_folder, not_a_model
from tutelage.schema import InputError, RunError

CONTEXT = 512
"""Tokens that are read of a text where neither the model nor its tokenizer has a limit."""
UNLIMITED = 10**9
"""From here on a tokenizer's limit is none: transformers writes a huge number for that."""


class ClassifierScorer(OpenScorer):
    """The probability that a model gives one of its labels.

    place: of the label among the logits. independent: whether each label is true or not by itself (sigmoid), or one
    of them is (softmax). A text that is longer than the model's context is cut at its end. A call raises RunError
    where the model's answer is not a number.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        place: int,
        *,
        independent: bool,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(progress)
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._place = place
        self._independent = independent
        self._context = context_of(model, tokenizer)

    def _ask(self, texts: list[str]) -> Generator[tuple[str, float], None, None]:
        """In batches of texts of similar length."""
        if not texts:
            return
        whole = [text.encode(errors="replace").decode() for text in texts]  # half a surrogate pair is no text
        encoded = self._tokenizer(whole, truncation=True, max_length=self._context)
        lengths = [len(tokens) for tokens in encoded["input_ids"]]
        # without a token for padding each text is a batch
        budget = 0 if self._tokenizer.pad_token_id is None else tokens_at_once(self._model)
        for rows in micro_batches(lengths, budget):
            batch = {name: [values[row] for row in rows] for name, values in encoded.items()}
            yield from zip([texts[row] for row in rows], self._probabilities(batch), strict=True)

    @torch.inference_mode()
    def _probabilities(self, batch: dict[str, Any]) -> list[float]:
        """Of the label, for each row of tokens."""
        padding = len(batch["input_ids"]) > 1
        inputs = self._tokenizer.pad(batch, padding=padding, return_tensors="pt", verbose=False)
        logits = self._model(**inputs.to(self._model.device)).logits.double()  # (B, labels)
        found = logits.sigmoid() if self._independent else logits.softmax(1)
        if not found.isfinite().all():
            raise RunError("the toxicity classifier's answer is not a number", "are its weights whole?")
        probabilities: list[float] = found[:, self._place].tolist()
        return probabilities


def load_classifier(
    name: str,
    label: str | None = None,
    *,
    device: str | torch.device = "cpu",
    progress: Callable[[int], None] | None = None,
) -> ClassifierScorer:
    """The classifier in a transformers folder, or of that name on the hub, as a scorer.

    Weights are read from safetensors only, and no code of the folder's is run. label: by default the one whose name
    says that it is the toxic one. Raises InputError where there is no classifier, or none whose answers are
    probabilities, or where the label is not found.
    """
    folder = model_folder(name)
    try:
        model, loading = AutoModelForSequenceClassification.from_pretrained(
            folder,
            dtype=torch.float32,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except UNLOADABLE as error:
        raise not_a_model(name, "a sequence classifier", error) from error
    config = model.config
    if loading["missing_keys"]:
        raise InputError(
            "has no trained classifier: its head is missing", name, "give the folder of a sequence classifier"
        )
    if config.problem_type == "regression":
        raise InputError(
            "gives numbers that are no probabilities (its problem_type is regression)",
            name,
            "give a classifier",
        )
    place = toxic_label([config.id2label[place] for place in range(config.num_labels)], label, name)
    if config.pad_token_id is None:  # by which a decoder finds a text's last token
        config.pad_token_id = tokenizer.pad_token_id
    independent = config.problem_type == "multi_label_classification" or config.num_labels == 1
    return ClassifierScorer(model.to(device), tokenizer, place, independent=independent, progress=progress)


def context_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> int:
    """The most tokens of a text that a model can read, special ones included."""
    limits = [int(tokenizer.model_max_length), _positions(model)]
    return min((limit for limit in limits if 0 < limit < UNLIMITED), default=CONTEXT)


def _positions(model: PreTrainedModel) -> int:
    """How many tokens have a position; 0 where the configuration does not say.

    RoBERTa and its like count positions from behind the padding's, so that they have fewer than they say.
    """
    told = int(getattr(model.config, "max_position_embeddings", None) or 0)
    for name, layer in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(layer, nn.Embedding):
            return told if layer.padding_idx is None else told - layer.padding_idx - 1
    return told
