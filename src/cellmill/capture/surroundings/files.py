"""Which files a cell reads and writes: heard from `open`, which Python code opens files with.

Not from audit events: a hook is called for each `id()` of the process too, and `copy.deepcopy` asks for one
with every object (measured: ten times the cost of `id`). What a library opens in C, as pyarrow and polars
do, goes through no `open` in any case. For these it is looked for what files the cell names.
"""

import functools
import os
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType, MappingProxyType
from typing import Any

from cellmill.capture.frames import pass_unseen
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.capture.surroundings.modules import installed_folders
from cellmill.capture.surroundings.named import DATA, PATHLIB, named_in
from cellmill.core.event_parts import ADDED_TO, CHANGED_MEANWHILE, FileUse

NOTHING: Mapping[str, object] = MappingProxyType({})
MOST_FILES = 500
MOST_HEARD = 20_000
MOST_FOLDERS = 20
_CLOCK_REALTIME_COARSE = 5  # which the module time does not name
_ELSEWHERE = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/share/", "/usr/lib/")
_OF_PROGRAMS = (".pyc", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".ttf", ".afm", ".mplstyle")
# Modules that may be there before us, and hold the `open` that they had found. In a warm kernel numpy is.
_KEPT_ELSEWHERE = (("bz2", "_builtin_open"), ("tarfile", "bltn_open"), ("numpy.lib._datasource", "_open"))


Stamp = tuple[int, int, int]


@dataclass(slots=True)
class _Heard:
    """What a cell did with a file. What it has written itself, it does not read. `stamp` is of when it was read."""

    is_read: bool = False
    is_written: bool = False
    is_added_to: bool = False
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Used:
    """The files of a cell, without their digests, and the folders from which it read more than are told one by one."""

    files: tuple[FileUse, ...] = ()
    more_in: tuple[str, ...] = ()


class FileWatch:
    """Hears what is opened while a cell runs."""

    def __init__(self, ours: Iterable[str], root: str = "") -> None:
        """`ours` are the folders of Cellmill and of the store: nothing there is the user's. `root` is the project's."""
        home = os.path.expanduser("~")  # noqa: PTH111
        self._root = f"{root}{os.sep}"
        # Python code that compilers and caches put there is nobody's source.
        self._made = (f"{tempfile.gettempdir()}{os.sep}", os.path.join(home, "."))  # noqa: PTH118
        private = [os.path.join(home, name) for name in (".ipython", ".jupyter", ".cache/matplotlib", ".config")]  # noqa: PTH118
        self._ours = tuple(ours)
        self._not_data = (*_ELSEWHERE, *(f"{folder}{os.sep}" for folder in private))
        self._installed = installed_folders()
        self._replacing: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._heard: dict[str, _Heard] | None = None
        self._more: set[str] = set()
        self._deaf: set[int] = set()
        self._began_ns = 0
        self._left: dict[str, Stamp | None] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    def install(self, places: Iterable[tuple[Any, Any]] = ()) -> None:
        """Listen to `open` in these places: each a module, and the name under which it holds the function.

        And in those modules that came before us and had kept it; to be called again when one more of them has come.
        """
        for holder, name in (*places, *_kept_elsewhere()):
            names = holder if isinstance(holder, dict) else vars(holder) if holder is not None else {}
            original = names.get(name)
            if original is not None and not isinstance(original, FunctionType):
                self._undo.append((names, name, original))
                names[name] = self._listening(original)

    def remove(self) -> None:
        """Put every `open` back."""
        while self._undo:
            names, name, original = self._undo.pop()
            names[name] = original

    def _listening(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return an `open` that is heard: one for each original, for people compare it with `is`."""
        if original not in self._replacing:

            @functools.wraps(original)
            @unseen_by_warnings
            def listening_open(*args: Any, **kwargs: Any) -> Any:
                if self._heard is not None:
                    self._hear(args, kwargs)
                try:
                    return original(*args, **kwargs)
                except BaseException as error:
                    pass_unseen(error)
                    raise

            listening_open.__module__ = "io"  # where pickle finds it
            self._replacing[original] = listening_open
        return self._replacing[original]

    def start(self) -> None:
        """A cell begins. Of cells that overlap, the files belong to the one that ends first."""
        self._began_ns = _files_now_ns()
        self._heard = self._heard or {}

    def has_written(self, path: str) -> bool:
        """Whether the cell that runs was heard to write a file."""
        heard = (self._heard or {}).get(path)
        return heard is not None and heard.is_written

    def stop(self, *, source: str = "", reads: Iterable[str] = (), names: Mapping[str, object] = NOTHING) -> Used:
        """The cell has ended. Returns its files. It read some of the user's `names`."""
        values = [names[name] for name in reads if name in names]
        heard, self._heard = self._heard, None
        more, self._more = self._more, set()
        # A copy: another thread may have got hold of it, and still hear.
        uses = {path: one for path, one in list((heard or {}).items()) if self._is_users(path)}
        for path in named_in(source, values, names):
            if path not in uses and self._is_users(path) and (seen := _stat(path)) is not None:
                # In the tick in which the cell before ended, what that had written is as young as what this one wrote.
                is_written = seen.st_mtime_ns >= self._began_ns and _stamp(seen) != self._left.get(path)
                uses[path] = _Heard(is_read=not is_written, is_written=is_written)
        self._left = {path: _stamp(_stat(path)) for path, one in list(uses.items())[:MOST_FILES] if one.is_written}
        told = list(uses.items())
        more |= {os.path.dirname(path) for path, one in told[MOST_FILES:] if one.is_read}  # noqa: PTH120
        files = tuple(use for path, one in told[:MOST_FILES] for use in _uses(path, one))
        return Used(files, _gathered(more)) if more else Used(files)

    def ignore_thread(self, thread: int) -> None:
        """What a thread of ours opens is not the user's."""
        self._deaf.add(thread)

    def _hear(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        heard = self._heard
        if heard is None or threading.get_ident() in self._deaf:
            return
        path: Any = args[0] if args else kwargs.get("file")
        mode = args[1] if len(args) > 1 else kwargs.get("mode", "r")
        kind = type(path)
        if kind is bytes:
            path = os.fsdecode(path)
        elif kind.__module__ in PATHLIB:
            path = str(path)
        elif kind is not str:
            return  # a descriptor, or a class of the user's: its `__fspath__` may do anything
        if path and type(mode) is str:
            whole = path if path.startswith("/") else os.path.abspath(path)  # noqa: PTH100
            is_written = any(letter in mode for letter in "wax+")
            one = heard.get(whole)
            if one is None:
                if len(heard) >= MOST_HEARD:
                    if not is_written and self._is_users(whole):
                        self._more.add(os.path.dirname(whole))  # noqa: PTH120
                    return
                one = heard[whole] = _Heard()
            if is_written:
                if "a" in mode and not one.is_read and not one.is_written:
                    before = _stat(whole)
                    one.is_added_to = before is not None and before.st_size > 0
                one.is_written = True
            elif one.is_added_to:
                one.is_read, one.is_added_to = True, False
            elif not one.is_read and not one.is_written:
                one.is_read, one.stamp = True, _stamp(_stat(whole))

    def _is_users(self, path: str) -> bool:
        if path.startswith(self._not_data) or path.startswith(self._ours) or "__pycache__" in path:
            return False
        ending = os.path.splitext(path)[1].lower()  # noqa: PTH122
        if path.startswith(self._installed):
            inner = os.path.splitext(path[: -len(ending)])[1].lower() if ending == ".zip" else ending  # noqa: PTH122
            return inner in DATA and inner not in (".txt", ".json", ".toml", ".ini", ".yaml", ".yml", ".pth")
        if ending == ".py":  # run or executed: what was imported, the system of imports opens in its own way
            return path.startswith(self._root) or not path.startswith(self._made)
        return ending not in _OF_PROGRAMS


def _kept_elsewhere() -> Iterable[tuple[Any, Any]]:
    for module, name in _KEPT_ELSEWHERE:
        yield sys.modules.get(module), name
    openers = getattr(sys.modules.get("numpy.lib._datasource"), "_file_openers", None)
    by_ending = getattr(openers, "_file_openers", None)
    if isinstance(by_ending, dict):
        yield by_ending, None


def _files_now_ns() -> int:
    """Return the time that a file has which is written now: on Linux that of a clock which ticks, and lags behind."""
    try:
        return time.clock_gettime_ns(_CLOCK_REALTIME_COARSE) if sys.platform == "linux" else time.time_ns()
    except OSError:  # a sandbox that has no such clock
        return time.time_ns()


def _stat(path: str) -> os.stat_result | None:
    try:
        seen = os.stat(path)  # noqa: PTH116 - asked with each `open`
    except (OSError, ValueError):
        return None
    return seen if stat.S_ISREG(seen.st_mode) else None


def _stamp(seen: os.stat_result | None) -> Stamp | None:
    return (seen.st_size, seen.st_mtime_ns, seen.st_ino) if seen is not None else None


def _uses(path: str, heard: _Heard) -> Iterable[FileUse]:
    seen = _stat(path)
    if seen is None:  # never there, or removed within the cell: what it wrote there is nobody's any more
        return
    if heard.is_read:
        is_another = not heard.is_written and heard.stamp is not None and heard.stamp != _stamp(seen)
        yield FileUse(path, "read", seen.st_size, None, CHANGED_MEANWHILE if is_another else None)
    if heard.is_added_to:
        yield FileUse(path, "read", seen.st_size, None, ADDED_TO)
    if heard.is_written:
        yield FileUse(path, "written", seen.st_size)


def _gathered(folders: set[str]) -> tuple[str, ...]:
    """Return folders, or where they are many those above them, none within another."""
    while len(folders) > MOST_FOLDERS:
        deepest = max(folder.count(os.sep) for folder in folders)
        folders = {os.path.dirname(each) if each.count(os.sep) == deepest else each for each in folders}  # noqa: PTH120
    above = {each: f"{each.rstrip(os.sep)}{os.sep}" for each in folders}
    inner = {each for each in folders if any(each.startswith(above[other]) for other in folders - {each})}
    return tuple(sorted(folders - inner))
