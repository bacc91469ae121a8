"""Values in one pickle, so that what they share stays shared; in it, the namespace itself is named, never copied.

A function of the user's reads its globals where it is called from: after a border these are the next kernel's. So
the namespace crosses by name (`persistent_id`), and a value that changes later is seen by functions made before.
What would arrive as something else without a word (an open file, a temporary folder, memory shared with another
process, a filled cache) is refused.
"""

import functools
import importlib
import io
import os
import pickle
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import cloudpickle

from cellmill.core.step_errors import CannotCross
from cellmill.core.steps import frame_name
from cellmill.kernel.crossing import memory
from cellmill.kernel.values import global_generators

Keep = Callable[[Any], str | None]

# Types that pickle would write, and that would be something else on the other side.
_REFUSED = {
    "_io.TextIOWrapper": "it is an open file",
    "_io.BufferedReader": "it is an open file",
    "_io.BufferedWriter": "it is an open file",
    "_io.BufferedRandom": "it is an open file",
    "_io.FileIO": "it is an open file",
    "tempfile.TemporaryDirectory": "its folder is removed when the kernel ends",
    "tempfile._TemporaryFileWrapper": "it is an open file",
    "numpy.memmap": "it is a file mapped into memory",
    "multiprocessing.shared_memory.SharedMemory": "it is memory shared with other processes",
    "pandas.io.pytables.HDFStore": "it is an open file",
    "pandas.HDFStore": "it is an open file",
    "weakref.finalize": "it runs when the kernel ends",
}


class Bundle(cloudpickle.Pickler):
    """Writes values into a stream. Raises what pickle raises, and `CannotCross`."""

    def __init__(
        self,
        stream: io.IOBase,
        namespace: dict[str, Any],
        *,
        keep: Keep | None = None,
        shared: frozenset[int] = frozenset(),
    ) -> None:
        """`keep` may put a value elsewhere and return where; `shared` are memories that several arrays look at."""
        super().__init__(stream, protocol=5)
        self._namespace = namespace
        self._keep = keep
        self._places: dict[int, str | None] = {}
        self.seen = memory.Seen(shared)
        self.has_sets = False
        """Whether a set was written whose order another process has otherwise."""
        self.globals_ref[id(namespace)] = namespace  # cloudpickle would make a namespace of its own
        self._there = {id(value): name for name, value in _there().items()}

    def persistent_id(self, value: Any) -> tuple[str, ...] | None:
        """Name what the other side has itself."""
        kind = type(value)
        if kind is dict:
            return ("namespace",) if value is self._namespace else None
        if kind in _PLAIN:
            if kind in _SETS and len(value) > 1:
                self.has_sets |= not _NUMBERS.issuperset(map(type, value))
            return None
        if kind is bytearray:
            self.seen.buffers.add(id(value))
        if (name := self._there.get(id(value))) is not None:
            return ("there", name)
        if self._keep is not None and kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas":
            if id(value) not in self._places:
                self._places[id(value)] = self._keep(value)
            place = self._places[id(value)]
            return ("frame", place) if place is not None else None
        return None

    def is_kept_apart(self, value: Any) -> bool:
        """Return whether a value was put elsewhere: then it may be named again, and is not written."""
        return self._places.get(id(value)) is not None

    def reducer_override(self, value: Any) -> Any:
        """Refuse what would not arrive as it is, and keep arrays on the memory that they share."""
        kind = type(value)
        home = f"{kind.__module__}.{kind.__qualname__}"
        if home in _REFUSED:
            raise CannotCross("", reason=_REFUSED[home])
        if home == "functools._lru_cache_wrapper":
            return _cached(value)
        if home in memory.LOOKED_AT:
            return self.seen.reduce(value, home)
        if kind is types.CellType:
            return types.CellType, ()  # whoever closes over it fills it
        reduced = super().reducer_override(value)
        return _with_slots(value, reduced) if isinstance(value, type) and isinstance(reduced, tuple) else reduced

    def _dynamic_function_reduce(self, function: types.FunctionType) -> Any:
        """Functions over one variable stay so: cloudpickle would give each a variable of its own."""
        code, namespace, *_ = self._function_getnewargs(function)
        state, slots = cloudpickle.cloudpickle._function_getstate(function)
        cells = function.__closure__
        slots["__closure__"] = None
        given = (code, namespace, None, None, cells)
        return types.FunctionType, given, ((state, slots), [_content(cell) for cell in cells or ()]), None, None, _fill


def _with_slots(kind: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Have a class made with its slots: cloudpickle (3.1) gives it `__slots__` when it is made, which is too late."""
    make, given, *rest = reduced
    slots = vars(kind).get("__slots__")
    if make is not cloudpickle.cloudpickle._make_skeleton_class or not isinstance(slots, (str, tuple, list)):
        return reduced
    constructor, name, bases, kept, *more = given
    if NamedTuple in bases:  # which gives its classes their slots, and takes none
        return reduced
    return make, (constructor, name, bases, {**kept, "__slots__": slots}, *more), *rest


def _content(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # it is empty
        return ()


def _fill(function: types.FunctionType, state: tuple[Any, list[tuple[Any, ...]]]) -> None:
    """Give a function, made of its code alone, the rest: what it closes over may hold the function itself."""
    rest, contents = state
    for cell, content in zip(function.__closure__ or (), contents, strict=True):
        if content:
            cell.cell_contents = content[0]
    cloudpickle.cloudpickle._function_setstate(function, rest)


_PLAIN = frozenset([int, float, str, bool, type(None), list, tuple, bytes, set, frozenset, complex])
_SETS = (set, frozenset)
_NUMBERS = frozenset([int, float, bool, complex])  # their hashes are the same in every process


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _there() -> dict[str, Any]:
    """What every kernel has one of: an object that refers to it must refer to the next kernel's."""
    found = {**global_generators(), "stdout": sys.stdout, "stderr": sys.stderr, "environ": os.environ}
    shell = _shell()
    return found if shell is None else {**found, "shell": shell}


def _cached(value: Any) -> Any:
    """A cached function is made anew around its function: with nothing in its cache, there is nothing to lose."""
    module, name = sys.modules.get(value.__module__), str(getattr(value, "__qualname__", ""))
    if value.__module__ != "__main__" and module is not None and vars(module).get(name) is value:
        return name
    if value.cache_info().currsize:
        raise CannotCross("", reason=f"the cache of {name}() holds answers, which would be lost")
    given = value.cache_parameters()
    return _make_cached, (value.__wrapped__, given["maxsize"], given["typed"])


def _make_cached(function: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    return functools.lru_cache(maxsize, typed)(function)


class Unbundle(pickle.Unpickler):
    """Reads what `Bundle` wrote, into a namespace."""

    def __init__(self, stream: Any, namespace: dict[str, Any], frames: Mapping[str, Any]) -> None:
        super().__init__(stream)
        self._namespace = namespace
        self._frames = frames

    def persistent_load(self, place: tuple[str, ...]) -> Any:
        """Return what was named."""
        match place:
            case ("namespace",):
                return self._namespace
            case ("frame", name):
                return self._frames[name]
            case ("there", name):
                if name.startswith(("numpy", "torch", "random")):
                    importlib.import_module("numpy.random" if name.startswith("numpy") else name)
                return _there()[name]
            case _:
                raise pickle.UnpicklingError(f"an unknown place: {place!r}")


@dataclass
class _Measure(io.RawIOBase):
    """A stream that keeps nothing but its length."""

    size: int = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        length = memoryview(content).nbytes
        self.size += length
        return length


class Weight(NamedTuple):
    """What a value would be in a bundle."""

    size_bytes: int
    shared: frozenset[int]
    """The memories that several arrays of it look at."""
    has_sets: bool
    """Whether it holds a set whose order another process has otherwise."""


def survey(value: Any, namespace: dict[str, Any], *, apart: Mapping[int, str] | None = None) -> Weight:
    """Write a value into nothing, and return what it weighs.

    Data frames `apart`, by their identity, may get files of their own. Raises `CannotCross`, and what pickle raises.
    """
    stream = _Measure()
    sizes: list[int] = []

    def keep(frame: Any) -> str | None:
        if id(frame) not in (apart or {}):
            return None
        sizes.append(int(frame.memory_usage().sum()))
        bundle.seen.frame(frame)
        return ""

    bundle = Bundle(stream, namespace, keep=keep)
    bundle.dump(value)
    return Weight(stream.size + sum(sizes), bundle.seen.several(), bundle.has_sets)


def why_not(error: BaseException) -> str:
    """Return why a value was not pickled, in the middle of a sentence."""
    if isinstance(error, CannotCross):
        return error.reason
    text = str(error).strip() or type(error).__name__
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    for beginning in ("cannot pickle ", "Can't pickle ", "can't pickle "):
        if text.startswith(beginning):
            what = text.removeprefix(beginning).removesuffix(" object").removesuffix(" objects").strip("'\"")
            return f"it holds a {what}" if " " not in what else f"it cannot be pickled ({text[:200]})"
    return f"it cannot be pickled ({type(error).__name__}: {text[:200]})"


def name_that_cannot(values: Mapping[str, Any], namespace: dict[str, Any]) -> tuple[str, str] | None:
    """Return the first name whose value cannot be written, with the reason."""
    for name, value in values.items():
        try:
            survey(value, namespace)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return name, why_not(error)
    return None


@dataclass
class Frames:
    """Data frames, as Parquet where they come back from it as they were."""

    folder: Path
    names: Mapping[int, str]
    """The names that frames have in the notebook, by their identity: only these get a file of their own."""
    shared: frozenset[int] = frozenset()
    """Memories that arrays look at: a frame on one of them stays in the pickle beside those."""
    written: dict[str, int] = field(default_factory=dict)
    """The bytes of each file."""

    def keep(self, frame: Any) -> str | None:
        """Write a frame, and return the file's name; None when it must be pickled."""
        name = self.names.get(id(frame))
        if name is None or len(frame) == 0 or type(frame).__module__.startswith("geopandas"):
            return None
        if self.shared and memory.begins_of(frame) & self.shared:
            return None
        path = self.folder / self._file_of(name)
        try:
            frame.to_parquet(path)
            import pandas

            if memory.is_same_frame(frame, pandas.read_parquet(path)):
                self.written[path.name] = path.stat().st_size
                return path.name
        except Exception:  # noqa: BLE001, S110 - what Parquet does not take is pickled
            pass
        path.unlink(missing_ok=True)
        return None

    def _file_of(self, name: str) -> str:
        """`X` and `x` would be one file where case does not count. Before its first point a name stays as it is."""
        taken = {file.casefold() for file in self.written}
        among = (f"{name}{end}.parquet" for end in ("", *(f".{number}" for number in range(2, len(taken) + 2))))
        return next(file for file in among if file.casefold() not in taken)

    @property
    def sizes(self) -> dict[str, int]:
        """By the names of frames, the bytes of those that have a file."""
        return {frame_name(file): size for file, size in self.written.items()}

    @staticmethod
    def read(folder: Path, names: list[str]) -> dict[str, Any]:
        """Read frames back."""
        if not names:
            return {}
        import pandas

        return {name: pandas.read_parquet(folder / name) for name in names}
