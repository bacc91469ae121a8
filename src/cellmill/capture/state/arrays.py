"""How numpy's arrays and generators are read: shape and layout always, the bytes as far as the time allows."""

import sys
import zlib
from typing import Any

from cellmill.capture.state.look import Look, Memory, Reader


def _array(value: Any, look: Look) -> object:
    """A view leads to the array it looks at; an owner to its memory, where it meets whoever shares that."""
    numpy = sys.modules["numpy"]
    of = numpy.ndarray.__dict__
    dtype, shape, strides = (of[name].__get__(value) for name in ("dtype", "shape", "strides"))
    base = of["base"].__get__(value)
    key = hash((str(dtype.str), shape, strides, dtype.names, id(base)))
    if dtype.hasobject:
        if dtype.names:
            look.opaque = True
            return key
        if base is not None:
            look.children.append(base)
        size = of["size"].__get__(value)
        if not look.has_time_for(size):
            return hash((key, size))
        return hash((key, look.items(of["ravel"](of["view"](value, numpy.ndarray), "K").tolist())))
    if base is not None:
        address = of["__array_interface__"].__get__(value)["data"][0]
        look.children.append(base)
        if any(ancestor is numpy.ndarray for ancestor in type.__dict__["__mro__"].__get__(type(base))):
            return hash((key, address))
    return hash((key, _content(numpy, value, look)))


def _content(numpy: Any, value: Any, look: Look) -> object:
    of = numpy.ndarray.__dict__
    plain = of["view"](value, numpy.ndarray)
    flags = plain.flags
    if not flags.c_contiguous:
        plain = plain.T if flags.f_contiguous else None
    if plain is None:  # an owner with gaps, or a view of foreign memory
        gaps = of["view"](value, numpy.ndarray)
        look.content(lambda: zlib.crc32(gaps.tobytes()), gaps.nbytes / 1e9)
        return None
    if plain.size == 0:
        return 0
    flat = memoryview(plain.reshape(-1).view(numpy.uint8))
    look.children.append(Memory(plain.__array_interface__["data"][0], flat.nbytes, flat))
    return flat.nbytes


def _void(value: Any, look: Look) -> object:
    return look.items([bytes(memoryview(value))])


def _dtype(value: Any, look: Look) -> object:
    of = sys.modules["numpy"].dtype.__dict__
    return look.items([of["str"].__get__(value), str(of["names"].__get__(value))])


def _generator(value: Any, look: Look) -> object:
    bits = value.bit_generator
    look.children.append(bits)
    return id(bits)


def _bits(value: Any, look: Look) -> object:
    state = value.state
    return look.items([_flat(state)])


def _flat(state: Any) -> str:
    if type(state) is dict:
        return "{" + ",".join(f"{key}:{_flat(part)}" for key, part in state.items()) + "}"
    return state.tobytes().hex() if hasattr(state, "tobytes") else repr(state)


def _random_state(value: Any, look: Look) -> object:
    return look.items([_flat(value.get_state(legacy=False))])


def _scalar(value: Any, look: Look) -> object:
    return look.items([value.tobytes(), str(value.dtype)])


_SCALARS = frozenset(
    """
    float64 float32 float16 longdouble int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool bool_ complex128 complex64
    datetime64 timedelta64 str_ bytes_
    """.split()  # noqa: SIM905
)
_BITS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")

BASES: dict[str, Reader] = {"numpy.ndarray": _array, "numpy.dtype": _dtype}
EXACT: dict[str, Reader] = {
    **{f"numpy.{name}": _scalar for name in _SCALARS},
    "numpy.void": _void,
    "numpy.random._generator.Generator": _generator,
    "numpy.random.mtrand.RandomState": _random_state,
    **{f"numpy.random._{name.lower().removesuffix('dxsm')}.{name}": _bits for name in _BITS},
}
