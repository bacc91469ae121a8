"""Events as lines of a journal, and back.

A line is a JSON object whose `type` is the event's class name in snake case. Readers skip types
and fields that they do not know, so an older Cellmill reads a newer one's journal.
"""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union

from cellmill.core.events import Event


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


_TYPES: dict[str, type[Event]] = {_snake(kind.__name__): kind for kind in typing.get_args(Event)}
_NAMES: dict[type[Event], str] = {kind: name for name, kind in _TYPES.items()}


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=vars)


# Fields that are left out where they are empty: that is their default.
_MAY_BE_EMPTY: dict[type[Event], frozenset[str]] = {}


def _may_be_empty(kind: type[Event]) -> frozenset[str]:
    found = _MAY_BE_EMPTY[kind] = frozenset(
        f.name for f in fields(kind) if f.default_factory is not MISSING or (f.default is not MISSING and not f.default)
    )
    return found


def to_line(event: Event) -> bytes:
    """Return the event as one line of JSON, its newline included."""
    kind = type(event)
    skipped = _MAY_BE_EMPTY.get(kind) or _may_be_empty(kind)
    record = {"type": _NAMES[kind]}
    record.update((name, value) for name, value in vars(event).items() if name not in skipped or value)
    return _ENCODER.encode(record).encode("utf-8", "replace") + b"\n"


def from_line(line: bytes | str) -> Event | None:
    """Return the event, or None for a torn line and for a type this version does not know."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    kind = _TYPES.get(str(record.get("type"))) if isinstance(record, dict) else None
    if kind is None:
        return None
    try:
        event: Event = _build(kind, record)
    except (TypeError, ValueError, AttributeError):
        return None  # a field of another shape: written by a version too far away
    return event


_AS_THEY_ARE = (str, int, float)
_KNOWN_SHAPES: dict[type[Any], dict[str, Any]] = {}


def _build(kind: type[Any], record: Mapping[str, Any]) -> Any:
    shapes = _shapes(kind)
    known = {name: _convert(shapes[name], value) for name, value in record.items() if name in shapes}
    return kind(**known)


def _shapes(kind: type[Any]) -> dict[str, Any]:
    if kind not in _KNOWN_SHAPES:
        hints = typing.get_type_hints(kind)
        _KNOWN_SHAPES[kind] = {f.name: hints[f.name] for f in fields(kind)}
    return _KNOWN_SHAPES[kind]


def _convert(shape: Any, value: Any) -> Any:
    if typing.get_origin(shape) in (Union, types.UnionType):
        if value is None:
            return None
        shape = next(arm for arm in typing.get_args(shape) if arm is not type(None))
    if is_dataclass(shape) and isinstance(shape, type):
        return _build(shape, value)
    if typing.get_origin(shape) is Literal and value not in typing.get_args(shape):
        raise ValueError(f"{value!r} is none of {typing.get_args(shape)}")
    if typing.get_origin(shape) is tuple:
        inner = typing.get_args(shape)[0]
        return tuple(value) if inner in _AS_THEY_ARE else tuple(_convert(inner, item) for item in value)
    return value
