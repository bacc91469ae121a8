"""What a recording looks at around each cell, besides its source."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from cellmill.core.ids import ExecutionId


class Around(Protocol):
    """What is looked at before and after each cell, besides its source: see `surroundings`."""

    def before(self) -> dict[str, Any]:
        """Return fields of `ExecutionStarted`."""
        ...

    def after(self, execution: ExecutionId, source: str, reads: Iterable[str], *, ended_ms: int) -> dict[str, Any]:
        """Return fields of `ExecutionFinished`. What it says besides is as of `ended_ms`."""
        ...

    def pass_over(self, *, ended_ms: int) -> None:
        """What has changed until now is to be told of no cell: it was one that is not recorded."""
        ...

    def forget_failures(self) -> None:
        """Try again what was left out after an error."""
        ...

    def look_at_git(self) -> None:
        """A training was seen: note the commit."""
        ...

    def later(self, name: str, action: Callable[[], None]) -> None:
        """Do something in the background; `name` says what it was, should it fail."""
        ...

    def close(self) -> None:
        """Finish what is under way."""
        ...
