"""Probes find trainings in the user's libraries. Ours come through the same door as anyone's.

A probe is a class named by an entry point of the group `cellmill.probes`. It is made when a module
that it watches has just been imported, and says what it sees to an `Observer`.
"""

import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint, distributions
from types import ModuleType
from typing import Protocol

from cellmill.capture.observer import Observer
from cellmill.capture.probes.imports import ImportWatch

GROUP = "cellmill.probes"


class Probe(Protocol):
    """What an entry point of the group names: a class with this shape."""

    modules: tuple[str, ...]
    """Modules after whose import `install` is called, each once."""

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        """`user_names` is the user's namespace: to be looked at, never changed."""
        ...

    def install(self, module: ModuleType) -> None:
        """Wrap what is to be seen in a module that was just imported."""
        ...

    def remove(self) -> None:
        """Put everything back."""
        ...


class Probes:
    """Every installed probe, each waiting for its modules."""

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        self._observer = observer
        self._user_names = user_names
        self._watch = ImportWatch()
        self._probes: list[Probe] = []
        self._path: list[str] = []
        self._found = threading.Thread(target=self._find, name="cellmill-probes", daemon=True)

    def start(self) -> None:
        """Look for probes beside the kernel's start: reading every package's metadata takes some 30 ms."""
        self._watch.start()
        # As it is now: IPython changes it when the start-up file has run, and who iterates then misses a folder.
        self._path = list(sys.path)
        self._found.start()

    def wait(self) -> None:
        """Return when every probe is in place: to be called before the first cell runs."""
        self._found.join()

    def stop(self) -> None:
        """Take every probe out again."""
        self.wait()
        self._watch.stop()
        for probe in self._probes:
            self._safely(probe.remove)

    def _find(self) -> None:
        for entry in _installed_probes(self._path):
            self._safely(partial(self._add, entry))

    def _add(self, entry: EntryPoint) -> None:
        probe: Probe = entry.load()(self._observer, self._user_names)
        self._probes.append(probe)
        for module in probe.modules:
            self._watch.after(module, partial(self._installed, probe))

    def _installed(self, probe: Probe, module: ModuleType) -> None:
        self._safely(partial(probe.install, module))

    def _safely(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:  # noqa: BLE001 - a broken probe must not break the user's import
            self._observer.recording.failed("probes", error)


def _installed_probes(path: list[str]) -> list[EntryPoint]:
    """Return the entry points of the group, each once where a package is found twice."""
    found = (entry for package in distributions(path=path) for entry in package.entry_points.select(group=GROUP))
    return list({(entry.name, entry.value): entry for entry in found}.values())
