"""Parallel coordinates: an axis for each parameter of a sweep and one for its metric, and the trials on them.

Pure: a sweep in, places from 0 (low end) to 1 (high end) out.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cellmill.core.sweeps import Axis, Sweep, SweepTrial

MOST_TICKS = 12
# Choices that span more than this are set apart by their ratio: on a linear axis the small ones would be one point.
WIDE = 100
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Scale:
    """One axis. `ticks` are words with their places; `is_log` says that equal ratios are equal distances."""

    name: str
    ticks: tuple[tuple[str, float], ...]
    is_log: bool = False
    low: float = 0.0
    high: float = 0.0
    names: tuple[str, ...] = ()
    """What lies on an axis that is not of numbers, from its low end to its high end."""

    def place(self, value: Any) -> float | None:
        """Return where a value lies, None where it does not: it is missing, no number, or not above 0 on a log axis."""
        if self.names:
            return _spread(self.names.index(_name(value)), len(self.names)) if _name(value) in self.names else None
        if not _is_number(value) or (self.is_log and value <= 0):
            return None
        low, high, at = (math.log(x) if self.is_log else float(x) for x in (self.low, self.high, value))
        return 0.5 if high == low else (at - low) / (high - low)


@dataclass(frozen=True)
class Line:
    """A trial. `places` has one for each axis; `goodness` is 1 for the best metric and 0 for the worst."""

    trial: SweepTrial
    places: tuple[float | None, ...]
    goodness: float | None


def scales_of(sweep: Sweep) -> tuple[Scale, ...]:
    """Return the axes, the metric's last."""
    axes = [_scale(axis, [trial.parameters.get(axis.name) for trial in sweep.trials]) for axis in sweep.plan.axes]
    values = [trial.value for trial in sweep.trials if trial.value is not None and math.isfinite(trial.value)]
    return (*axes, _of_numbers(sweep.plan.metric, values, is_log=False))


def lines_of(sweep: Sweep, scales: Sequence[Scale]) -> tuple[Line, ...]:
    """Return the trials, the worst first and the best last, so that it is drawn above the others."""
    metric = scales[-1]
    lines = []
    for trial in (*(t for t in sweep.trials if t not in sweep.ranked), *reversed(sweep.ranked)):
        given = (*(trial.parameters.get(axis.name) for axis in sweep.plan.axes), trial.value)
        places = tuple(scale.place(value) for scale, value in zip(scales, given, strict=True))
        at = metric.place(trial.value)
        goodness = at if at is None or sweep.plan.direction == "maximize" else 1 - at
        lines.append(Line(trial, places, goodness))
    return tuple(lines)


def _scale(axis: Axis, given: list[Any]) -> Scale:
    if not axis.choices:
        ends = [end for end in (axis.low, axis.high) if end is not None]
        return _of_numbers(axis.name, [*ends, *filter(_is_number, given)], is_log=axis.is_log)
    if all(map(_is_number, axis.choices)):
        low, high = min(axis.choices), max(axis.choices)
        is_log = low > 0 and high / low >= WIDE
        scale = _of_numbers(axis.name, list(axis.choices), is_log=is_log)
        if len(axis.choices) > MOST_TICKS:
            return scale
        ticks = tuple((number_words(choice), scale.place(choice) or 0.0) for choice in sorted(axis.choices))
        return Scale(axis.name, ticks, is_log, scale.low, scale.high)
    names = tuple(_name(choice) for choice in reversed(axis.choices))  # the first is above, as one reads
    return Scale(axis.name, tuple((name, _spread(at, len(names))) for at, name in enumerate(names)), names=names)


def _of_numbers(name: str, values: Iterable[float], *, is_log: bool) -> Scale:
    found = [float(value) for value in values]
    if not found:
        return Scale(name, ())
    low, high = min(found), max(found)
    is_log = is_log and low > 0
    bare = Scale(name, (), is_log, low, high)
    marks = [low] if low == high else _decades(low, high) if is_log else _round_marks(low, high)
    ticks = tuple((number_words(mark), place) for mark in marks if (place := bare.place(mark)) is not None)
    return Scale(name, ticks, is_log, low, high)


def _round_marks(low: float, high: float) -> list[float]:
    """Return about five round numbers from low to high, and these themselves where none is near."""
    rough = (high - low) / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(each * size for each in _STEPS if each * size >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    marks = [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]
    return _with_ends(low, high, marks, lambda a, b: abs(a - b) / (high - low))


def _decades(low: float, high: float) -> list[float]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    every = max(1, (last - first) // 6)
    marks = [10.0**power for power in range(first, last + 1, every)]
    return _with_ends(low, high, marks, lambda a, b: abs(math.log(a / b)) / math.log(high / low))


def _with_ends(low: float, high: float, marks: list[float], apart: Any) -> list[float]:
    kept = [mark for mark in marks if min(apart(mark, low), apart(mark, high)) > 0.08]
    return [low, *kept, high]


def number_words(value: float) -> str:
    """Return a number as an axis has it: short, and exact where that is short."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e6):
        return str(int(value))
    return f"{value:.3g}"


def _spread(at: int, count: int) -> float:
    return 0.5 if count == 1 else at / (count - 1)


def _name(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
