"""What a headless run that failed has kept of its kernel, for the next run to go on from the cell that raised."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cellmill.core.errors import NotebookError


@dataclass(frozen=True)
class Kept:
    """The values of a kernel as they were before the cell that raised."""

    notebook: str
    at_ms: int
    session: str
    sessions: tuple[str, ...]
    """All that took part: that of this run, and of those that it had gone on from."""
    parameters: Mapping[str, Any]
    sources: tuple[str, ...]
    """The code cells that had run, with that of the given parameters."""
    number: int
    """Execution count that the cell that raised had."""
    step: str
    """Under which name the values lie in `values/`."""
    python: str
    kernel: str | None = None


class CannotResume(NotebookError):
    """A run that cannot go on from the cell in which the last one failed."""

    kind = "cannot_resume"

    def __init__(self, notebook: str, *, reason: str) -> None:
        self.notebook, self.reason = notebook, reason
        super().__init__(f"{notebook} cannot go on where it failed: {reason}. Run it from the start, without --resume.")
