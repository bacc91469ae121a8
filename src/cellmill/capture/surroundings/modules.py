"""What the user's cells import: the packages by name, the user's own modules with the digest of their source."""

import hashlib
import os
import site
import struct
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

from cellmill.core.event_parts import CHANGED_MEANWHILE, Module

LONGEST_SOURCE = 2_000_000
# Times of files are those of a clock that ticks, and may be a little behind.
_TICK_NS = 20_000_000


class ModuleWatch:
    """Says what was imported since the last look."""

    def __init__(self, keep: Callable[[str, bytes], None]) -> None:
        """`keep` is given the digest and the source of each of the user's own modules, as it was imported."""
        self._keep = keep
        self._count = len(sys.modules)
        self._known = set(sys.modules)
        self._tops = {"cellmill"}
        self._installed = installed_folders()
        self._own: dict[str, tuple[str, int, object]] = {}

    def imported(
        self, began_ns: int = 0, has_written: Callable[[str], bool] = lambda path: False
    ) -> tuple[tuple[str, ...], tuple[Module, ...]]:
        """Return the top-level modules that are new, and the user's own modules that are new or were changed.

        `began_ns` is when the cell began, `has_written` says whether it wrote a file.
        """
        new: list[str] = []
        if len(sys.modules) != self._count:
            self._count = len(sys.modules)
            new = [name for name in tuple(sys.modules) if name not in self._known]
            self._known.update(new)
        if not new and not self._own:
            return (), ()
        found = [self._looked_at(name) for name in tuple(self._own)]
        came = [self._looked_at(name) for name in new]
        found += [module if module is None else self._with_note(module, began_ns, has_written) for module in came]
        tops = tuple(dict.fromkeys(name.partition(".")[0] for name in new).keys() - self._tops)
        self._tops.update(tops)
        public = sorted(name for name in tops if name not in sys.stdlib_module_names and not name.startswith("_"))
        return tuple(public), tuple(module for module in found if module is not None)

    def _with_note(self, module: Module, began_ns: int, has_written: Callable[[str], bool]) -> Module:
        """Say of a module that came with this cell whether its file was changed after that."""
        try:
            seen = os.stat(module.path)  # noqa: PTH116
        except OSError:
            return module
        if max(seen.st_mtime_ns, seen.st_ctime_ns) < began_ns - _TICK_NS or has_written(module.path):
            return module
        compiled = sys.modules[module.name].__dict__.get("__cached__")
        if _is_of(compiled, seen):
            return module
        return replace(module, note=CHANGED_MEANWHILE)

    def own_files(self) -> set[str]:
        """Return where the user's own modules lie: who reads one of them, us among them, reads a module."""
        return {path for path, _, _ in self._own.values()}

    def _looked_at(self, name: str) -> Module | None:
        module = sys.modules.get(name)
        if name in self._own and _is_as_loaded(module, self._own[name][2]):
            return None  # before any file is asked: of a large package there are thousands, and this is each cell
        path = _source_of(module)
        if path is None or path.startswith(self._installed) or name.partition(".")[0] == "cellmill":
            return None
        spec = vars(module).get("__spec__")
        try:
            status = os.stat(path)  # noqa: PTH116 - asked after every cell
            if status.st_size > LONGEST_SOURCE or not self._is_another(name, path, status.st_mtime_ns, spec):
                return None
            with open(path, "rb") as file:  # noqa: PTH123
                content = file.read()
        except OSError:
            return None  # a module of a zip file, or one that was removed
        self._own[name] = (path, status.st_mtime_ns, spec)
        digest = hashlib.sha256(content).hexdigest()
        self._keep(digest, content)
        return Module(name, path, digest)

    def _is_another(self, name: str, path: str, mtime_ns: int, spec: object) -> bool:
        """Whether another source was executed. One that was only edited still runs as it was; a reload has a new spec.

        What has no spec, some loader of its own has made: of that the file alone tells.
        """
        known = self._own.get(name)
        if known is None:
            return True
        if known[:2] == (path, mtime_ns):
            self._own[name] = (path, mtime_ns, spec)  # it may have been loaded again, unchanged
            return False
        return True


def installed_folders() -> tuple[str, ...]:
    """Return the folders of what was installed: nothing below them is the user's own."""
    paths = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()}
    folders = {path for path in paths if path and ("packages" in path or path == sysconfig.get_paths()["stdlib"])}
    folders.update(path for path in sys.path if path.rstrip(os.sep).endswith(("site-packages", "dist-packages")))
    return tuple(folder.rstrip(os.sep) + os.sep for folder in sorted(folders))


def _is_of(compiled: object, source: os.stat_result) -> bool:
    """Whether what Python has compiled, and loaded, was made of a source as it is now."""
    if type(compiled) is not str:
        return False
    try:
        with open(compiled, "rb") as file:  # noqa: PTH123
            header = file.read(16)
    except OSError:
        return False
    # PEP 552: four bytes of magic, flags (0: known by its time), the source's time in seconds, and its size.
    return header[4:] == struct.pack("<III", 0, int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)


def _is_as_loaded(module: object, spec: object) -> bool:
    """Whether a module has not been loaded again since it had this spec."""
    return spec is not None and type(module) is ModuleType and module.__dict__.get("__spec__") is spec


def _source_of(module: object) -> str | None:
    if type(module) is not ModuleType:
        return None  # a lazy module of someone's: asking for its file may import it
    path = module.__dict__.get("__file__")
    if type(path) is not str or not path.endswith(".py") or module.__dict__.get("__name__") == "__main__":
        return None
    return os.path.abspath(path)  # noqa: PTH100
