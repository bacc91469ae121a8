"""Values that parameters are given, as JSON: to be read back as they were, or by others.

`to_json` and `from_json` keep a tuple and a set apart from a list. What JSON has not stands as an object with the two
keys `$` (what it is) and `of` (what it holds). Everything else is as `json` writes it, so what was written before there
was such a form is read as it was.
"""

import ast
import json
from collections.abc import Callable, Mapping
from typing import Any

_WHAT, _OF = "$", "of"
_READ: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda of: tuple(map(from_json, of)),
    "set": lambda of: set(map(from_json, of)),
    "frozenset": lambda of: frozenset(map(from_json, of)),
    "dict": lambda of: {from_json(key): from_json(value) for key, value in of},
    "literal": ast.literal_eval,
}


def to_json(value: Any) -> Any:
    """Return a value as lists, dicts, texts and numbers; of a kind that Python cannot write, its repr."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [to_json(each) for each in value]
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and _WHAT not in value:
            return {key: to_json(each) for key, each in value.items()}
        return {_WHAT: "dict", _OF: [[to_json(key), to_json(each)] for key, each in value.items()]}
    if isinstance(value, set | frozenset):  # in an order of its own, so that equal ones are written alike
        return {_WHAT: type(value).__name__, _OF: sorted(map(to_json, value), key=json.dumps)}
    if isinstance(value, tuple):
        return {_WHAT: "tuple", _OF: [to_json(each) for each in value]}
    return {_WHAT: "literal", _OF: repr(value)} if isinstance(value, bytes | complex) else repr(value)


def from_json(value: Any) -> Any:
    """Return what `to_json` was given. Raises ValueError for what it never writes."""
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if not isinstance(value, dict):
        return value
    if _WHAT not in value:
        return {key: from_json(each) for key, each in value.items()}
    if value[_WHAT] not in _READ or _OF not in value:
        raise ValueError(f"{value[_WHAT]!r} is no kind of value")
    return _READ[value[_WHAT]](value[_OF])


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are written alike; the order of a dict is none, and `nan` is itself."""
    return one == other or _written(one) == _written(other)


def _written(value: Any) -> str:
    return _as_text(to_json(value))


def as_plain(value: Any) -> Any:
    """Return a value as others read it, the same for equal values: tuples and sets as lists, and keys as texts.

    It goes into notebooks and records, and is not read back. What was a set is sorted.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else _as_key(key): as_plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(each) for each in value]
    if isinstance(value, set | frozenset):
        return sorted((as_plain(each) for each in value), key=_as_text)
    return repr(value)


def _as_key(key: Any) -> str:
    return _as_text(key) if key is None or isinstance(key, bool | int | float) else repr(key)


def _as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
