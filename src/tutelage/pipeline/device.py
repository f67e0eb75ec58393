"""Where a run's models live, and how this process uses the machine."""

import os
from contextlib import suppress
from pathlib import Path

import torch
from transformers import PreTrainedModel

from tutelage.distributed import is_rank, local_rank, local_ranks
from tutelage.models import faster_precision, keep_freed_memory, product_dtype, spread
from tutelage.recipe import Recipe, load_recipe
from tutelage.schema import InputError


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is the GPU where there is one. Raises InputError for one this machine lacks."""
    if name in ("auto", "cuda") and is_rank() and torch.cuda.is_available():
        return own_gpu()
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"there is no device {name!r} here", where="device", remedy="use auto, cpu or cuda"
        ) from error
    return device


def own_gpu() -> torch.device:
    """The GPU of this rank. Raises InputError where there are more ranks here than GPUs."""
    here = torch.cuda.device_count()
    if local_ranks() > here:
        raise InputError(
            f"{local_ranks()} processes and {here} GPUs", "--nproc", f"start {here}, or set device=cpu"
        )
    torch.cuda.set_device(local_rank())
    return torch.device("cuda", local_rank())


def use_processor(threads: int) -> None:
    """Compute on so many threads, with 0 on this process's share of the cores; keep the memory of freed tensors."""
    torch.set_num_threads(threads or max(1, (os.cpu_count() or 1) // local_ranks()))
    keep_freed_memory()


def laid_out(model: PreTrainedModel, recipe: Recipe) -> PreTrainedModel:
    """The model as the recipe lays it over the ranks that train it; it is changed in place."""
    layout = recipe.distributed
    return spread(
        model,
        shard=layout.shard,
        activation_checkpointing=layout.activation_checkpointing,
        dtype=product_dtype(torch.empty(0, device=model.device)),
    )


def with_precision(recipe: Recipe, device: torch.device, earlier: Path | None = None) -> Recipe:
    """The recipe with a precision instead of `auto`: what is identified and written down says what was computed in.

    earlier: the written recipe of the same work, which goes on in the precision that it was begun in.
    """
    precision = recipe.precision
    if precision == "auto" and earlier is not None and earlier.is_file():
        with suppress(InputError):  # of a recipe that nothing can be read from nothing is taken
            precision = load_recipe(earlier).precision
    if precision == "auto":
        precision = faster_precision(device)
    return recipe.model_copy(update={"precision": precision})
