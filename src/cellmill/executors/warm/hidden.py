"""What was imported ahead, out of sight: `sys.modules` is a cold kernel's until a cell imports it.

So capture sees the import, `import` finds a module of the user's that goes by the same name, and nothing can be
used that was not imported. A package comes with all that was imported of it, and with what it needs.
"""

import contextlib
import os
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


@dataclass
class Ahead:
    """What was imported ahead. `needs` are the packages that a package imports, `variables` those that it sets.

    `draws` are the words that its import draws from Python's random generator, `at_start` the variables that are
    set by what every kernel imports when it starts.
    """

    modules: dict[str, ModuleType] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    draws: dict[str, int] = field(default_factory=dict)
    at_start: dict[str, str] = field(default_factory=dict)


def top(name: str) -> str:
    """Return the package of a module."""
    return name.partition(".")[0]


class Hidden(MetaPathFinder, Loader):
    """Gives modules back when they are imported."""

    def __init__(self, ahead: Ahead) -> None:
        self._needs = ahead.needs
        self._variables = ahead.variables
        self._draws = ahead.draws
        self._packages: dict[str, dict[str, ModuleType]] = {}
        for name, module in ahead.modules.items():
            self._packages.setdefault(top(name), {})[name] = module
        self._found: dict[str, ModuleSpec] = {}

    def hide(self) -> None:
        """Take them out of `sys.modules`, and stand before the other finders."""
        for package in self._packages.values():
            for name in package:
                sys.modules.pop(name, None)
        sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for what is still hidden, unless the user's path leads to another module of that name."""
        module = self._packages.get(top(fullname), {}).get(fullname)
        if module is None:
            return None
        original = getattr(module, "__spec__", None)
        if original is None or ("." not in fullname and self._is_another(fullname, original)):
            del self._packages[top(fullname)]
            return None
        spec = ModuleSpec(fullname, self, origin=original.origin, is_package=hasattr(module, "__path__"))
        spec.loader_state = original
        # Whoever only asks where it is hears what the file system would say.
        spec.submodule_search_locations = original.submodule_search_locations
        spec.has_location, spec.cached = original.has_location, original.cached
        self._found[fullname] = original
        return spec

    def get_code(self, fullname: str) -> CodeType | None:
        """As the loader of the file does, which those ask who run a module (`runpy`)."""
        code: CodeType | None = self._loader(fullname).get_code(fullname)
        return code

    def get_source(self, fullname: str) -> str | None:
        """As the loader of the file does."""
        source: str | None = self._loader(fullname).get_source(fullname)
        return source

    def get_filename(self, fullname: str) -> str:
        """As the loader of the file does."""
        return str(self._loader(fullname).get_filename(fullname))

    def is_package(self, fullname: str) -> bool:
        """As the loader of the file does."""
        return bool(self._loader(fullname).is_package(fullname))

    def get_data(self, path: str) -> bytes:
        """As any loader of files does (`pkgutil.get_data`)."""
        return Path(path).read_bytes()

    def _loader(self, fullname: str) -> Any:
        if fullname not in self._found:
            raise ImportError(f"{fullname} was not found here", name=fullname)
        return self._found[fullname].loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return the module that there is."""
        return self._packages[top(spec.name)][spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is executed: it was."""
        spec = module.__spec__
        assert spec is not None
        with contextlib.suppress(AttributeError):
            module.__spec__ = spec.loader_state
        self._reveal(top(spec.name))

    def _reveal(self, package: str) -> None:
        wanted, given = [package], []
        while wanted:
            name = wanted.pop()
            modules = self._packages.pop(name, None)
            if modules is None:
                continue
            for full, module in modules.items():
                sys.modules.setdefault(full, module)
                given.append(full)
            for _ in range(self._draws.get(name, 0)):
                random.getrandbits(32)
            for variable, value in self._variables.get(name, {}).items():
                os.environ.setdefault(variable, value)
            wanted += self._needs.get(name, ())
        _tell(given)

    def _is_another(self, name: str, original: ModuleSpec) -> bool:
        if original.origin is None:
            return False  # a namespace package has no file
        found = PathFinder.find_spec(name, None)
        return found is None or found.origin != original.origin


def shadows(folder: str, packages: Iterable[str]) -> bool:
    """Whether a folder holds modules of the user's that go by the names of packages."""
    names = set(packages)
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if entry.name.partition(".")[0] in names]
        return any(
            entry.name.endswith((".py", ".pyc", ".so")) or os.path.exists(os.path.join(entry.path, "__init__.py"))  # noqa: PTH110, PTH118
            for entry in found
        )
    except OSError:
        return False


def _tell(names: Sequence[str]) -> None:
    """Tell whoever waits for the import of a module: it came without being looked for."""
    for finder in tuple(sys.meta_path):
        hear: Any = getattr(finder, "modules_came", None)
        if hear is not None:
            hear(names)
    for name, mend in _AFTER.items():
        if name in names:
            with contextlib.suppress(Exception):  # as it would be where it is imported by something else
                mend(sys.modules[name])


def _meet_the_shell(pyplot: Any) -> None:
    """It asks once, at its import, whether there is a shell whose cells end with a drawing."""
    pyplot.install_repl_displayhook()


def _serve_widgets(widgets: Any) -> None:
    """Likewise: whether there is a front end with which widgets are shared."""
    widgets._handle_ipython()


_AFTER: Mapping[str, Any] = {"matplotlib.pyplot": _meet_the_shell, "ipywidgets": _serve_widgets}
