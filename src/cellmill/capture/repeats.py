"""What one place of a cell measures again and again of one prediction: a bootstrap, a permutation test.

None of those figures is the model's metric. Up to a few they are written as they come, for a loop over thresholds
is short; from then on none is, and the metric goes back to what it was before.
"""

from collections.abc import Hashable

from cellmill.core.ids import RunId

MOST_IN_ONE_PLACE = 20


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
