"""What keeps a recipe from being replayed, seen before anything runs: its data, its modules, its packages."""

import platform
from hashlib import file_digest
from pathlib import Path

from cellmill.core.recipes import Recipe


def hindrance(recipe: Recipe) -> str | None:
    """Return why a recipe need not be tried."""
    if not any(one.part == "trained" for one in recipe.ingredients):
        return "the execution that trained it is not in the journal"
    if recipe.obstacles:
        return recipe.obstacles[0]
    for use in recipe.inputs:
        path = Path(use.path)
        if not path.exists():
            return f"its data {use.path} is not there any more"
        if use.sha256 is not None:
            now = _digest(path)
            if now != use.sha256:
                return f"its data {use.path} was changed: sha256 was {use.sha256[:12]}, is {now[:12]}"
    for module in recipe.modules:
        path = Path(module.path)
        named = f"its module {module.name} ({module.path})"
        if not path.exists():
            return f"{named} is not there any more"
        now = _digest(path)
        if now != module.sha256:
            return f"{named} was changed: sha256 was {module.sha256[:12]}, is {now[:12]}"
    return None


def changed_packages(recipe: Recipe) -> list[str]:
    """Return a sentence on the packages that have other versions now; empty where none has."""
    from importlib.metadata import PackageNotFoundError, version

    around = recipe.surroundings
    found = []
    for name, recorded in sorted(around.distributions.items()) if around is not None else ():
        try:
            now = version(name)
        except PackageNotFoundError:
            continue  # where it was needed, the replay could not be
        if now != recorded:
            found.append(f"{name} was {recorded}, is {now}")
    if around is not None and around.python != platform.python_version():
        found.append(f"Python was {around.python}, is {platform.python_version()}")
    return [f"packages were changed: {', '.join(found[:8])}"] if found else []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
