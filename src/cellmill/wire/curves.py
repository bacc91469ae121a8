"""A metric's history, thinned to what a small picture can show."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from cellmill.core.runs import Metric
from cellmill.wire.base import WireModel

MOST_POINTS = 500

WireNumber = float | Literal["NaN", "Infinity", "-Infinity"]


class WireCurve(WireModel):
    """The history of one metric. `steps` are those it was measured at, or 1, 2, 3 … where they do not grow."""

    name: str
    axis: Literal["step", "measurement"]
    steps: list[int]
    values: list[WireNumber]
    points: int


def wire_number(value: float) -> WireNumber:
    """Return the number, as text where JSON has none for it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def curves_of(metrics: Sequence[Metric]) -> list[WireCurve]:
    """Return the history of each metric that was measured more than once, in the order they first appeared."""
    by_name: dict[str, list[Metric]] = {}
    for metric in metrics:
        by_name.setdefault(metric.name, []).append(metric)
    return [_curve(name, history) for name, history in by_name.items() if len(history) > 1]


def _curve(name: str, history: list[Metric]) -> WireCurve:
    steps = [metric.step for metric in history]
    grows = all(before < after for before, after in pairwise(steps))
    if not grows:  # measured again and again by hand, each time at step 0
        steps = list(range(1, len(history) + 1))
    values = [metric.value for metric in history]
    kept = thinned(values)
    return WireCurve(
        name=name,
        axis="step" if grows else "measurement",
        steps=[steps[at] for at in kept],
        values=[wire_number(values[at]) for at in kept],
        points=len(history),
    )


def thinned(values: Sequence[float], most: int = MOST_POINTS) -> list[int]:
    """Return which of the values to show, at most `most`: of each stretch the lowest and the highest.

    The first and the last are always among them, and so is one that is no number where its stretch has any.
    """
    if len(values) <= most:
        return list(range(len(values)))
    stretches = (most - 2) // 2
    last = len(values) - 1
    kept = {0, last}
    for stretch in range(stretches):
        members = range(1 + stretch * (last - 1) // stretches, 1 + (stretch + 1) * (last - 1) // stretches)
        numbers = [at for at in members if math.isfinite(values[at])]
        others = [at for at in members if not math.isfinite(values[at])]
        if numbers:
            kept.add(max(numbers, key=values.__getitem__))
        if others:
            kept.add(others[0])
        elif numbers:
            kept.add(min(numbers, key=values.__getitem__))
    return sorted(kept)
