"""A judge of answers from its folder, whichever kind it is."""

from collections.abc import Callable, Sequence

import torch
from transformers import AutoConfig, PretrainedConfig
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
)

from tutelage.evaluation.answer_judges.classifier import ClassifierJudge
from tutelage.evaluation.answer_judges.language_model import LanguageModelJudge
from tutelage.models import load_policy, load_tokenizer
from tutelage.models.location import UNLOADABLE, model_folder, not_a_model
from tutelage.rollout import load_reward_model
from tutelage.schema import Criterion, InputError

Judge = Callable[[Sequence[str], Sequence[str]], list[float]]
"""Questions and an answer to each -> the probability of a yes."""


def open_judge(name: str, question: Criterion, *, device: str | torch.device = "cpu") -> Judge:
    """The judge in a transformers folder or of that name on the hub.

    A classifier of one score was trained for one question, and it is not seen for which; a language model is asked
    `question`. No code of the folder's is run. Raises InputError where it holds neither.
    """
    config = _configuration(name)
    kinds = set(config.architectures or ())
    if kinds & set(MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES.values()) and config.num_labels == 1:
        return ClassifierJudge(load_reward_model(name, device=device))
    if kinds & set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.values()):
        return LanguageModelJudge(load_policy(name, device=device), load_tokenizer(name), question)
    raise InputError(
        f"{' and '.join(sorted(kinds)) or 'a model of no architecture'} is no judge of answers",
        where=name,
        remedy="give a classifier of one score, as `tutelage train judge` makes, or a causal language model "
        "that was trained to answer with yes or no",
    )


def _configuration(name: str) -> PretrainedConfig:
    folder = model_folder(name, weights=False)
    try:
        return AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except UNLOADABLE as error:
        raise not_a_model(name, "a judge of answers", error) from error
