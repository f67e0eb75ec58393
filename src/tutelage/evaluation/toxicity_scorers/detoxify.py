"""The classifiers of the package detoxify (Hanu and Unitary 2020), which were trained on Jigsaw's three challenges."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tutelage.schema import InputError, suggestion

if TYPE_CHECKING:
    import torch

    from tutelage.evaluation.toxicity_scorers.classifier import ClassifierScorer

VARIANTS = ("original", "unbiased", "multilingual", "original-small", "unbiased-small")
LABEL = "toxicity"


def load_detoxify(
    variant: str = "original",
    *,
    device: "str | torch.device" = "cpu",
    progress: Callable[[int], None] | None = None,
) -> "ClassifierScorer":
    """One of detoxify's models as a scorer: its probability of `toxicity`.

    variant: a name, whose weights the package downloads and keeps, or the path of a checkpoint of detoxify's. Either
    is a pickle, which can run code when it is read: give only what you trust. What the checkpoint names as its
    `model_type`, a folder or a name on the hub, has to be within reach, for configuration and tokenizer.

    Raises InputError where there is no such model.
    """
    from detoxify import Detoxify

    from tutelage.evaluation.toxicity_scorers.classifier import ClassifierScorer

    if variant in VARIANTS:
        source = {"model_type": variant}
    elif Path(variant).is_file():
        source = {"checkpoint": variant}
    else:
        raise InputError(
            f"there is no variant and no file {variant!r}", "detoxify", suggestion(variant, VARIANTS)
        )
    try:
        loaded = Detoxify(**source, device=str(device))
    # a pickle of anything can raise anything
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"cannot load detoxify's model ({reason[:200]})",
            variant,
            "name a variant that this machine can reach, or the file of a checkpoint",
        ) from error
    if LABEL not in loaded.class_names:
        raise InputError(f"has no {LABEL} among {', '.join(loaded.class_names)}", variant)
    place = loaded.class_names.index(LABEL)
    return ClassifierScorer(loaded.model, loaded.tokenizer, place, independent=True, progress=progress)
