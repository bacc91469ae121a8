"""Which executions does a value need? Pure: names in, execution ids out."""

from collections.abc import Iterable
from dataclasses import dataclass

from cellmill.core.ids import ExecutionId

EVERYTHING = "*"  # what `from module import *` writes


@dataclass(frozen=True)
class Step:
    """One execution in a history, as the slice sees it. `whole` is False when it raised half-way."""

    execution: ExecutionId
    reads: frozenset[str]
    writes: frozenset[str]
    whole: bool = True


@dataclass(frozen=True)
class Slice:
    """The executions needed, in the order they ran, and the names that each was needed for."""

    executions: tuple[ExecutionId, ...]
    needed: dict[ExecutionId, frozenset[str]]


def backward_slice(history: Iterable[Step], wanted: Iterable[str]) -> Slice:
    """Return the executions needed to recompute the `wanted` names.

    Walks the history from its end: an execution is kept when it writes something still needed; what
    it reads is then needed in turn. One that both reads and writes a name (`x += 1`) keeps the name
    needed, and so does one that raised half-way, for its write may not have happened. A star import
    may have written anything that is still needed.

    The answer is empty when nothing in the history writes a wanted name.
    """
    open_names = set(wanted)
    kept: list[ExecutionId] = []
    needed: dict[ExecutionId, frozenset[str]] = {}
    for step in reversed(list(history)):
        hit = open_names if EVERYTHING in step.writes else open_names & step.writes
        if not hit:
            continue
        kept.append(step.execution)
        needed[step.execution] = frozenset(hit)
        if step.whole:
            open_names -= step.writes - step.reads
        open_names |= step.reads
    return Slice(tuple(reversed(kept)), needed)
