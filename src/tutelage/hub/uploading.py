"""A model's folder goes to a repository of the hub, by huggingface_hub: the files of a model, and nothing else.

The token is the library's: HF_TOKEN, or that of `hf auth login`. Nothing here takes one or tells one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tutelage.hub.repositories import LOG_IN, hub_address
from tutelage.schema import InputError, demand

WEIGHTS = "model*.safetensors"
INDEX = "model.safetensors.index.json"
OTHERS = (
    "config.json",
    "generation_config.json",
    INDEX,
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "tokenizer.model",
    "spiece.model",
    "LICENSE",
)
"""What transformers writes beside the weights. Whatever else lies in the folder stays there."""

CARD = "README.md"


@dataclass(frozen=True)
class Upload:
    """What of a folder goes to the hub: files by name with their sizes in bytes, and the text of the card.

    left: the names of what does not
    """

    folder: Path
    files: Mapping[str, int]
    card: str
    left: tuple[str, ...]

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(self.files.values())


def upload_of(folder: Path, card: str) -> Upload:
    """What would be uploaded of a model's folder.

    Raises:
        InputError: it is not a model's folder, or not a whole one.
    """
    require_model(folder)
    found = {path for pattern in (WEIGHTS, *OTHERS) for path in folder.glob(pattern) if path.is_file()}
    files = {path.name: path.stat().st_size for path in sorted(found)} | {CARD: len(card.encode())}
    left = sorted(path.name for path in folder.iterdir() if path.name not in files)
    return Upload(folder, files, card, tuple(left))


def require_model(folder: Path) -> None:
    """Raises InputError unless a model lies there that transformers loads: configuration, weights and tokenizer."""
    where, remedy = str(folder), "name a folder that tutelage or transformers has saved a model in"
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("this is not a model's folder: no config.json can be read", where, remedy) from error
    if not (isinstance(config, dict) and config.get("architectures")):
        raise InputError("this is not a model's folder: config.json names no architecture", where, remedy)
    for what, pattern in (("weights in safetensors", WEIGHTS), ("tokenizer", "tokenizer*.json")):
        if not any(folder.glob(pattern)):
            raise InputError(f"the folder has no {what}", where, remedy)
    index = folder / INDEX
    parts = (
        set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        if index.is_file()
        else set()
    )
    for part in sorted(parts):
        if not (folder / part).is_file():
            raise InputError(f"a part of the weights is missing: {part}", where, remedy)


def upload(what: Upload, repository: str, *, private: bool = False, revision: str | None = None) -> str:
    """Upload it in one commit, into a repository that is made where there is none; returns the commit's URL.

    private: make it so; an existing public one is refused. revision: a branch, made where there is none; None = main.

    Raises:
        InputError: the hub, the network or the token does not let it.
    """
    demand("huggingface_hub", "hub")
    from huggingface_hub import CommitOperationAdd, HfApi, get_token

    if get_token() is None:
        raise InputError("there is no token for the hub", repository, LOG_IN)
    hub = HfApi()
    operations = [
        CommitOperationAdd(name, what.card.encode() if name == CARD else what.folder / name)
        for name in what.files
    ]
    try:
        hub.create_repo(repository, private=private or None, exist_ok=True)
        if private and not hub.model_info(repository).private:
            raise InputError(
                "the repository exists and is public", repository, "leave out --private, or name another one"
            )
        if revision is not None:
            hub.create_branch(repository, branch=revision, exist_ok=True)
        message = f"{what.folder.name}, uploaded by tutelage"
        return hub.create_commit(repository, operations, commit_message=message, revision=revision).commit_url
    except InputError:
        raise
    except Exception as error:  # the library raises its own errors, its HTTP client's and the system's
        raise refused(error, repository) from error


def refused(error: Exception, repository: str) -> InputError:
    """What went wrong in one line, each cause in its own words."""
    import httpx2
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    reason = " ".join(str(error).split())[:200]
    match error:
        case errors.HFValidationError():
            what, remedy = "no name of the hub's", "write OWNER/NAME"
        case errors.HfHubHTTPError() if status == 401:
            what, remedy = "the hub does not accept the token", f"make a new one, and {LOG_IN}"
        case errors.HfHubHTTPError() if status in (403, 404):
            what = "the token may not write there"
            remedy = "name a repository of your own, or take a token with the right to write"
        case errors.HfHubHTTPError():
            what, remedy = f"{hub_address()} answers with {status} ({reason})", "try again later"
        case errors.OfflineModeIsEnabled():
            what, remedy = "HF_HUB_OFFLINE forbids it", "unset it"
        case httpx2.TransportError():
            what, remedy = f"{hub_address()} cannot be reached", "check the network, or HF_ENDPOINT"
        case _:
            what, remedy = f"cannot be uploaded ({type(error).__name__}: {reason})", "try again later"
    return InputError(what, repository, remedy)
