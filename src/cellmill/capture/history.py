"""The executions of a session in the order they began, and what fed what among them.

Grows with the session: a slice that was made once is kept until an execution before it
changes, so one more execution costs the same in a long session as in a short one.
"""

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from cellmill.core.event_parts import ADDED_TO, Outcome
from cellmill.core.events import CellIdentified, ExecutionEnded, ExecutionFinished, FilesDigested
from cellmill.core.ids import ExecutionId
from cellmill.core.runs import DataSource, Execution
from cellmill.dataflow.footprint import Footprint, Namespace, footprint
from cellmill.dataflow.magics import python_in
from cellmill.dataflow.slice import Slice, Step, Steps
from cellmill.dataflow.sources import named_sources


class History:
    """Every execution so far. An execution is replaced when more of it is known."""

    def __init__(self) -> None:
        self._executions: list[Execution] = []
        self._order: dict[ExecutionId, int] = {}
        self._steps = Steps()
        self._open: set[ExecutionId] = set()
        self._ended: dict[ExecutionId, ExecutionEnded] = {}
        self._cells: dict[ExecutionId, CellIdentified] = {}
        self._slices: dict[ExecutionId, Slice] = {}
        self.resliced: set[ExecutionId] = set()
        """Executions whose slice was made and holds no more. Whoever looks empties it."""

    def __contains__(self, execution: ExecutionId) -> bool:
        return execution in self._order

    def get(self, execution: ExecutionId | None) -> Execution | None:
        """Return what is known of an execution."""
        position = self._order.get(execution) if execution is not None else None
        return None if position is None else self._executions[position]

    def all(self, *, is_alive: bool) -> tuple[Execution, ...]:
        """Return the executions in the order they began; of a kernel that is gone, the open ones as interrupted."""
        if not is_alive:
            for execution in tuple(self._open):
                began, ended = self._executions[self._order[execution]], self._ended.get(execution)
                if ended is None:
                    self.put(replace(began, outcome="interrupted"))
                else:  # its reply was sent; what it did besides is read in its source
                    self.put(replace(began, outcome=ended.outcome, ended_ms=ended.at_ms))
        return tuple(self._executions)

    def put(self, execution: Execution) -> None:
        """Add an execution, or replace what was known of it. One without an end has the names of its source."""
        cell = self._cells.get(execution.execution)
        if cell is not None:
            execution = replace(execution, cell=cell.cell, tags=cell.tags)
        if execution.outcome is None:
            execution = _with_names(execution, None)
            self._open.add(execution.execution)
        else:
            self._open.discard(execution.execution)
        position = self._order.setdefault(execution.execution, len(self._executions))
        step = Step(
            execution.execution,
            execution.reads,
            execution.writes,
            whole=execution.outcome == "ok" or execution.names_seen,
            outside=frozenset(execution.outside),
        )
        if position == len(self._executions):
            self._executions.append(execution)
            self._steps.append(step)
            return
        self._executions[position] = execution
        if self._steps.replace(position, step):
            for trained in [e for e in self._slices if self._order[e] >= position]:
                del self._slices[trained]
                self.resliced.add(trained)

    def end(self, ended: ExecutionEnded) -> None:
        """An execution has ended; while its kernel lives, what is known of its end follows at once."""
        self._ended[ended.execution] = ended

    def identify(self, cell: CellIdentified) -> None:
        """An execution's cell is known; its start may not have been read yet."""
        self._cells[cell.execution] = cell
        known = self.get(cell.execution)
        if known is not None:
            self.put(known)

    def in_order(self, executions: Iterable[ExecutionId]) -> list[Execution]:
        """Return the executions that are known, in the order they began."""
        return [self._executions[position] for position in sorted({self._order[e] for e in executions if e in self})]

    def fed(self, trained: ExecutionId) -> Slice:
        """Return the executions before this one that it depends on."""
        if trained not in self._slices:
            position = self._order[trained]
            execution = self._executions[position]
            wanted = execution.reads.difference(execution.outside)
            self._slices[trained] = self._steps.backward_slice(wanted, before=position)
        return self._slices[trained]

    def last_writer(self, name: str, *, before: ExecutionId) -> ExecutionId | None:
        """Return who bound or changed a name last before an execution; None where something else than a cell did."""
        position = self._order[before]
        if name in self._executions[position].outside:
            return None
        writer = self._steps.last_writer(name, before=position)
        if writer is None or name not in self._executions[writer].writes:
            return None
        return self._executions[writer].execution


def sources_of(executions: Iterable[Execution]) -> tuple[DataSource, ...]:
    """Return where the data came from that these executions read, each source once."""
    found: dict[tuple[str, str], DataSource] = {}
    for execution in executions:
        for use in execution.files:
            if use.mode == "read" and use.note != ADDED_TO:
                before, _, within = use.path.replace("\\", "/").rpartition("-packages/")
                kind: Literal["package", "file"]
                kind, name = ("package", within) if before else ("file", use.path)  # data that a package brings
                found[kind, name] = DataSource(kind, name, use.sha256)
        for named, text in named_sources(execution.source):
            found.setdefault((named, text), DataSource(named, text))
    return tuple(found.values())


def _with_names(execution: Execution, outcome: Outcome | None) -> Execution:
    """Return an execution whose end nobody has written: its names are those in its source."""
    tree = python_in(execution.source)
    try:
        names = Namespace().resolve(footprint(ast.unparse(tree))) if tree is not None else Footprint()
    except (SyntaxError, ValueError, RecursionError):
        names = Footprint()
    return replace(execution, outcome=outcome, reads=names.reads, writes=names.writes)


def with_end(began: Execution, event: ExecutionFinished) -> Execution:
    """Return an execution with what its end says of it."""
    return replace(
        began,
        ended_ms=event.at_ms,
        outcome=event.outcome,
        error=event.error,
        reads=frozenset(event.reads),
        writes=frozenset(event.writes),
        python=event.python,
        deleted=event.deleted,
        aliases=event.aliases,
        files=event.files,
        imports=event.imports,
        modules=event.modules,
        environment=event.environment,
        imported_random=event.imported_random,
        inherited=event.inherited,
        names_seen=event.names_seen,
    )


def with_digests(ended: Execution, event: FilesDigested | None) -> Execution:
    """Return an execution with the digests of its files, where they are known."""
    if event is None:
        return ended
    digested = {(use.path, use.mode): use for use in event.files}
    return replace(ended, files=tuple(digested.get((use.path, use.mode), use) for use in ended.files))
