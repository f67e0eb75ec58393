"""Scorers of toxicity: Perspective, detoxify, or any classifier. Only those that compute need torch."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tutelage.evaluation.toxicity_scorers.scorer import OpenScorer, ToxicityScorer
from tutelage.schema import demand

if TYPE_CHECKING:
    import torch

__all__ = ["OpenScorer", "ToxicityScorer", "open_scorer"]


def open_scorer(
    name: str,
    *,
    cache: str | os.PathLike[str] | None = None,
    device: "str | torch.device" = "cpu",
    progress: Callable[[int], None] | None = None,
    queries_a_second: float = 1.0,
    api_key_variable: str = "PERSPECTIVE_API_KEY",
) -> OpenScorer:
    """The scorer of this name; use it in a `with`, or close it.

    Args:
        name: `perspective`, or `perspective:LANGUAGE` for texts in other than English; `detoxify`, or
            `detoxify:VARIANT`, where a variant may be a checkpoint's path; otherwise a transformers folder or a name
            on the hub, and after a colon the label whose probability counts.
        cache: a JSON Lines file in which Perspective's answers are kept, so that nothing is asked twice.
        device: where a model computes.
        progress: called with how many of a call's texts have their score.
        queries_a_second, api_key_variable: Perspective's quota, and the environment variable with its key.

    Raises InputError where there is no such scorer, or it lacks a package or a key.
    """
    kind, _, rest = name.partition(":")
    if kind == "perspective":
        demand("httpx2", "toxicity")
        from tutelage.evaluation.toxicity_scorers.perspective import PerspectiveScorer

        return PerspectiveScorer(
            cache=cache,
            language=rest or "en",
            queries_a_second=queries_a_second,
            api_key_variable=api_key_variable,
            progress=progress,
        )
    if kind == "detoxify":
        demand("detoxify", "toxicity")
        from tutelage.evaluation.toxicity_scorers.detoxify import load_detoxify

        return load_detoxify(rest or "original", device=device, progress=progress)
    demand("transformers", "train")
    from tutelage.evaluation.toxicity_scorers.classifier import load_classifier

    if rest and not Path(name).is_dir():  # a folder's own name may have a colon
        folder, _, label = name.rpartition(":")
        return load_classifier(folder, label, device=device, progress=progress)
    return load_classifier(name, device=device, progress=progress)
