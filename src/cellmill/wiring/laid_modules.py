"""The user's own modules in scratch, each as it was when the execution ran that is about to be replayed."""

import os
import time
from pathlib import Path

from cellmill.capture.blobs import blob_path
from cellmill.capture.sessions import SessionReader
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.project import Project
from cellmill.core.recipes import Ingredient, Recipe
from cellmill.executors.scratch import Scratch
from cellmill.wiring.hindrances import change_of

LAID_OUT = "Modules were changed since, and replayed as they had been"
NOT_KEPT = "Modules were changed, and could not be replayed as they had been"


class Modules:
    """Puts modules that are others now, or gone, or that changed in the session, in the place of their links."""

    def __init__(self, project: Project, place: Scratch, recipe: Recipe) -> None:
        self._project = project
        self._place = place
        self._names = {module.name for module in recipe.modules}
        self._there: dict[str, str] = {}
        self._changed: dict[str, None] = {}
        self._lost: dict[str, None] = {}
        self._written = 0

    def lay_out(self, ingredient: Ingredient | None) -> tuple[str, ...]:
        """Put modules there for an execution. Returns sentences on all that was laid out so far, or could not be."""
        for module in ingredient.modules if ingredient is not None else ():
            if module.name not in self._names or self._there.get(module.path) == module.sha256:
                continue
            is_first = module.path not in self._there
            self._there[module.path] = module.sha256
            is_as_now = change_of(module) is None
            target = self._place.place_of(module.path)
            if is_first and is_as_now and target.exists():
                continue  # its link will do
            source = Path(module.path) if is_as_now else blob_path(self._project, module.sha256)
            if not source.exists() or not target.is_relative_to(self._place.folder):
                self._lost[module.name] = None
                continue
            self._place.unfold(target)
            make_folder(target.parent)
            write_atomically(target, source.read_bytes())  # in the place of the link, not of what it leads to
            self._written += 1
            # What was compiled of it is known by the second and the size: a change of one figure leaves both.
            at_s = int(time.time()) + 2 * self._written
            os.utime(target, (at_s, at_s))
            if not is_as_now:
                self._changed[module.name] = None
        told = ((LAID_OUT, self._changed), (NOT_KEPT, self._lost))
        return tuple(f"{words}: {', '.join(names)}." for words, names in told if names)


def other_module(reader: SessionReader, recipe: Recipe) -> str | None:
    """Return a sentence on a module that the replay imported as it is now, from a place that is not in scratch."""
    if reader.session is None:
        return None
    imported = {module.name: module for one in reader.session.executions for module in one.modules}
    known = {(module.name, module.sha256) for one in recipe.ingredients for module in one.modules}
    for module in recipe.modules:
        again = imported.get(module.name)
        if again is None or again.sha256 == module.sha256 or (again.name, again.sha256) in known:
            continue
        if (said := change_of(module)) is not None:
            return said
    return None
