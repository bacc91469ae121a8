"""What a model has learned, as numbers: to set two models side by side that cannot be asked the same question.

The state that pickling would write is walked through. Texts, functions and random generators are passed over, and
what is in one of two models alone: an attribute may be filled when it is first asked for.
"""

import math
import re
from collections.abc import Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

MOST_OBJECTS = 200_000
_PASSED_OVER = (str, bytes, bytearray, type(None), type, FunctionType, BuiltinFunctionType, MethodType, ModuleType)
_GENERATORS = ("RandomState", "Generator", "BitGenerator")
# Of scikit-learn's vectorizers: the address of what they had last looked at.
_ADDRESS = re.compile(r"^_\w*_id$")
_TIMING = re.compile(r"time|seconds|duration|elapsed|date", re.IGNORECASE)


def compare(recorded: Any, replayed: Any) -> dict[str, Any] | None:
    """Return how many numbers two models share, and the largest relative difference; None where they share none.

    Differences in an array are relative to its largest number. `name` is where they are largest.
    """
    import numpy

    before, after = dict(numbers(recorded)), dict(numbers(replayed))
    shared = [path for path in before if path in after]
    count = sum(before[path].size for path in shared)
    if not count:
        return None
    worst, name = 0.0, next(path for path in shared if before[path].size)
    for path in shared:
        apart = _apart(numpy, before[path], after[path])
        if apart > worst:
            worst, name = apart, path
    return {
        "values": count,
        "relative": worst if math.isfinite(worst) else 1e308,
        "name": name,
        "recorded": _shown(before[name]),
        "replayed": _shown(after[name]),
    }


def numbers(model: Any) -> Iterator[tuple[str, Any]]:
    """Give each array of numbers in a model's state by its path, flat."""
    import numpy

    seen: set[int] = set()
    kept = []  # what is made on the way must live: else its id may come again
    waiting = [("", model)]
    while waiting and len(seen) < MOST_OBJECTS:
        path, value = waiting.pop()
        if isinstance(value, bool | int | float | numpy.number | numpy.bool_):
            is_large = isinstance(value, int) and abs(value) >= 2**62
            yield path, numpy.asarray([float(value) if is_large else value])
            continue
        if isinstance(value, _PASSED_OVER) or type(value).__name__ in _GENERATORS or id(value) in seen:
            continue
        seen.add(id(value))
        kept.append(value)
        if hasattr(value, "detach"):
            value = value.detach().cpu().numpy()
        elif hasattr(value, "to_numpy"):
            value = value.to_numpy()
        if isinstance(value, numpy.ndarray):
            if value.dtype.names:
                waiting += [(f"{path}.{field}", value[field]) for field in reversed(value.dtype.names)]
            elif value.dtype.kind in "biufc":
                yield path, value.ravel()
            elif value.dtype.kind == "O" and value.size <= MOST_OBJECTS:
                waiting += [(f"{path}[{at}]", one) for at, one in reversed(list(enumerate(value.ravel())))]
            continue
        parts = list(_parts(path, value))
        waiting += reversed(parts)


def _parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list | tuple):
        yield from ((f"{path}[{at}]", one) for at, one in enumerate(value))
        return
    state = value if isinstance(value, Mapping) else _state(value)
    if isinstance(state, Mapping):
        for key, one in state.items():
            if isinstance(key, str | int) and not _passed_over(str(key)):
                yield f"{path}.{key}" if path else str(key), one
    elif state is not None:
        yield path, state


def _passed_over(name: str) -> bool:
    return _TIMING.search(name) is not None or _ADDRESS.match(name) is not None


def _state(value: Any) -> Any:
    try:
        return value.__getstate__()
    except Exception:  # noqa: BLE001 - a method of the user's may raise anything
        return getattr(value, "__dict__", None)


def _apart(numpy: Any, before: Any, after: Any) -> float:
    if before.shape != after.shape:
        return math.inf
    if before.dtype.kind == "b" or after.dtype.kind == "b":
        return 0.0 if numpy.array_equal(before, after) else math.inf
    unlike = (before != after) & ~((before != before) & (after != after))
    if not unlike.any():
        return 0.0
    finite = numpy.isfinite(before)
    largest = numpy.abs(before[finite].astype(complex)).max(initial=0.0)
    with numpy.errstate(all="ignore"):
        difference = numpy.abs(after[unlike].astype(complex) - before[unlike].astype(complex)).max()
    return float(difference / largest) if largest and numpy.isfinite(difference) else math.inf


def _shown(values: Any) -> str:
    return ", ".join(f"{value:.6g}" if isinstance(value, float) else str(value) for value in values[:6].tolist())
