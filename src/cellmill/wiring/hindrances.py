"""What keeps a recipe from being replayed, seen before anything runs: its data, its modules, its packages."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from cellmill.capture.blobs import blob_path
from cellmill.core.event_parts import Module
from cellmill.core.project import Project
from cellmill.core.recipes import Recipe

MOST_PACKAGES = 8
_PUT_BACK = "put back what it was to replay it"


@dataclass(frozen=True)
class Versions:
    """What is installed where a replay runs, of what the record names. None: it is not."""

    python: str
    distributions: Mapping[str, str | None]


def hindrance(recipe: Recipe, project: Project) -> str | None:
    """Return why a recipe need not be tried. A module that was changed is none where its source was kept."""
    if not any(one.part == "trained" for one in recipe.ingredients):
        return "the execution that trained it is not in the journal"
    if recipe.obstacles:
        return recipe.obstacles[0]
    for use in recipe.inputs:
        path = Path(use.path)
        if not path.exists():
            return f"its data {use.path} is not there any more: put it back to replay it"
        if use.sha256 is not None:
            now = _digest(path)
            if now != use.sha256:
                return f"its data {use.path} was changed (sha256 was {use.sha256[:12]}, is {now[:12]}): {_PUT_BACK}"
    for module in recipe.modules:
        said = change_of(module)
        if said is not None and not blob_path(project, module.sha256).exists():
            return said
    return None


def change_of(module: Module) -> str | None:
    """Return a sentence on a module of the user's that is another now, or gone; None where it is the same."""
    path = Path(module.path)
    named = f"its module {module.name} ({module.path})"
    if not path.exists():
        return f"{named} is not there any more: put it back to replay it"
    now = _digest(path)
    if now != module.sha256:
        return f"{named} was changed (sha256 was {module.sha256[:12]}, is {now[:12]}): {_PUT_BACK}"
    return None


def changed_packages(recipe: Recipe, there: Versions | None) -> list[str]:
    """Return a sentence on the packages that are others where it was replayed; empty where none is."""
    around = recipe.surroundings
    if around is None or there is None:
        return []
    found = []
    for name, recorded in sorted(around.distributions.items()):
        now = there.distributions.get(name, recorded)
        if now != recorded:
            found.append(f"{name} was {recorded}, " + (f"is {now}" if now is not None else "is not installed any more"))
    if around.python != there.python:
        found.append(f"Python was {around.python}, is {there.python}")
    more = f" and {len(found) - MOST_PACKAGES} more" if len(found) > MOST_PACKAGES else ""
    return [f"packages were changed: {', '.join(found[:MOST_PACKAGES])}{more}"] if found else []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
