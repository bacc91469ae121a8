"""How Python's own types are read, through the type's own C functions: a subclass cannot get in between."""

import array
import collections
import datetime
import decimal
import functools
import gc
import hashlib
import io
import itertools
import mmap
import random
import re
import threading
import types
import weakref
import zlib
from collections.abc import Callable
from typing import Any

from cellmill.capture.state.look import Look, Reader, is_plain

_held_by_class: Callable[[type], Any] = type.__dict__["__dict__"].__get__
_bases_of: Callable[[type], tuple[type, ...]] = type.__dict__["__bases__"].__get__
_FROM_CLASS = frozenset({"__dict__", "__weakref__", "__doc__", "__abstractmethods__", "_abc_impl", "__annotations__"})


def _list(value: Any, look: Look) -> object:
    count = list.__len__(value)
    return look.items([*list.__iter__(value)]) if look.has_time_for(count) else count


def _tuple(value: Any, look: Look) -> object:
    count = tuple.__len__(value)
    return look.items([*tuple.__iter__(value)]) if look.has_time_for(count) else count


def _dict(value: Any, look: Look) -> object:
    if value is look.namespace:
        look.unkept = True
        return None
    count = dict.__len__(value)
    if not look.has_time_for(2 * count):
        return hash((count, count))
    return hash((look.items([*dict.keys(value)]), look.items([*dict.values(value)])))


def _ordered(value: Any, look: Look) -> object:
    if not look.has_time_for(4 * dict.__len__(value)):
        return hash((dict.__len__(value), dict.__len__(value)))
    keys = [*dict.keys(value)]
    if all(map(_hashes_plainly, keys)):  # their order is kept apart, and found by their hash
        keys = [*collections.OrderedDict.keys(value)]
        return hash((look.items(keys), look.items([dict.__getitem__(value, key) for key in keys])))
    look.opaque = True
    return _dict(value, look)


def _hashes_plainly(key: object) -> bool:
    """Whether looking up a key runs no user code: plain values, and objects that are equal to themselves alone."""
    if is_plain(key):
        return True
    for ancestor in type.__dict__["__mro__"].__get__(type(key)):
        held = _held_by_class(ancestor)
        if "__hash__" in held or "__eq__" in held:
            return ancestor is object
    return False


def _defaultdict(value: Any, look: Look) -> object:
    factory = collections.defaultdict.__dict__["default_factory"].__get__(value)
    return hash((look.items([factory]), _dict(value, look)))


def _set(value: Any, look: Look) -> object:
    count = set.__len__(value)
    return look.items([*set.__iter__(value)]) if look.has_time_for(count) else count


def _frozenset(value: Any, look: Look) -> object:
    count = frozenset.__len__(value)
    return look.items([*frozenset.__iter__(value)]) if look.has_time_for(count) else count


def _deque(value: Any, look: Look) -> object:
    size = collections.deque.__dict__["maxlen"].__get__(value)
    count = collections.deque.__len__(value)
    if not look.has_time_for(count):
        return hash((size, count))
    return hash((size, look.items([*collections.deque.__iter__(value)])))


def _bytearray(value: Any, look: Look) -> object:
    """Copied first: while its bytes are lent out, a thread of the user's could not resize it."""
    size = bytearray.__len__(value)
    look.content(lambda: zlib.crc32(bytearray.__getitem__(value, slice(None))), size / 1e9)
    return size


def _array(value: Any, look: Look) -> object:
    size = array.array.__len__(value)
    look.content(lambda: zlib.crc32(array.array.tobytes(value)), size * 8 / 1e9)
    return hash((array.array.__dict__["typecode"].__get__(value), size))


def _map(value: mmap.mmap, look: Look) -> object:
    return "closed" if value.closed else look.memory(memoryview(value))


def _memoryview(value: memoryview, look: Look) -> object:
    look.children.append(value.obj)
    return hash((value.format, value.shape, value.strides, id(value.obj)))


def _bytes_io(value: io.BytesIO, look: Look) -> object:
    if value.closed:
        return "closed"
    look.content(lambda: zlib.crc32(value.getvalue()), io.BytesIO.__sizeof__(value) / 1e9)
    return value.tell()


def _string_io(value: io.StringIO, look: Look) -> object:
    if value.closed:
        return "closed"
    look.content(lambda: hash(value.getvalue()), io.StringIO.__sizeof__(value) / 5e8)
    return value.tell()


def _file(value: Any, look: Look) -> object:
    """Files: what they will give next depends on the disk too, so they are never surely unchanged."""
    look.opaque = True
    if value.closed:
        return "closed"
    buffer = value.buffer if type(value) is io.TextIOWrapper else value
    try:
        return buffer.tell()  # of the bytes below: a text file's own would flush it
    except (OSError, ValueError):
        return None


def _function(value: types.FunctionType, look: Look) -> object:
    if value.__globals__ is look.namespace:
        look.links = frozenset(_globals_in(value.__code__))
    parts: list[object] = [value.__defaults__, value.__kwdefaults__, value.__dict__, *(value.__closure__ or ())]
    return hash((id(value.__code__), look.items([part for part in parts if part])))


def _globals_in(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if type(constant) is types.CodeType:
            names |= _globals_in(constant)
    return names


def _cell(value: types.CellType, look: Look) -> object:
    try:
        return look.items([value.cell_contents])
    except ValueError:
        return "empty"


def _method(value: types.MethodType, look: Look) -> object:
    return look.items([value.__self__, value.__func__])


def _builtin_method(value: Any, look: Look) -> object:
    """A builtin function leads nowhere, a bound method of a builtin type to its object."""
    owner = value.__self__
    if owner is None or type(owner) is types.ModuleType:
        look.unkept = True
        return None
    return look.items([owner, value.__name__])


def _partial(value: Any, look: Look) -> object:
    return look.items([value.func, value.args, value.keywords])


def _wrapping(value: Any, look: Look) -> object:
    return look.items([value.__func__])


def _property(value: property, look: Look) -> object:
    return look.items([value.fget, value.fset, value.fdel])


def _weakref(value: Any, look: Look) -> object:
    return look.items([weakref.ref.__call__(value)])


def _mapping_proxy(value: Any, look: Look) -> object:
    return look.items(gc.get_referents(value))


def _module(value: types.ModuleType, look: Look) -> object:
    look.unkept = True  # a module of the user's own would lead to all that it imports
    return None


def read_class(value: type, look: Look) -> object:
    """A class of the user's own leads to its methods and attributes; a library's is taken as it is."""
    held = _held_by_class(value)
    if held.get("__module__") != "__main__":
        look.unkept = True
        return None
    look.private = True
    parts = [(name, part) for name, part in tuple(held.items()) if name not in _FROM_CLASS]
    return look.items([*_bases_of(value), *(name for name, _ in parts), *(part for _, part in parts)])


_RANDOM_STATE: Callable[[random.Random], tuple[int, ...]] = random.Random.__base__.__dict__["getstate"]


def _random(value: Any, look: Look) -> object:
    attributes = random.Random.__dict__["__dict__"].__get__(value)
    return hash((_RANDOM_STATE(value), look.items([attributes.get("gauss_next")])))


def _as_text(value: Any, look: Look) -> object:
    return look.items([repr(value)])


def _range(value: range, look: Look) -> object:
    return look.items([value.start, value.stop, value.step])


def _slice(value: slice, look: Look) -> object:
    return look.items([value.start, value.stop, value.step])


def _position(value: Any, look: Look) -> object:
    """Iterators over builtin containers: how far they are, and over what."""
    return hash((type(value).__length_hint__(value), look.items(gc.get_referents(value))))


def _cached(value: Any, look: Look) -> object:
    """A function with `lru_cache`: what it keeps grows by what it was called with."""
    info = type(value).cache_info(value)
    return hash((info.misses, info.currsize, look.items([value.__wrapped__])))


def _unsteady(value: Any, look: Look) -> object:
    """Generators, files, other iterators: what shows of them may change, what does not may too."""
    look.opaque = True
    return look.items(gc.get_referents(value))


def _generator(value: Any, look: Look) -> object:
    look.opaque = value.gi_frame is not None
    at = value.gi_frame.f_lasti if look.opaque else None
    return hash((at, look.items(gc.get_referents(value))))


def _hash_object(value: Any, look: Look) -> object:
    return value.copy().digest()


def _pattern(value: Any, look: Look) -> object:
    return look.items([value.pattern, value.flags])


def _plain_inert(value: object, look: Look) -> object:
    look.unkept = True
    return None


def _int(value: Any, look: Look) -> object:
    return look.items([int.__add__(value, 0)])


def _float(value: Any, look: Look) -> object:
    return look.items([float.__add__(value, 0.0)])


def _str(value: Any, look: Look) -> object:
    return look.items([str.__str__(value)])


def _bytes(value: Any, look: Look) -> object:
    return look.items([bytes.__getitem__(value, slice(None))])


def _exception(value: Any, look: Look) -> object:
    inner = BaseException.__dict__
    return look.items([inner["args"].__get__(value), inner["__cause__"].__get__(value)])


def _registry(*pairs: tuple[type, Reader]) -> dict[int, Reader]:
    return {id(kind): reader for kind, reader in pairs}


BASES = _registry(
    (list, _list),
    (tuple, _tuple),
    (dict, _dict),
    (collections.OrderedDict, _ordered),
    (collections.defaultdict, _defaultdict),
    (set, _set),
    (frozenset, _frozenset),
    (collections.deque, _deque),
    (bytearray, _bytearray),
    (array.array, _array),
    (int, _int),
    (float, _float),
    (str, _str),
    (bytes, _bytes),
    (BaseException, _exception),
    (random.Random, _random),
    (weakref.ref, _weakref),
    (threading.local, _plain_inert),
)
"""Also for their subclasses, whose attributes are read besides."""

_BUILT: tuple[Any, ...] = ([], (), {}, {}.values(), {}.items(), set(), range(1))

EXACT = BASES | _registry(
    (types.FunctionType, _function),
    (types.CellType, _cell),
    (types.MethodType, _method),
    (types.BuiltinMethodType, _builtin_method),
    (types.MethodWrapperType, _builtin_method),
    (types.ModuleType, _module),
    (types.MappingProxyType, _mapping_proxy),
    (types.GeneratorType, _generator),
    (functools.partial, _partial),
    (functools._lru_cache_wrapper, _cached),
    (staticmethod, _wrapping),
    (classmethod, _wrapping),
    (property, _property),
    (type, read_class),
    (range, _range),
    (slice, _slice),
    (memoryview, _memoryview),
    (mmap.mmap, _map),
    (io.BytesIO, _bytes_io),
    (io.StringIO, _string_io),
    (io.TextIOWrapper, _file),
    (io.BufferedReader, _file),
    (io.BufferedWriter, _file),
    (io.BufferedRandom, _file),
    (io.FileIO, _file),
    (datetime.datetime, _as_text),
    (datetime.date, _as_text),
    (datetime.time, _as_text),
    (datetime.timedelta, _as_text),
    (datetime.timezone, _as_text),
    (decimal.Decimal, _as_text),
    (re.Pattern, _pattern),
    (type(hashlib.sha256()), _hash_object),
    (type(hashlib.blake2b()), _hash_object),
    (type(hashlib.blake2s()), _hash_object),
    (type(zlib.compressobj()), _unsteady),
    (type(zlib.decompressobj()), _unsteady),
    (type(threading.Lock()), _plain_inert),
    (type(threading.RLock()), _plain_inert),
    (object, _plain_inert),
    (itertools.count, _unsteady),
    (type(reversed([])), _position),
    *((type(iter(built)), _position) for built in _BUILT),
)
