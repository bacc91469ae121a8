"""What could not be written to the journal, told when it can be written again."""

from collections.abc import Iterator

from cellmill.core.clock import now_ms
from cellmill.core.events import CaptureFailed, Event
from cellmill.core.ids import ExecutionId
from cellmill.core.words import count

MOST = 1_000  # executions


class Lost:
    """Counts events that were lost, by the execution that they were of: it is incomplete, and so are its runs."""

    def __init__(self) -> None:
        self._events: dict[ExecutionId | None, int] = {}

    def add(self, event: Event, execution: ExecutionId | None) -> None:
        """An event is lost; `execution` is the one that runs."""
        of = getattr(event, "execution", None) or execution
        if of in self._events or len(self._events) < MOST:
            self._events[of] = self._events.get(of, 0) + 1

    def said(self) -> Iterator[Event]:
        """Give an event for each execution of which something is lost. One that was taken is not given again."""
        while self._events:
            execution, lost = next(iter(self._events.items()))
            yield CaptureFailed(now_ms(), "journal", f"{count(lost, 'event')} could not be written", execution)
            del self._events[execution]
