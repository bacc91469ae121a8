"""Which probes are installed and what each waits for, remembered in `.cellmill/` from one kernel to the next.

To read every package's metadata and to import every probe takes some 15 ms, at each kernel's start. Here stands
which packages bring probes, as long as the folders of packages are as they were, and for which modules each
probe waits, as long as its file is as it was. What is loaded is never taken from here: the packages say it.
"""

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Any

from cellmill.core.errors import FolderNotWritable
from cellmill.core.files import write_atomically

GROUP = "cellmill.probes"
_METADATA = (".dist-info", ".egg-info")


@dataclass(frozen=True)
class Known:
    """A probe that need not be loaded before one of its modules is imported."""

    entry: EntryPoint
    modules: tuple[str, ...]


class Catalogue:
    """The probes that a kernel finds on its path."""

    def __init__(self, path: Path, folders: Sequence[object]) -> None:
        """`path` is the file, `folders` are those in which packages are looked for, as `sys.path` names them."""
        self._path = path
        self._folders = tuple(dict.fromkeys(folder for folder in folders if isinstance(folder, str)))
        self._packages: list[str] | None = []
        self._as_found: list[list[Any]] = []

    def try_known(self) -> list[Known] | None:
        """Return the probes without looking for them; None where something has changed since they were found."""
        try:
            written = json.loads(self._path.read_bytes())
            if written["folders"] != self._stamps():
                return None
            packages = [Distribution.at(package) for package in written["packages"]]
            probes = written["probes"]
            return [Known(entry, _modules(probes[entry.value])) for entry in _entries(packages)]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None  # none yet, or another version's

    def find(self) -> list[EntryPoint]:
        """Return the entry points of all probes: some 5 ms where the disk is quick."""
        self._as_found = self._stamps()  # before the look: what comes meanwhile is seen the next time
        packages: list[str] | None = []
        bringing: list[Distribution] = []
        for package in distributions(path=list(self._folders)):
            if any(entry.group == GROUP for entry in package.entry_points):
                bringing.append(package)
                where = getattr(package, "_path", None)
                packages = None if packages is None or not isinstance(where, Path) else [*packages, str(where)]
        self._packages = packages
        return _entries(bringing)

    def write(self, probes: Iterable[tuple[EntryPoint, Any]]) -> None:
        """Remember what was found, and the probes that were loaded. Where that cannot be, it is found anew."""
        if self._packages is None:  # one lies in an archive
            return
        seen = {}
        for entry, probe in probes:
            file = getattr(sys.modules.get(type(probe).__module__), "__file__", None)
            if not isinstance(file, str) or not all(isinstance(name, str) for name in probe.modules):
                return
            try:
                seen[entry.value] = [file, os.stat(file).st_mtime_ns, list(probe.modules)]  # noqa: PTH116
            except OSError:
                return
        content = {"folders": self._as_found, "packages": self._packages, "probes": seen}
        try:
            write_atomically(self._path, json.dumps(content).encode())
        except FolderNotWritable:
            return

    def _stamps(self) -> list[list[Any]]:
        return [[folder, _stamp(folder)] for folder in self._folders]


def _entries(packages: Iterable[Distribution]) -> list[EntryPoint]:
    """Return the entry points of the group, each once where a package is found twice."""
    found = (entry for package in packages for entry in package.entry_points.select(group=GROUP))
    return list({(entry.name, entry.value): entry for entry in found}.values())


def _modules(seen: list[Any]) -> tuple[str, ...]:
    file, changed_ns, modules = seen
    if os.stat(file).st_mtime_ns != changed_ns:  # noqa: PTH116
        raise ValueError(file)
    return tuple(modules)


def _stamp(folder: str) -> Any:
    """Return what changes when a package is added to a folder, replaced or removed.

    A folder that people work in changes all the time, so there the names are compared.
    """
    try:
        if folder.startswith((sys.prefix, sys.base_prefix)):
            return os.stat(folder).st_mtime_ns  # noqa: PTH116
        return sorted(name for name in os.listdir(folder or ".") if name.endswith(_METADATA))  # noqa: PTH208
    except OSError:
        return None
