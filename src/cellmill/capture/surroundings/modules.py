"""What the user's cells import: the packages by name, the user's own modules with the digest of their source."""

import hashlib
import os
import site
import sys
import sysconfig
from collections.abc import Callable
from types import ModuleType

from cellmill.core.events import Module

LONGEST_SOURCE = 2_000_000


class ModuleWatch:
    """Says what was imported since the last look."""

    def __init__(self, keep: Callable[[str, bytes], None]) -> None:
        """`keep` is given the digest and the source of each of the user's own modules, as it was imported."""
        self._keep = keep
        self._count = len(sys.modules)
        self._known = set(sys.modules)
        self._tops = {"cellmill"}
        self._installed = installed_folders()
        self._own: dict[str, tuple[str, int]] = {}

    def imported(self) -> tuple[tuple[str, ...], tuple[Module, ...]]:
        """Return the top-level modules that are new, and the user's own modules that are new or were changed."""
        new: list[str] = []
        if len(sys.modules) != self._count:
            self._count = len(sys.modules)
            new = [name for name in tuple(sys.modules) if name not in self._known]
            self._known.update(new)
        if not new and not self._own:
            return (), ()
        found = [self._looked_at(name) for name in (*self._own, *new)]
        tops = tuple(dict.fromkeys(name.partition(".")[0] for name in new).keys() - self._tops)
        self._tops.update(tops)
        public = sorted(name for name in tops if name not in sys.stdlib_module_names and not name.startswith("_"))
        return tuple(public), tuple(module for module in found if module is not None)

    def _looked_at(self, name: str) -> Module | None:
        module = sys.modules.get(name)
        path = _source_of(module)
        if path is None or path.startswith(self._installed) or name.partition(".")[0] == "cellmill":
            return None
        try:
            status = os.stat(path)  # noqa: PTH116 - asked after every cell
            if self._own.get(name) == (path, status.st_mtime_ns) or status.st_size > LONGEST_SOURCE:
                return None
            with open(path, "rb") as file:  # noqa: PTH123
                content = file.read()
        except OSError:
            return None  # a module of a zip file, or one that was removed
        self._own[name] = (path, status.st_mtime_ns)
        digest = hashlib.sha256(content).hexdigest()
        self._keep(digest, content)
        return Module(name, path, digest)


def installed_folders() -> tuple[str, ...]:
    """Return the folders of what was installed: nothing below them is the user's own."""
    paths = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()}
    folders = {path for path in paths if path and ("packages" in path or path == sysconfig.get_paths()["stdlib"])}
    folders.update(path for path in sys.path if path.rstrip(os.sep).endswith(("site-packages", "dist-packages")))
    return tuple(folder.rstrip(os.sep) + os.sep for folder in sorted(folders))


def _source_of(module: object) -> str | None:
    if type(module) is not ModuleType:
        return None  # a lazy module of someone's: asking for its file may import it
    path = module.__dict__.get("__file__")
    if type(path) is not str or not path.endswith(".py") or module.__dict__.get("__name__") == "__main__":
        return None
    return os.path.abspath(path)  # noqa: PTH100
