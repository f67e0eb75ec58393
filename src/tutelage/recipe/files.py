"""Recipes as YAML files: read, overridden by `--set`, written; every mistake named with its file and line."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tutelage.recipe.tree import Recipe
from tutelage.schema import InputError, explain

Location = tuple[str | int, ...]


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    folder = Path(str(resources.files("tutelage.recipe") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load_recipe(name_or_path: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """Read a recipe by path, or by name when it is shipped, and put `section.field=value` overrides over it.

    Raises InputError, with file:line or the override that is wrong, for anything a run could not use.
    """
    shipped = shipped_recipes()
    path = Path(name_or_path)
    if not path.is_file():
        if str(name_or_path) not in shipped:
            raise InputError(
                f"there is no recipe {str(name_or_path)!r}",
                remedy=f"give a YAML file, or one of the shipped recipes: {', '.join(shipped)}",
            )
        path = shipped[str(name_or_path)]
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"not UTF-8 at byte {error.start + 1}", str(path), "save the file as UTF-8"
        ) from error
    values, lines = _parse(text, path)
    origins: dict[Location, str] = {location: f"{path}:{line}" for location, line in lines.items()}
    for override in overrides:
        location, value = _parse_override(override)
        _put(values, location, value, override)
        origins = {key: where for key, where in origins.items() if key[: len(location)] != location}
        origins[location] = f"--set {override}"
    return _validate(values, origins, str(path))


def dump_recipe(recipe: Recipe) -> str:
    """The resolved recipe as YAML: every field, defaults too, so that it means the same in later versions."""
    return yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _parse(text: str, path: Path) -> tuple[dict[str, Any], dict[Location, int]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 1
        raise InputError(
            f"the recipe is not YAML: {error.problem}", where=f"{path}:{line}", remedy="mend the line"
        ) from error
    except yaml.YAMLError as error:
        raise InputError(f"the recipe is not YAML: {error}".replace("\n", " "), where=str(path)) from error
    if values is None:
        return {}, {}
    if not isinstance(values, dict):
        raise InputError(
            "a recipe is a mapping of fields to values", where=f"{path}:1", remedy="see recipes/mini.yaml"
        )
    lines: dict[Location, int] = {}
    _collect_lines(node, (), lines, path)
    return values, lines


def _collect_lines(
    node: yaml.Node | None,
    at: Location,
    lines: dict[Location, int],
    path: Path,
    above: tuple[yaml.Node, ...] = (),
) -> None:
    if node is not None and any(node is each for each in above):
        raise InputError(
            "an alias stands inside what it names",
            where=f"{path}:{node.start_mark.line + 1}",
            remedy="write the values out",
        )
    above = (*above, node) if node is not None else above
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if name in seen:
                raise InputError(
                    f"field {name!r} stands twice", where=f"{path}:{line}", remedy="remove one of them"
                )
            seen.add(name)
            lines[(*at, name)] = line
            _collect_lines(value, (*at, name), lines, path, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*at, index)] = item.start_mark.line + 1
            _collect_lines(item, (*at, index), lines, path, above)


def _parse_override(override: str) -> tuple[Location, Any]:
    name, equals, text = override.partition("=")
    if not equals or not name.strip():
        raise InputError("an override has the form section.field=value", where=f"--set {override}")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError("the value is not YAML", where=f"--set {override}") from error
    parts = name.strip().split(".")
    return tuple(int(part) if part.isdigit() else part for part in parts), value


def _put(values: dict[str, Any], location: Location, value: Any, override: str) -> None:
    target: Any = values
    for part in location[:-1]:
        if isinstance(target, dict) and target.get(part) is None:  # a section may be null, and is then made
            target[part] = {}
        target = _inside(target, part, override)[part]
    _inside(target, location[-1], override)[location[-1]] = value


def _inside(container: Any, part: str | int, override: str) -> Any:
    """The container, when it can have such a part."""
    in_list = isinstance(container, list) and isinstance(part, int) and part < len(container)
    if in_list or (isinstance(container, dict) and isinstance(part, str)):
        return container
    raise InputError(f"the recipe has nothing at {part!r}", where=f"--set {override}")


def _validate(values: dict[str, Any], origins: dict[Location, str], path: str) -> Recipe:
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        location: Location = tuple(error.errors()[0]["loc"])
        raise explain(error, Recipe, _nearest_origin(location, origins, path)) from error


def _nearest_origin(location: Location, origins: dict[Location, str], path: str) -> str:
    """The override that put something at the place or under it; else the file and line of the place, or around it."""
    for key, where in origins.items():
        if key[: len(location)] == location and where.startswith("--set"):
            return where
    for length in range(len(location), 0, -1):
        if location[:length] in origins:
            return origins[location[:length]]
    return path
