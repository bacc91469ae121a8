"""What one place of a cell measures again and again.

Of one prediction, as in a bootstrap or a permutation test: none of those figures is the model's metric. Up to a few
they are written as they come, for a loop over thresholds is short; from then on none is, and the metric goes back to
what it was before. Of a new prediction each time, as in a loop over a stream: a curve, of which some points are enough.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from cellmill.core.events import MetricMeasured
from cellmill.core.ids import ExecutionId, RunId

MOST_IN_ONE_PLACE = 20
# So many points are written as they come, then each that is two percent further on: of a million, some 900.
WHOLE_CURVE = 500
APART = 0.02


class Repeats:
    """The metrics of a session as they count, and what the cell that runs now measures in one place."""

    def __init__(self) -> None:
        self._since: Hashable = None
        self._here: dict[tuple[Hashable, RunId, str], tuple[int, float]] = {}
        """How often, and what counted before."""
        self._counting: dict[tuple[RunId, str], float] = {}

    def take(
        self, run: RunId, name: str, value: float, *, place: Hashable = None, since: Hashable = None
    ) -> tuple[float | None, bool]:
        """Return the value to be written, None for one too many, and whether it is the last one of this place.

        `since` is another whenever a model has predicted: places are counted anew. Without a place nothing is counted.
        """
        metric = (run, name)
        if place is None:
            self._counting[metric] = value
            return value, False
        if since != self._since:
            self._since, self._here = since, {}
        times, before = self._here.get((place, *metric), (0, self._counting.get(metric, value)))
        self._here[place, *metric] = (times + 1, before)
        if times >= MOST_IN_ONE_PLACE:
            return None, False
        is_last = times + 1 == MOST_IN_ONE_PLACE
        self._counting[metric] = before if is_last else value
        return self._counting[metric], is_last


@dataclass
class _Curve:
    times: int = 0
    next: float = 0.0
    held: MetricMeasured | None = None
    """The last point, where it was not written."""


class Curves:
    """The points of metrics that the executions write that run now, by the place that measures them."""

    def __init__(self) -> None:
        self._curves: dict[ExecutionId | None, dict[tuple[Hashable, RunId, str], _Curve]] = {}

    def take(self, point: MetricMeasured, place: Hashable) -> tuple[bool, bool]:
        """Return whether a point is to be written, and whether it is the first that is not."""
        curve = self._curves.setdefault(point.execution, {}).setdefault((place, point.run, point.name), _Curve())
        curve.times += 1
        is_written = curve.times <= WHOLE_CURVE or 0 < curve.next <= curve.times
        is_first = not is_written and not curve.next
        if is_first or (is_written and curve.next):
            curve.next = curve.times * (1 + APART)
        curve.held = None if is_written else point
        return is_written, is_first

    def end(self, execution: ExecutionId | None) -> list[MetricMeasured]:
        """An execution has ended. Returns the last points of its curves, where they were not written."""
        return [curve.held for curve in self._curves.pop(execution, {}).values() if curve.held is not None]
