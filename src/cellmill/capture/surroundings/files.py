"""Which files a cell reads and writes: heard from `open`, which Python code opens files with.

Not from audit events: a hook is called for each `id()` of the process too, and `copy.deepcopy` asks for one
with every object (measured: ten times the cost of `id`). What a library opens in C, as pyarrow and polars
do, goes through no `open` in any case. For these the strings of the cell, and the variables that it reads,
are looked through for names of files.
"""

import functools
import os
import re
import threading
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from cellmill.capture.frames import pass_unseen
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.capture.surroundings.modules import installed_folders
from cellmill.core.events import FileUse

MOST_FILES = 500
MOST_HEARD = 20_000
# Endings of files that hold data, or are written by cells as results.
DATA = """
.csv .tsv .txt .json .jsonl .ndjson .parquet .feather .arrow .orc .avro .npy .npz .pkl .pickle .joblib .h5 .hdf5
.nc .xlsx .xls .ods .xml .dta .sav .sas7bdat .arff .mat .db .sqlite .sqlite3 .duckdb .gz .bz2 .xz .zst .zip
.png .jpg .jpeg .tif .tiff .wav .pt .pth .safetensors .onnx .ubj .cbm .keras .toml .yaml .yml .ini
""".split()  # noqa: SIM905 - a list of sixty quoted words reads worse
_SUFFIXES = tuple(DATA)
_QUOTED = re.compile(r"""["']([^"'\n]{3,400})["']""")
_ELSEWHERE = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/share/", "/usr/lib/")
_OF_PROGRAMS = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".pth", ".ttf", ".afm", ".mplstyle")
_PATHLIB = ("pathlib", "pathlib._local")


class FileWatch:
    """Hears what is opened while a cell runs."""

    def __init__(self, ours: Iterable[str]) -> None:
        """`ours` are the folders of Cellmill and of the store: nothing there is the user's."""
        home = os.path.expanduser("~")  # noqa: PTH111
        private = [os.path.join(home, name) for name in (".ipython", ".jupyter", ".cache/matplotlib", ".config")]  # noqa: PTH118
        self._ours = tuple(ours)
        self._not_data = (*_ELSEWHERE, *(f"{folder}{os.sep}" for folder in private))
        self._installed = installed_folders()
        self._replacing: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._heard: list[tuple[str, bool]] | None = None
        self._deaf: set[int] = set()
        self._undo: list[tuple[Any, str, Any]] = []

    def install(self, places: Iterable[tuple[Any, str]]) -> None:
        """Listen to `open` in these places: each a module, and the name under which it holds the function."""
        for module, name in places:
            original = getattr(module, name, None)
            if original is not None and not isinstance(original, FunctionType):
                self._undo.append((module, name, original))
                setattr(module, name, self._listening(original))

    def remove(self) -> None:
        """Put every `open` back."""
        while self._undo:
            setattr(*self._undo.pop())

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
        self._heard = self._heard or []

    def stop(self, *, source: str = "", values: Iterable[object] = (), began_ns: int = 0) -> tuple[FileUse, ...]:
        """The cell has ended. Returns its files, without their digests.

        `values` are those of the variables that the cell read; `began_ns` is when it began.
        """
        heard, self._heard = self._heard, None
        uses: dict[str, set[str]] = {}
        for path, is_written in heard or ():
            if self._is_users(path):
                modes = uses.setdefault(path, set())
                if is_written or "written" not in modes:  # it reads what it has written itself
                    modes.add("written" if is_written else "read")
        for path in _named_in(source, values):
            if path not in uses and self._is_users(path) and (seen := _stat(path)) is not None:
                uses[path] = {"written" if seen.st_mtime_ns >= began_ns else "read"}
        found = [_use(path, mode) for path, modes in list(uses.items())[:MOST_FILES] for mode in sorted(modes)]
        return tuple(use for use in found if use is not None)

    def ignore_thread(self, thread: int) -> None:
        """What a thread of ours opens is not the user's."""
        self._deaf.add(thread)

    def _hear(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        heard = self._heard
        if heard is None or len(heard) >= MOST_HEARD or threading.get_ident() in self._deaf:
            return
        path: Any = args[0] if args else kwargs.get("file")
        mode = args[1] if len(args) > 1 else kwargs.get("mode", "r")
        kind = type(path)
        if kind is bytes:
            path = os.fsdecode(path)
        elif kind.__module__ in _PATHLIB:
            path = str(path)
        elif kind is not str:
            return  # a descriptor, or a class of the user's: its `__fspath__` may do anything
        if path and type(mode) is str:
            whole = path if path.startswith("/") else os.path.abspath(path)  # noqa: PTH100
            heard.append((whole, any(letter in mode for letter in "wax+")))

    def _is_users(self, path: str) -> bool:
        if path.startswith(self._not_data) or path.startswith(self._ours) or "__pycache__" in path:
            return False
        ending = os.path.splitext(path)[1].lower()  # noqa: PTH122
        if path.startswith(self._installed):
            inner = os.path.splitext(path[: -len(ending)])[1].lower() if ending == ".zip" else ending  # noqa: PTH122
            return inner in DATA and inner not in (".txt", ".json", ".toml", ".ini", ".yaml", ".yml", ".pth")
        return ending not in _OF_PROGRAMS


def _named_in(source: str, values: Iterable[object]) -> list[str]:
    """Return the absolute paths of files that a source, or the value of a variable, names."""
    texts = [value for value in values if type(value) is str and len(value) < 400]
    quoted = _QUOTED.findall(source) if "'" in source or '"' in source else []
    named = [text for text in (*quoted, *texts) if text.lower().endswith(_SUFFIXES) and "://" not in text]
    named += [str(value) for value in values if type(value).__module__ in _PATHLIB]
    return [os.path.abspath(name) for name in dict.fromkeys(named)]  # noqa: PTH100


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path) if os.path.isfile(path) else None  # noqa: PTH113, PTH116
    except (OSError, ValueError):
        return None


def _use(path: str, mode: str) -> FileUse | None:
    seen = _stat(path)
    if seen is None:  # never there, or removed within the cell: what it wrote there is nobody's any more
        return None
    return FileUse(path, "written" if mode == "written" else "read", seen.st_size)
