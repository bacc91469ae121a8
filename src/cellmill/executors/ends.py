"""Whether a notebook goes on after a cell: one answer for whoever runs it."""

from collections.abc import Collection
from dataclasses import dataclass

from cellmill.core.event_parts import Failure
from cellmill.core.ports import CellRan
from cellmill.executors.shown import EXITS, try_failure

EXPECTED_TO_RAISE = "raises-exception"


@dataclass(frozen=True)
class End:
    """A notebook ends at this cell. `failure` is None where it ends well: with `sys.exit()`."""

    failure: Failure | None


def end_of(ran: CellRan, tags: Collection[str]) -> End | None:
    """Return how the notebook ends with a cell that has run, None where it goes on.

    An error that a cell shows is one, also where it is told to have ended well.
    """
    if EXPECTED_TO_RAISE in tags:
        return None
    if ran.outcome == "ok":
        failure = try_failure(ran.outputs)
        return End(failure) if failure is not None else None
    error = ran.error or Failure("KeyboardInterrupt", "the cell was interrupted")
    return End(None if error.type == "SystemExit" and error.message in EXITS else error)
