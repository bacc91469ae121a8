"""Imports ahead, and what makes an import unfit for a process that will be forked.

Unfit is what leaves something behind that no fork survives or that every kernel would share: a thread, an open
file, socket or device, a handler of signals, a word on the screen, a seed; or what asks whether it is in a
notebook. It is found by importing it, in a copy of the server that is thrown away if something is found.
"""

import builtins
import importlib
import importlib.util
import os
import random
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from cellmill.capture.surroundings.modules import installed_folders
from cellmill.executors.warm.hidden import Ahead, top

# They start threads at their import and have handlers for forks: OpenBLAS, and the allocators of Arrow.
# First, that what others start is seen to be theirs.
FIRST = ("numpy", "scipy.linalg", "pyarrow")
# Threads that may be missing in a fork: jemalloc's has handlers for forks; that of polars removes what its
# out-of-core engine has spilled, which then lies there until the kernel ends.
_MAY_BE_MISSING = {"jemalloc_bg_thd", "polars-ooc-clea"}
# Who asks for a shell at import, and is none the worse for an import without: `hidden` mends the first two.
_MAY_ASK_FOR_A_SHELL = {"matplotlib.pyplot", "ipywidgets", "tqdm.autonotebook"}
MOST_DRAWS = 10_000


class Unfit(Exception):
    """A module that must be imported after the fork. Its message says why."""


class Preloading:
    """What is imported ahead in this process."""

    def __init__(self) -> None:
        self.base = set(sys.modules)
        self.done: list[str] = []
        self.ahead = Ahead()
        self.heard: set[str] = set()
        self._edges: set[tuple[str, str]] = set()

    def load(self, name: str) -> None:
        """Import a module. Raises `Unfit`; this process is then good for nothing more."""
        before, variables, known = _traces(), dict(os.environ), set(sys.modules)
        asked: list[str] = []
        draws = _Draws()
        with _listening(self.heard, self._edges, asked, draws):
            try:
                importlib.import_module(name)
            except BaseException as error:
                raise Unfit(f"its import raised {type(error).__name__}") from error
        new = [module for module in sys.modules if module not in known]
        left = _left_behind(before, _traces(), may_start_threads=name in FIRST)
        if left is not None:
            raise Unfit(f"its import {left}")
        strange = [module for module in asked if module not in _MAY_ASK_FOR_A_SHELL]
        if strange:
            raise Unfit(f"its import asks whether it is in a notebook ({strange[0]})")
        for package, words in draws.counted().items():
            self.ahead.draws[package] = self.ahead.draws.get(package, 0) + words
        packages = {top(module) for module in new}
        self._edges |= {(top(name), package) for package in packages}
        for package in packages:
            changed = {key: value for key, value in os.environ.items() if variables.get(key) != value}
            if changed:
                self.ahead.variables.setdefault(package, {}).update(changed)
        self._restore(variables)
        self.done.append(name)

    def finish(self) -> None:
        """Say what is hidden: what was imported, and is not Python's own."""
        self.ahead.modules = {
            name: module for name, module in tuple(sys.modules.items()) if self._is_hidden(name, module)
        }
        packages = {top(name) for name in self.ahead.modules}
        self.ahead.needs = {}
        for importer, imported in self._edges | self._seen_in_modules():
            if imported in packages and importer != imported:
                self.ahead.needs.setdefault(importer, set()).add(imported)

    def _seen_in_modules(self) -> set[tuple[str, str]]:
        """Return which packages hold something of which: imports of code in C go by no door that could be watched."""
        found = set()
        for name, module in self.ahead.modules.items():
            importer = top(name)
            for value in tuple(vars(module).values()):
                kind = type(value)
                if kind is ModuleType:
                    found.add((importer, top(vars(value).get("__name__") or "")))
                elif kind in (type, FunctionType, BuiltinFunctionType):
                    origin = getattr(value, "__module__", None)
                    found.add((importer, top(origin) if type(origin) is str else ""))
        return found

    @property
    def own_files(self) -> tuple[str, ...]:
        """Modules that lie where no installer would touch them: they are looked at before each fork."""
        installed = installed_folders()
        files = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
        return tuple(sorted({f for f in files if isinstance(f, str) and not f.startswith(installed)}))

    def _is_hidden(self, name: str, module: object) -> bool:
        package = top(name)
        return (
            package not in sys.stdlib_module_names
            and name not in self.base
            and not package.startswith("_")
            and isinstance(module, ModuleType)
            and getattr(sys.modules.get(package), "__spec__", None) is not None
        )

    @staticmethod
    def _restore(variables: dict[str, str]) -> None:
        """A kernel has them when it imports what sets them."""
        for name in os.environ.keys() - variables.keys():
            del os.environ[name]
        for name, value in variables.items():
            if os.environ.get(name) != value:
                os.environ[name] = value


def is_installed(package: str) -> bool:
    """Whether a package lies where packages are installed: what the user edits is never imported ahead."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return False
    if spec is None:
        return False
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    return bool(places) and all(str(place).startswith(installed_folders()) for place in places)


# --- what an import leaves behind


def _traces() -> dict[str, Any]:
    return {
        "threads": threading.active_count(),
        "native": _native_threads(),
        "files": _open_files(),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "said": os.fstat(1).st_size + os.fstat(2).st_size,
        "numbers": _state_of_numpy(),
    }


def _state_of_numpy() -> str | None:
    numpy_random: Any = sys.modules.get("numpy.random")
    return None if numpy_random is None else repr(numpy_random.get_state(legacy=False))


def _native_threads() -> dict[str, str]:
    found = {}
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended
            found[task.name] = (task / "comm").read_text().strip()
    return found


def _open_files() -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208
        with suppress(OSError):  # the one by which the list is read
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")  # noqa: PTH115
    return found


def _left_behind(before: dict[str, Any], after: dict[str, Any], *, may_start_threads: bool) -> str | None:
    sys.stdout.flush()
    sys.stderr.flush()
    if after["threads"] != 1:
        return "starts a thread"
    started = {name for task, name in after["native"].items() if task not in before["native"]} - _MAY_BE_MISSING
    if started and not may_start_threads:
        return f"starts a thread in native code ({min(started)})"
    opened = {place for number, place in after["files"].items() if before["files"].get(number) != place}
    opened -= {"/dev/null", "/dev/urandom", "/dev/random"}
    if opened:
        return f"leaves {min(opened)} open"
    if after["signals"] != before["signals"]:
        return "takes a signal over"
    if os.fstat(1).st_size + os.fstat(2).st_size != before["said"]:
        return "prints or warns"
    if before["numbers"] not in (None, after["numbers"]):
        return "draws or seeds random numbers of numpy"
    return None


# --- what an import asks


@contextmanager
def _listening(heard: set[str], edges: set[tuple[str, str]], asked: list[str], draws: "_Draws") -> Iterator[None]:
    """Hear which variables are read, which package imports which, who draws random numbers, and asks for a shell."""
    from importlib import _bootstrap

    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell
    data: Any = os.environ._data  # type: ignore[attr-defined]
    bootstrap: Any = _bootstrap
    original_import, original_find = builtins.__import__, bootstrap._gcd_import

    def heard_import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:  # noqa: A002
        if level == 0 and globals:
            edge = (top(globals.get("__name__") or ""), top(name))
            edges.add(edge)
            if edge[0] != edge[1]:
                with draws.of(edge[1]):
                    return original_import(name, globals, locals, fromlist, level)
        return original_import(name, globals, locals, fromlist, level)

    def heard_find(name: str, package: str | None = None, level: int = 0) -> Any:
        """Of `importlib.import_module`: whose caller stands two frames above."""
        if level == 0:
            edges.add((top(sys._getframe(2).f_globals.get("__name__") or ""), top(name)))
            with draws.of(top(name)):
                return original_find(name, package, level)
        return original_find(name, package, level)

    def heard_initialized(cls: Any) -> bool:
        """Of `get_ipython`, which modules keep: it must stay what it is."""
        asked.append(sys._getframe(2).f_globals.get("__name__") or "")
        return False

    class ZMQInteractiveShell:
        """What `get_ipython()` is in a cell. pandas asks it for a `kernel`, and shows wide frames accordingly."""

        kernel = None

        def __getattr__(self, name: str) -> Any:
            asked.append(sys._getframe(1).f_globals.get("__name__") or "")
            raise AttributeError(name)

    initialized = shell.__dict__.get("initialized")
    builtins.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]
    builtins.__import__ = heard_import
    bootstrap._gcd_import = heard_find
    shell.initialized = classmethod(heard_initialized)
    os.environ._data = _Heard(data, heard)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        changed: Any = dict.items(os.environ._data)  # type: ignore[attr-defined]
        data.clear()
        data.update(changed)
        os.environ._data = data  # type: ignore[attr-defined]
        builtins.__import__, bootstrap._gcd_import = original_import, original_find
        del builtins.get_ipython  # type: ignore[attr-defined]
        if initialized is None:
            del shell.initialized
        else:
            shell.initialized = initialized


class _Draws:
    """How many words imports draw from Python's random generator, by package: whoever imports it later draws as many.

    Without that, what a notebook draws after `import sklearn` would not be what it draws in a cold kernel.
    """

    def __init__(self) -> None:
        self._counted: dict[str, int] = {}
        self._before: Any = random.getstate()
        self._who: list[str] = []
        self._is_seeded = False

    @contextmanager
    def of(self, package: str) -> Iterator[None]:
        """Ascribe what is drawn in the block to a package, but for what is drawn in blocks within it."""
        self._ascribe()
        self._who.append(package)
        try:
            yield
        finally:
            self._ascribe()
            self._who.pop()

    def counted(self) -> dict[str, int]:
        """Return the words that each package has drawn. Raises `Unfit` if it was no drawing."""
        self._ascribe()
        if self._is_seeded:
            raise Unfit("its import seeds random numbers")
        return self._counted

    def _ascribe(self) -> None:
        now = random.getstate()
        if now == self._before:
            return
        words = _words_between(self._before, now)
        self._before = now
        if words is None or not self._who:
            self._is_seeded = True
        else:
            self._counted[self._who[-1]] = self._counted.get(self._who[-1], 0) + words


def _words_between(before: Any, after: Any) -> int | None:
    """Return how many words of 32 bits were drawn between two states, None where one does not lead to the other."""
    drawing = random.Random()
    drawing.setstate(before)
    for words in range(MOST_DRAWS):
        if drawing.getstate() == after:
            return words
        drawing.getrandbits(32)
    return None


class _Heard(dict[bytes, bytes]):
    """The environment, and which of it was asked for by name."""

    def __init__(self, given: dict[bytes, bytes], heard: set[str]) -> None:
        super().__init__(given)
        self._heard = heard
        self._copied: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        self._copied = list(super().__iter__())[::-1]  # a copy asks for each in turn: it is no reader of them
        return super().__iter__()

    def __getitem__(self, key: bytes) -> bytes:
        if self._copied and self._copied[-1] == key:
            self._copied.pop()
        else:
            self._heard.add(os.fsdecode(key))
        return super().__getitem__(key)


def in_order(names: Iterable[str]) -> list[str]:
    """Return modules in the order in which they are imported ahead, each once."""
    return list(dict.fromkeys([*FIRST, *names]))
