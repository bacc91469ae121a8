"""Probes find trainings in the user's libraries. Ours come through the same door as anyone's.

A probe is a class named by an entry point of the group `cellmill.probes`. It is made when a module
that it watches has just been imported, or at the kernel's start where it was not met before, and says
what it sees to an `Observer`.
"""

import sys
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from cellmill.capture.probes.catalogue import Catalogue, Known
from cellmill.capture.probes.imports import ImportWatch
from cellmill.capture.recording import Recording

if TYPE_CHECKING:
    from cellmill.capture.observer import Observer


class Probe(Protocol):
    """What an entry point of the group names: a class with this shape."""

    modules: tuple[str, ...]
    """Modules after whose import `install` is called, each once."""

    def __init__(self, observer: "Observer", user_names: dict[str, object]) -> None:
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

    def __init__(self, recording: Recording, observer: Callable[[], "Observer"], user_names: dict[str, object]) -> None:
        """`observer` makes what probes report to: once, and not before the first probe is loaded."""
        self._recording = recording
        self._make_observer = observer
        self._observer: Observer | None = None
        self._making = threading.Lock()
        self._user_names = user_names
        self._watch = ImportWatch()
        self._probes: dict[EntryPoint, Probe] = {}
        self._found: threading.Thread | None = None

    def start(self) -> None:
        """Watch what the user imports. Probes that were not met before are looked for beside the kernel's start."""
        self._watch.start()
        # As it is now: IPython changes it when the start-up file has run, and who iterates then misses a folder.
        catalogue = Catalogue(self._recording.project.folder / "probes.json", sys.path)
        known = catalogue.try_known()
        if known is None:
            self._found = threading.Thread(
                target=self._safely, args=(self._find, catalogue), name="cellmill-probes", daemon=True
            )
            self._found.start()
            return
        for probe in known:
            for module in probe.modules:
                self._watch.after(module, partial(self._safely, partial(self._load_for, probe, module)))

    def after_import(self, module: str, action: Callable[[], None]) -> None:
        """Have something done right after a module is imported for the first time."""
        self._watch.after(module, lambda _: self._safely(action))

    def wait(self) -> None:
        """Return when every probe is in place: to be called before the first cell runs."""
        if self._found is not None:
            self._found.join()

    def stop(self) -> None:
        """Take every probe out again."""
        self.wait()
        self._watch.stop()
        for probe in self._probes.values():
            self._safely(probe.remove)

    def _find(self, catalogue: Catalogue) -> None:
        entries = catalogue.find()
        for entry in entries:
            self._safely(partial(self._add, entry))
        if len(self._probes) == len(entries):
            self._safely(partial(catalogue.write, self._probes.items()))

    def _add(self, entry: EntryPoint, *, but: tuple[str, ...] = ()) -> Probe:
        made: Probe = entry.load()(self.observer(), self._user_names)
        probe = self._probes.setdefault(entry, made)  # two threads may import two of its modules
        if probe is made:
            for module in probe.modules:
                if module not in but:
                    self._watch.after(module, partial(self._installed, probe))
        return probe

    def try_observer(self) -> "Observer | None":
        """Return what probes report to, None where no library that is watched was imported yet."""
        return self._observer

    def observer(self) -> "Observer":
        """Return what probes report to. It is made where there is none."""
        with self._making:  # its modules import nothing of the user's, so nobody waits for them and for this
            self._observer = self._observer or self._make_observer()
            return self._observer

    def _load_for(self, known: Known, name: str, module: ModuleType) -> None:
        probe = self._probes.get(known.entry) or self._add(known.entry, but=known.modules)
        if name in probe.modules:
            probe.install(module)

    def _installed(self, probe: Probe, module: ModuleType) -> None:
        self._safely(partial(probe.install, module))

    def _safely(self, action: Callable[..., object], *given: Any) -> None:
        try:
            action(*given)
        except Exception as error:  # noqa: BLE001 - a broken probe must not break the user's import
            self._recording.failed("probes", error)
