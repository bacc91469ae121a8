"""Which files a cell reads and writes: heard from the interpreter's own audit events.

What a library opens in C, as pyarrow and polars do, raises no such event. For these the strings of
the cell, and the variables that it reads, are looked through for names of files.
"""

import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

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
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class FileWatch:
    """Hears what is opened while a cell runs."""

    def __init__(self, ours: Iterable[str]) -> None:
        """`ours` are the folders of Cellmill and of the store: nothing there is the user's."""
        home = os.path.expanduser("~")  # noqa: PTH111
        private = [os.path.join(home, name) for name in (".ipython", ".jupyter", ".cache/matplotlib", ".config")]  # noqa: PTH118
        self._ours = tuple(ours)
        self._not_data = (*_ELSEWHERE, *(f"{folder}{os.sep}" for folder in private))
        self._installed = installed_folders()
        self._heard: list[tuple[str, bool]] | None = None
        self._deaf: set[int] = set()
        self._is_installed = False

    def install(self) -> None:
        """Listen from now on. Python has no way to take such a hook out again: `stop` makes it deaf."""
        if not self._is_installed:
            self._is_installed = True
            sys.addaudithook(self._hear)

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
                uses.setdefault(path, set()).add("written" if is_written else "read")
        for path in _named_in(source, values):
            if path not in uses and self._is_users(path) and (seen := _stat(path)) is not None:
                uses[path] = {"written" if seen.st_mtime_ns >= began_ns else "read"}
        found = [_use(path, mode) for path, modes in list(uses.items())[:MOST_FILES] for mode in sorted(modes)]
        return tuple(use for use in found if use is not None)

    def ignore_thread(self, thread: int) -> None:
        """What a thread of ours opens is not the user's."""
        self._deaf.add(thread)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        # Called for every audit event of the process, so the first line must say no to most of them.
        heard = self._heard
        if heard is None or event not in _OPENING:
            return
        try:
            path, is_written = _OPENING[event](args)
            if type(path) is bytes:
                path = os.fsdecode(path)
            if type(path) is not str or not path or len(heard) >= MOST_HEARD or threading.get_ident() in self._deaf:
                return
            heard.append((path if os.path.isabs(path) else os.path.abspath(path), is_written))  # noqa: PTH100, PTH117
        except Exception:  # noqa: BLE001, S110 - an error here would be the user's own `open` failing
            pass

    def _is_users(self, path: str) -> bool:
        if path.startswith(self._not_data) or path.startswith(self._ours) or "__pycache__" in path:
            return False
        ending = os.path.splitext(path)[1].lower()  # noqa: PTH122
        if path.startswith(self._installed):
            return ending in DATA and ending not in (".txt", ".json", ".toml", ".ini", ".zip")
        return ending not in _OF_PROGRAMS


def _opened(args: tuple[Any, ...]) -> tuple[Any, bool]:
    path, mode, flags = args
    if isinstance(mode, str):
        return path, any(letter in mode for letter in "wax+")
    return path, bool(flags & _WRITING) if isinstance(flags, int) else False


_OPENING: dict[str, Callable[[tuple[Any, ...]], tuple[Any, bool]]] = {
    "open": _opened,
    "os.rename": lambda args: (args[1], True),
    "sqlite3.connect": lambda args: (args[0], False),
}


def _named_in(source: str, values: Iterable[object]) -> list[str]:
    """Return the absolute paths of files that a source, or the value of a variable, names."""
    texts = [value for value in values if type(value) is str and len(value) < 400]
    named = [
        text for text in (*_QUOTED.findall(source), *texts) if text.lower().endswith(_SUFFIXES) and "://" not in text
    ]
    named += [str(value) for value in values if type(value).__module__ in ("pathlib", "pathlib._local")]
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
