"""Repositories of the hub by huggingface_hub: a name's commit, its files, and one line for what stands in the way.

What the library reads from the environment holds here, too: HF_TOKEN (or `hf auth login`), HF_HUB_OFFLINE,
HF_ENDPOINT for a mirror, HF_HOME and HF_HUB_CACHE. Nothing here takes a token or tells one.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from tutelage.hub.names import HubName
from tutelage.schema import InputError

Kind = Literal["model", "dataset"]

SAID = {"model": "model", "dataset": "data set"}
LOG_IN = "log in with `hf auth login`, or set HF_TOKEN"


@cache
def commit_of(repository: str, revision: str | None, kind: Kind) -> str:
    """The commit of a revision, asked once: within one process a name means one commit.

    Where the hub cannot be reached it is the one that the cache knows.

    Raises:
        InputError: it cannot be found out, told with the reason.
    """
    name = HubName(repository, revision)
    _require_library(name)
    from huggingface_hub import HfApi

    try:
        return HfApi().resolve_revision(repository, repo_type=kind, revision=revision).resolved
    except Exception as error:  # the library raises its own errors, its HTTP client's and the system's
        raise refusal(error, name, kind) from error


def fetch(
    name: HubName, kind: Kind, only: Sequence[str] | None = None, without: Sequence[str] | None = None
) -> Path:
    """The folder, in the hub's cache, of a repository's files; what is missing there is downloaded.

    only, without: patterns of the files wanted and not wanted; None = all, and none. Raises InputError as above.
    """
    commit = commit_of(name.repository, name.revision, kind)
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            name.repository,
            repo_type=kind,
            revision=commit,
            allow_patterns=None if only is None else list(only),
            ignore_patterns=None if without is None else list(without),
        )
    except Exception as error:  # as above
        raise refusal(error, name, kind) from error
    return Path(folder)


def refusal(error: Exception, name: HubName, kind: Kind) -> InputError:
    """What went wrong in one line, each cause in its own words."""
    import httpx2
    from huggingface_hub import errors, get_token

    told, known = SAID[kind], get_token() is not None
    cause: BaseException = error
    if isinstance(error, errors.RevisionResolutionError | errors.LocalEntryNotFoundError):
        cause = error.__cause__ or error  # why it was looked for in the cache, where it is not
    status = getattr(getattr(cause, "response", None), "status_code", None)
    uncached = f"the {told} is not in the hub's cache, or not all of it"
    match cause:
        case errors.RevisionNotFoundError():
            what = f"the {told} {name.repository} has no revision {name.revision or 'main'!r}"
            remedy = "name a branch, a tag or a commit after the @"
            if kind == "dataset":
                remedy += "; a split is written OWNER/NAME::SPLIT"
        case errors.GatedRepoError():
            what = f"the {told} is gated, and {'the token given may not read it' if known else 'there is no token'}"
            remedy = f"ask for access on its page{'' if known else f', then {LOG_IN}'}"
        case errors.RepositoryNotFoundError() if known:
            what = f"the hub has no such {told}, or none that the token given may read"
            remedy = "check the name, and whose token it is"
        case errors.RepositoryNotFoundError():
            what = f"the hub has no such {told}, or it is private and there is no token"
            remedy = f"check the name; for a private one {LOG_IN}"
        case errors.HfHubHTTPError() if status == 401:
            what, remedy = "the hub does not accept the token given", "make a new one, and " + LOG_IN
        case errors.HfHubHTTPError() if status == 403:
            what, remedy = (
                f"the token given may not read this {told}",
                "give it the right to, on the hub's page",
            )
        case errors.HfHubHTTPError():
            what, remedy = f"{hub_address()} answers with {status}", "try again later"
        case errors.HFValidationError():
            what, remedy = "no name of the hub's", "write OWNER/NAME, or OWNER/NAME@REVISION"
        case errors.OfflineModeIsEnabled():
            what = f"{uncached}, and HF_HUB_OFFLINE forbids to fetch it"
            remedy = "fetch it once without HF_HUB_OFFLINE, or check HF_HOME"
        case httpx2.TransportError():
            what = f"{uncached}, and {hub_address()} cannot be reached"
            remedy = "check the network, or name a mirror with HF_ENDPOINT"
        case _:
            reason = next(iter(str(error).strip().splitlines()), "")
            what = f"cannot be had from {hub_address()} ({type(error).__name__}: {reason[:200]})"
            remedy = "check the network"
    return InputError(what, str(name), remedy)


def hub_address() -> str:
    """The hub's address without what a URL may hold of a user and a password."""
    from huggingface_hub import constants

    address = urlsplit(constants.ENDPOINT)
    return f"{address.hostname or constants.ENDPOINT}" + (f":{address.port}" if address.port else "")


def _require_library(name: HubName) -> None:
    if find_spec("huggingface_hub") is None:
        raise InputError(
            "huggingface_hub, which reads the hub, is not installed",
            str(name),
            "pip install 'tutelage[hub]', or check the path",
        )
