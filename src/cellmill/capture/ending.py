"""An execution that has ended, while the rest of what is to be said of its end is still to be found out."""

from dataclasses import dataclass
from typing import Any

from cellmill.capture.names import NamesSeen
from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.events import ExecutionFinished
from cellmill.core.ids import ExecutionId


@dataclass(frozen=True)
class Ended:
    """What was known when the cell had run."""

    execution: ExecutionId
    at_ms: int
    outcome: Outcome
    error: Failure | None
    python: str | None
    """Its source as Python, None where it never became any."""
    transformed: str | None
    """The same where magics had to be transformed for it."""
    took_s: float
    is_skipped: bool
    """Not recorded: only its names are kept, for what others read from it must be known."""

    def finished(self, names: NamesSeen, seen: dict[str, Any]) -> ExecutionFinished:
        """Return the whole end, with the names and with what was `seen` around it."""
        reads, writes = tuple(sorted(names.reads)), tuple(sorted(names.writes))
        if self.is_skipped:
            return ExecutionFinished(self.execution, self.at_ms, self.outcome, reads, writes)
        return ExecutionFinished(
            self.execution,
            self.at_ms,
            self.outcome,
            reads,
            writes,
            self.error,
            python=self.transformed,
            deleted=names.deleted,
            aliases=names.aliases,
            names_seen=names.compared and self.outcome != "ok",
            **seen,
        )
