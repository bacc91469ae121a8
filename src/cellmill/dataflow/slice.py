"""Which executions does a value need? Pure: names in, execution ids out."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

from cellmill.core.ids import ExecutionId
from cellmill.dataflow.footprint import EVERYTHING


@dataclass(frozen=True)
class Step:
    """One execution in a history, as the slice sees it. `whole` is False when it raised half-way."""

    execution: ExecutionId
    reads: frozenset[str]
    writes: frozenset[str]
    whole: bool = True
    outside: frozenset[str] = frozenset()
    """Names that something else than a step had bound before it began: who wrote them earlier no longer counts."""


@dataclass(frozen=True)
class Slice:
    """The executions needed, in the order they ran, and the names that each was needed for."""

    executions: tuple[ExecutionId, ...]
    needed: dict[ExecutionId, frozenset[str]]


class Steps:
    """A history that grows. Each name knows its writers, so a slice costs what it finds, not the whole history."""

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps: list[Step] = []
        self._writers: dict[str, list[int]] = {}
        for step in steps:
            self.append(step)

    def append(self, step: Step) -> None:
        """Add the step that began last."""
        for name in step.writes | step.outside:
            self._writers.setdefault(name, []).append(len(self._steps))
        self._steps.append(step)

    def replace(self, position: int, step: Step) -> bool:
        """Put another in the place of a step. Returns whether its names, or its end, are others."""
        former = self._steps[position]
        if former == step:
            return False
        self._steps[position] = step
        before, after = former.writes | former.outside, step.writes | step.outside
        for name in before - after:
            self._writers[name].remove(position)
        for name in after - before:
            insort(self._writers.setdefault(name, []), position)
        return True

    def backward_slice(self, wanted: Iterable[str], *, before: int | None = None) -> Slice:
        """Return the executions needed to recompute the `wanted` names, of those before a position.

        Walks the history from its end: an execution is kept when it writes something still needed; what
        it reads is then needed in turn. One that both reads and writes a name (`x += 1`) keeps the name
        needed, and so does one that raised half-way, for its write may not have happened. A star import
        may have written anything that is still needed.

        The answer is empty when nothing in the history writes a wanted name.
        """
        end = len(self._steps) if before is None else before
        open_names = set(wanted)
        kept: list[ExecutionId] = []
        needed: dict[ExecutionId, frozenset[str]] = {}
        # Of each open name the last writer that was not looked at yet; the latest of all comes out first.
        queue: list[int] = []
        for name in (*open_names, EVERYTHING):
            self._queue_writer(queue, name, end)
        seen = end
        while queue and open_names:
            position = -heappop(queue)
            if position == seen:
                continue
            seen = position
            step = self._steps[position]
            hit = set(open_names) if EVERYTHING in step.writes else open_names & step.writes
            if hit:
                kept.append(step.execution)
                needed[step.execution] = frozenset(hit)
                if step.whole:
                    open_names -= step.writes - step.reads
                open_names |= step.reads
            open_names -= step.outside
            if hit:
                for name in (hit | step.reads) & open_names:
                    self._queue_writer(queue, name, position)
            if EVERYTHING in step.writes:
                self._queue_writer(queue, EVERYTHING, position)
        return Slice(tuple(reversed(kept)), needed)

    def last_writer(self, name: str, *, before: int) -> int | None:
        """Return the position of the last step before another that has bound a name, None where there is none."""
        writers = self._writers.get(name, [])
        index = bisect_left(writers, before)
        return writers[index - 1] if index else None

    def _queue_writer(self, queue: list[int], name: str, before: int) -> None:
        writers = self._writers.get(name)
        if writers:
            index = bisect_left(writers, before)
            if index:
                heappush(queue, -writers[index - 1])


def backward_slice(history: Iterable[Step], wanted: Iterable[str]) -> Slice:
    """Return the executions needed to recompute the `wanted` names. See `Steps.backward_slice`."""
    return Steps(history).backward_slice(wanted)
