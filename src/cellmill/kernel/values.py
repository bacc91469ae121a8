"""What the names of a notebook hold at its end, as digests: asked of two kernels, they tell where results differ.

A digest is made of what an object holds, not of its address: numbers, texts, arrays and frames by content, anything
else by what pickle would write of it. Code is left out, and so is what cannot be read: connections, generators.

Of what a step hands over to the next one more counts (`of_code`): whatever that step could tell apart, code included.
"""

import copyreg
import hashlib
import json
import math
import re
import sys
import time
import weakref
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cached_property
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any

MOST_PARTS = 400_000
LONGEST_S = 60.0
_LONG = 50
_SCALARS = frozenset([str, int, float, bool, complex, type(None)])
_MADE_AT_RUNTIME = 1 << 9  # Py_TPFLAGS_HEAPTYPE: by a `class` statement, for one
# What is made of the rest of a class: by Python, and by pydantic with addresses in it.
_MADE_OF_THE_REST = frozenset(
    ["__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__", "__slotnames__", "_abc_impl"]
    + [f"__pydantic_{part}__" for part in ("core_schema", "serializer", "validator")]
)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+|:\d+(?=')")


class Unreadable(Exception):
    """It holds something of which only its address is known, or too much."""


def digests(shell: Any) -> str:
    """Return name -> [digest, how it reads] as JSON for the user's names; the digest is null where there is none."""
    hidden = set(shell.user_ns_hidden)
    ends_s = time.monotonic() + LONGEST_S
    found: dict[str, list[str | None]] = {}
    for name, value in sorted(shell.user_ns.items()):
        if name.startswith("_") or name in hidden or name in ("In", "Out", "exit", "quit", "get_ipython"):
            continue
        if isinstance(value, (ModuleType, FunctionType, BuiltinFunctionType, MethodType, type)):
            continue
        try:
            digest = _Digest(ends_s).of(value)
        except BaseException:  # noqa: BLE001 - an object of the user's may raise anything
            found[name] = [None, type(value).__name__]
        else:
            found[name] = [digest, _read(value)]
    return json.dumps(found)


def digest_of(value: Any) -> str | None:
    """Return a digest of what a value holds, of functions and classes their code; None where it cannot be told."""
    try:
        return _Digest(time.monotonic() + LONGEST_S, of_code=True).of(value)
    except Exception:  # noqa: BLE001 - an object of the user's may raise anything
        return None


def digest_of_names(names: Mapping[str, Any], shared: Collection[int] = ()) -> str | None:
    """Return one digest of what names hold: whether two hold the same object, or look at one memory, counts as well.

    `shared` are the addresses of memories that several arrays look at. None where it cannot be told.
    """
    try:
        digest = _Digest(time.monotonic() + LONGEST_S, of_code=True, shared=shared, most_parts=MOST_PARTS * len(names))
        return digest.of(dict(sorted(names.items())))
    except Exception:  # noqa: BLE001 - an object of the user's may raise anything
        return None


def base_of(array: Any) -> Any:
    """Return the array of numpy's that owns the memory, as far as arrays go."""
    while type(array.base).__name__ == "ndarray" and type(array.base).__module__ == "numpy":
        array = array.base
    return array


def reads_as(value: Any) -> str:
    """Return how a value reads in a sentence."""
    return _read(value)


def global_generators() -> dict[str, Any]:
    """Return the random generators that everybody in this process shares, of libraries that are there."""
    found = {"random": getattr(sys.modules.get("random"), "_inst", None)}
    numpy = getattr(getattr(sys.modules.get("numpy.random"), "mtrand", None), "_rand", None)
    found["numpy.random"] = numpy
    found["numpy.random.bits"] = getattr(numpy, "_bit_generator", None)
    found["torch"] = getattr(sys.modules.get("torch"), "default_generator", None)
    return {name: generator for name, generator in found.items() if generator is not None}


class _Digest:
    """Of one object. What was met before is named by its place, so that shared parts and circles come out alike."""

    def __init__(
        self, ends_s: float, *, of_code: bool = False, shared: Collection[int] = (), most_parts: int = MOST_PARTS
    ) -> None:
        """`of_code` tells apart whatever another step could: code that crosses, and how values are kept."""
        self._of_code = of_code
        self._met: dict[int, int] = {}
        self._memories: dict[int, int] = {}  # of arrays and tensors, by their addresses, in the order they were met
        self._kept: list[Any] = []  # what is looked at must not go away, or its id would be another's
        self._ends_s = ends_s
        self._shared = shared
        self._most_parts = most_parts
        self._hash = hashlib.blake2b(digest_size=16)
        self._global = {id(generator): name for name, generator in global_generators().items()}

    def of(self, value: Any) -> str:
        self._add(value, 0)
        return self._hash.hexdigest()

    def _say(self, text: str) -> None:
        self._hash.update(text.encode("utf-8", "surrogatepass") + b"\0")

    def _add(self, value: Any, depth: int) -> None:
        kind = type(value)
        if value is None or kind in (bool, int, str, complex):
            self._say(f"{kind.__name__}:{value!r}")
            return
        if kind is float:
            self._say("float:nan" if math.isnan(value) else f"float:{value!r}")
            return
        if kind is bytes:
            self._say(f"bytes:{len(value)}")
            self._hash.update(value)
            return
        if self._of_code and self._is_told_as_code(value, depth):
            return
        if isinstance(value, (ModuleType, BuiltinFunctionType, type)):
            self._say(f"name:{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', repr(value))}")
            return
        if isinstance(value, (FunctionType, MethodType)):
            self._say(f"function:{value.__qualname__}")  # its code may read a parameter now
            return
        if (name := self._global.get(id(value))) is not None:
            self._say(f"generator:{name}")  # of which each process has one, seeded by chance
            return
        place = self._met.get(id(value))
        if place is not None and not kind.__module__.startswith("numpy.dtypes"):  # of these there may be one or many
            self._say(f"met:{place}")
            return
        if len(self._kept) > self._most_parts or depth > 200 or time.monotonic() > self._ends_s:
            raise Unreadable
        self._keep(value)
        self._parts(value, kind, depth + 1)

    def _keep(self, value: Any) -> None:
        self._met[id(value)] = len(self._kept)
        self._kept.append(value)

    def _is_told_as_code(self, value: Any, depth: int) -> bool:
        """Tell what a function, method or class does; False where its name tells, or it is none."""
        if isinstance(value, MethodType):
            self._say("method")
            self._add(value.__func__, depth + 1)
            self._add(value.__self__, depth + 1)
            return True
        if isinstance(value, BuiltinFunctionType):
            owner = value.__self__
            if owner is None or isinstance(owner, ModuleType):
                return False
            self._say(f"method:{value.__qualname__}")
            self._add(owner, depth + 1)
            return True
        cached = type(value).__module__ == "functools" and type(value).__name__ == "_lru_cache_wrapper"
        if (not cached and not isinstance(value, (FunctionType, type))) or not _crosses_by_value(value):
            return False
        if (place := self._met.get(id(value))) is not None:
            self._say(f"met:{place}")
            return True
        if len(self._kept) > self._most_parts or depth > 200 or time.monotonic() > self._ends_s:
            raise Unreadable
        self._keep(value)
        if cached:
            self._say("cached")
            self._add([value.__wrapped__, value.cache_parameters()], depth + 1)
        elif isinstance(value, type):
            self._class(value, depth + 1)
        else:
            self._function(value, depth + 1)
        return True

    def _function(self, value: FunctionType, depth: int) -> None:
        self._say(f"function:{value.__qualname__}")
        self._code(value.__code__, depth)
        self._add([value.__defaults__, value.__kwdefaults__, vars(value)], depth)
        for cell in value.__closure__ or ():
            with suppress(ValueError):  # it is empty
                self._add(cell.cell_contents, depth)

    def _code(self, code: CodeType, depth: int) -> None:
        self._say(f"{code.co_names}{code.co_varnames}{code.co_freevars}")
        self._hash.update(code.co_code)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, depth)
            else:
                self._add(constant, depth)

    def _class(self, value: type, depth: int) -> None:
        self._say(f"class:{value.__qualname__}")
        self._add([type(value), *value.__bases__], depth)
        for name, held in sorted(vars(value).items()):
            if name in _MADE_OF_THE_REST:
                continue
            self._say(f"{name}:{type(held).__name__}")
            if name == "__pydantic_decorators__":  # the methods stand in the class as well
                self._say(_ADDRESS.sub("", repr(held)))
                continue
            if isinstance(held, (staticmethod, classmethod)):
                held = held.__func__
            elif isinstance(held, property):
                held = [held.fget, held.fset, held.fdel]
            elif isinstance(held, cached_property):
                held = held.func
            elif isinstance(held, MappingProxyType):
                held = dict(held)
            if not isinstance(held, (MemberDescriptorType, GetSetDescriptorType)):  # of which the names tell
                self._add(held, depth)

    def _parts(self, value: Any, kind: type, depth: int) -> None:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if kind in (list, tuple):
            self._say(f"{kind.__name__}:{len(value)}")
            if len(value) > _LONG and set(map(type, value)) <= _SCALARS:
                self._say(repr(value))  # as telling, and ten times as fast
                return
            for element in value:
                self._add(element, depth)
        elif kind is MappingProxyType and self._of_code:
            self._add(dict(value), depth)
        elif kind is weakref.ref and self._of_code:
            self._say("reference")
            self._add(value(), depth)
        elif kind is dict or name == "sklearn.utils._bunch.Bunch":  # whose attributes no pickle keeps
            self._say(f"dict:{len(value)}")
            for key, element in value.items():
                self._add(key, depth)
                self._add(element, depth)
        elif kind in (set, frozenset):
            # In whatever order they stand; of each a digest of its own.
            own = (_Digest(self._ends_s, of_code=self._of_code).of(element) for element in value)
            self._say(f"set:{sorted(own)}")
        elif name.startswith("numpy.dtypes."):
            self._say(f"dtype:{value.str}:{value.descr if value.names else ''}")
        elif name == "numpy.ndarray":
            self._say(f"array:{value.dtype.str}:{value.shape}")
            if self._of_code:
                self._say(f"{value.dtype!r}:{value.flags.fnc}:{value.flags.writeable}")
                begins = _address(base_of(value))
                if begins in self._shared:
                    self._memory(begins, _address(value) - begins, value.strides)
            if value.dtype.names:  # between its fields there may be bytes that nobody has set
                for field in value.dtype.names:
                    self._add(value[field].copy(), depth)
            elif value.dtype.hasobject:
                self._add(value.ravel().tolist(), depth)
            else:
                self._hash.update(value.tobytes())
        elif name.startswith("pandas.") and kind.__name__ in ("DataFrame", "Series"):
            self._frame(value, depth)
        elif name.startswith("polars.") and kind.__name__ in ("DataFrame", "Series"):
            frame = value.to_frame() if kind.__name__ == "Series" else value
            self._say(f"{name}:{frame.schema}:{frame.hash_rows(seed=0).to_list()}")
        elif name in ("torch.Tensor", "torch.nn.parameter.Parameter"):
            plain = value.detach().cpu().contiguous()
            self._say(f"tensor:{plain.dtype}:{tuple(plain.shape)}")
            self._hash.update(plain.reshape(-1).view(__import__("torch").uint8).numpy().tobytes())
            if self._of_code:
                self._tensor(value, name, depth)
        else:
            self._other(value, name, depth)

    def _tensor(self, value: Any, name: str, depth: int) -> None:
        self._say(f"{name}:{value.device}:{value.requires_grad}")
        self._add(value.grad if value.is_leaf else None, depth)
        if value.device.type == "cpu" and str(value.layout) == "torch.strided" and value.numel():
            storage = value.untyped_storage()  # it crosses whole, and may be another's too
            self._memory(storage.data_ptr(), value.storage_offset(), value.stride())

    def _memory(self, begins: int, offset: int, strides: tuple[int, ...]) -> None:
        place = self._memories.setdefault(begins, len(self._memories))
        self._say(f"memory:{place}:{offset}:{strides}")

    def _frame(self, value: Any, depth: int) -> None:
        self._say(f"{type(value).__name__}:{value.shape}")
        if self._of_code:
            self._say(f"{value.flags.allows_duplicate_labels}:{getattr(value.index, 'freq', None)}")
            self._add(dict(value.attrs), depth)
            if value.ndim == 2:
                self._say(f"{type(value.columns).__name__}:{getattr(value.columns, 'freq', None)}")
                self._column(value.columns, depth)
        if _is_range(value.index):
            self._say(repr(value.index))
        else:
            self._column(value.index, depth)
        for column in [value.iloc[:, i] for i in range(value.shape[1])] if value.ndim == 2 else [value]:
            self._column(column, depth)

    def _column(self, column: Any, depth: int) -> None:
        """A column, or an index: its numbers where it is made of numbers, whatever they stand for."""
        self._add(list(getattr(column, "names", None) or [column.name]), depth)
        self._say(repr(column.dtype) if self._of_code else str(column.dtype))
        if type(column).__name__ == "MultiIndex":
            for level in range(column.nlevels):
                self._column(column.get_level_values(level), depth)
            return
        held = column.array
        if hasattr(held, "categories") and hasattr(held, "codes"):
            self._say(f"{held.ordered}")
            known = held.categories.tolist()
            self._add(known if held.ordered or self._of_code else sorted(known, key=repr), depth)
            self._add(held.astype(object).tolist(), depth)
        elif hasattr(held, "asi8"):
            self._add(held.asi8, depth)
        else:
            plain = column.to_numpy()
            self._add(plain.tolist() if plain.dtype.hasobject else plain, depth)

    def _other(self, value: Any, name: str, depth: int) -> None:
        reduce = copyreg.dispatch_table.get(type(value))
        reduced = value.__reduce_ex__(4) if reduce is None else reduce(value)
        self._say(f"object:{name}")
        if isinstance(reduced, str):
            self._say(reduced)
            return
        function, given, *rest = reduced
        self._add(function, depth)
        # An address in place of content would differ each time.
        self._add(given, depth)
        state, items, pairs = [*rest, None, None, None][:3]
        self._add(state, depth)
        for more in (items, pairs):
            if more is not None:
                self._add(list(more), depth)


def _crosses_by_value(value: Any) -> bool:
    """Whether a function or class is written whole: where it goes it cannot be found by its name."""
    if isinstance(value, type) and not value.__flags__ & _MADE_AT_RUNTIME:
        return False
    home: Any = getattr(value, "__module__", None)
    if home == "__main__":
        return True
    found: Any = sys.modules.get(home)
    for part in str(getattr(value, "__qualname__", "")).split("."):
        found = getattr(found, part, None)
    return found is not value


def _address(array: Any) -> int:
    begins: int = array.__array_interface__["data"][0]
    return begins


def _is_range(index: Any) -> bool:
    return type(index).__name__ == "RangeIndex"


def _read(value: Any) -> str:
    """How a value reads in a sentence."""
    if isinstance(value, (bool, int, float, str, type(None))):
        return repr(value)[:80]
    kind = type(value).__name__
    try:
        if isinstance(shape := getattr(value, "shape", None), tuple):
            return f"{kind} of shape {shape}"
        return f"{kind} of {len(value)}"
    except Exception:  # noqa: BLE001 - a dictionary whose keys are attributes raises KeyError
        return kind
