"""Where a model lies: in a folder, or in a repository of the hub, whose files come into the hub's cache.

Weights are taken from safetensors only. Pickled ones can run code when they are read, and code of a repository's own
(`trust_remote_code`) is neither fetched nor run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from tutelage.hub import HubName, commit_of, fetch
from tutelage.schema import InputError

DESCRIPTION = ("*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken")
"""Configuration and tokenizer, which are all that checks before a run need."""
WEIGHTS = ("*.safetensors",)
ELSEWHERE = ("*/*", "consolidated*")
"""Not what transformers loads: other formats in folders of their own, and the same weights in another arrangement."""
UNLOADABLE = (OSError, ValueError, KeyError, SafetensorError, RuntimeError)
"""What transformers raises for folders that are none, or whose weights are broken or of other sizes."""
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def hub_name(name: str | Path) -> HubName | None:
    """The repository that a model's name means; None where it is the path of a folder, there or not."""
    text = str(name)
    if isinstance(name, Path) or Path(text).is_dir() or text.startswith((".", "/", "~")):
        return None
    found = HubName.parse(text)
    return None if found is None or found.configuration or found.split else found


def model_folder(name: str | Path, *, weights: bool = True) -> Path:
    """The transformers folder of that path, or of that name on the hub.

    weights: without them only configuration and tokenizer are fetched.

    Raises:
        InputError: there is none, or it has no weights in safetensors.
    """
    repository, folder = hub_name(name), Path(name)
    if repository is not None:
        with _told_of(name):
            folder = fetch(repository, "model", DESCRIPTION + (WEIGHTS if weights else ()), ELSEWHERE)
    elif not folder.is_dir():
        raise InputError("no such model folder", where=str(name), remedy="check the path")
    if (folder / "adapter_config.json").exists() and not (folder / "config.json").exists():
        raise InputError(
            "the folder holds an adapter without the model it belongs to",
            where=str(name),
            remedy="join them by peft's merge_and_unload, and save what comes out",
        )
    if not (folder / "config.json").exists():
        raise InputError(
            f"the {'folder' if repository is None else 'repository'} holds no model: it has no config.json",
            where=str(name),
            remedy="give a folder that transformers can load",
        )
    pickled = repository is not None or any(any(folder.glob(pattern)) for pattern in PICKLED)
    if weights and pickled and not any(folder.glob("*.safetensors")):
        raise InputError(
            "the model has no weights in safetensors, and pickled ones, which can run code, are not read",
            where=str(name),
            remedy="name a revision that has them, or save it again by its makers' tools with safetensors",
        )
    return folder


def content_of(name: str | Path) -> str | None:
    """The commit of a model of the hub, which says what it is; None for a folder."""
    repository = hub_name(name)
    if repository is None:
        return None
    with _told_of(name):
        return commit_of(repository.repository, repository.revision, "model")


def at_commit(name: str) -> str:
    """The name of the same model for ever: the hub's at its commit, a folder's path as it is."""
    repository, commit = hub_name(name), content_of(name)
    return name if repository is None or commit is None else str(repository.at(commit))


def require_language_model(name: str | Path) -> None:
    """Raises InputError for a reward model: its head would be left out, and a random one put there."""
    configuration = model_folder(name, weights=False) / "config.json"
    try:
        written = json.loads(configuration.read_text(encoding="utf-8"))
        architectures = written.get("architectures") or []
    except (ValueError, AttributeError) as error:
        raise not_a_model(name, "a causal language model", error) from error
    if any(str(architecture).endswith("ForSequenceClassification") for architecture in architectures):
        raise InputError(
            "this is a reward model, which writes no text",
            where=str(name),
            remedy="give the folder of a policy",
        )


@contextmanager
def _told_of(name: str | Path) -> Iterator[None]:
    """What the hub says of a name that may as well be a misspelt folder's."""
    try:
        yield
    except InputError as error:
        raise InputError(f"no such folder, and {error.what}", str(name), error.remedy) from error


def not_a_model(name: str | Path, wanted: str, error: Exception) -> InputError:
    """The one-line error for a folder that transformers refuses."""
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return InputError(
        f"cannot load {wanted} ({reason[:200]})",
        where=str(name),
        remedy="give a transformers folder, or the hub name of a model",
    )
