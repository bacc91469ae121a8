"""Being told when the user imports a module, at no cost to any other import."""

import sys
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

Action = Callable[[ModuleType], None]


class ImportWatch(MetaPathFinder):
    """Runs an action once, right after a module was imported for the first time."""

    def __init__(self) -> None:
        self._actions: dict[str, list[Action]] = {}
        self._finding = threading.local()

    def start(self) -> None:
        """Stand before the other finders."""
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Step aside: what was watched and never imported is forgotten."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def after(self, module: str, action: Action) -> None:
        """Run the action after the module's import; at once when it is imported already.

        Where another thread is importing it, and was past `find_spec` before we asked, that import is waited for.
        """
        self._actions.setdefault(module, []).append(action)
        if module in sys.modules:
            loaded = import_module(module)
            self.loaded(module, loaded)

    def modules_came(self, names: Sequence[str]) -> None:
        """Be told of modules that came without being looked for: a warm kernel has imported them ahead."""
        for name in names:
            self.loaded(name, sys.modules[name])

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer only for watched modules, with what the other finders say and a loader that reports."""
        if fullname not in self._actions or getattr(self._finding, "name", None) == fullname:
            return None
        self._finding.name = fullname
        try:
            spec = find_spec(fullname)
        finally:
            self._finding.name = None
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return None
        # Who only asks whether a module is there gets this too, and never loads it: the actions stay.
        spec.loader = _Reporting(spec.loader, self, fullname)
        return spec

    def loaded(self, name: str, module: ModuleType) -> None:
        """Be told that a module has been loaded to its end."""
        for waiting in self._actions.pop(name, []):
            waiting(module)


class _Reporting(Loader):
    """Loads as the real loader does, gives the module back to it, then reports."""

    def __init__(self, real: Any, watch: ImportWatch, name: str) -> None:
        self._real = real
        self._watch = watch
        self._name = name

    def __getattr__(self, name: str) -> Any:
        """Who asked for the spec alone may want the source, a file, the resources."""
        return getattr(self.__dict__.get("_real"), name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._real.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # Handed back first: the module's own code may ask for its loader.
        module.__loader__ = self._real
        if module.__spec__ is not None:
            module.__spec__.loader = self._real
        self._real.exec_module(module)
        self._watch.loaded(self._name, module)
