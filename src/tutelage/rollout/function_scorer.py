"""Scores by a Python function of the user's, from a file or an installed module."""

import hashlib
import importlib
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from torch import Tensor

from tutelage.rollout.outside_scores import as_scores, scored_apart
from tutelage.schema import InputError, RunError, nearest


class FunctionScorer:
    """`FILE.py:NAME` or `MODULE:NAME`, called with a list of prompts and one of completions, gives a number for each.

    where: the recipe's field, for messages. The file is run when this is made. Raises InputError where there is no such
    function, or its file cannot be run; a call raises RunError, which names the function, for whatever it raises, and
    for all it gives that are not as many finite numbers as there are completions.
    """

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        place, _, called = name.rpartition(":")
        module = _module(place, where)
        function = getattr(module, called, None)
        if not callable(function):
            near = nearest(called, vars(module))
            raise InputError(
                f"{place} has no function {called!r}", where, f"did you mean {near!r}?" if near else None
            )
        self._function: Callable[[list[str], list[str]], object] = function

    def __call__(self, prompts: Sequence[str], completions: Sequence[str]) -> Tensor:
        """(N,) float32 scores."""
        return scored_apart(self._ask, prompts, completions)

    def _ask(self, prompts: list[str], completions: list[str]) -> Sequence[float]:
        count = len(prompts)  # the function may change what it is given
        try:
            return as_scores(self._function(prompts, completions), count, self.name)
        except RunError:
            raise
        except (Exception, SystemExit) as error:  # the user's code may raise anything, also when it is read
            raise RunError(f"{self.name} raised {_told(error)}") from error


def source_of_function(name: str) -> str | None:
    """Hash of the file that a function is in; None where there is none, as of a module that is not installed."""
    place = name.rpartition(":")[0]
    file = Path(place) if place.endswith(".py") else _file_of(place)
    if file is None or not file.is_file():
        return None
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _module(place: str, where: str) -> ModuleType:
    if not place.endswith(".py") and _found(place) is None:
        raise InputError(
            f"there is no module {place!r}", where, "install it, or name a file that ends in .py"
        )
    if place.endswith(".py") and not Path(place).is_file():
        raise InputError(f"no such file {place}", where, "check the path")
    try:
        return _run_file(Path(place)) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        raise InputError(f"{place} cannot be run: {_told(error)}", where) from error


def _run_file(path: Path) -> ModuleType:
    name = f"tutelage_reward_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]}"
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses, among others, look their module up
    spec.loader.exec_module(module)
    return module


def _found(module: str) -> object | None:
    try:
        return find_spec(module)
    except (ImportError, ValueError):
        return None


def _file_of(module: str) -> Path | None:
    origin = getattr(_found(module), "origin", None)
    return None if origin is None else Path(origin)


def _told(error: BaseException) -> str:
    """The kind of an error, what it says and where it came from, in one line."""
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError):  # says itself where it is
        return said
    return f"{said} ({Path(frames[-1].filename).name}:{frames[-1].lineno})"
