"""What a replay found: the run made again from a clean kernel, and set beside the record."""

from datetime import UTC, datetime
from typing import Literal

from cellmill.core.ids import ExecutionId
from cellmill.core.records import record

Judgement = Literal["exact", "within tolerance", "differs", "stochastic", "cannot"]
Layout = Literal["tidy", "verbatim"]
Compared = Literal["metric", "parameter", "predictions", "model", "data", "outcome", "output"]

TOLERANCE = 1e-9
"""Largest relative difference that counts as the same figure on a CPU: sums may be ordered otherwise."""


@record
class Figure:
    """One thing set side by side. Values are text: a metric's are written so that reading gives the same float."""

    what: Compared
    name: str
    recorded: str | None
    replayed: str | None
    relative: float | None = None  # of numbers: |difference| / |recorded|
    same: bool = True


@record
class Verdict:
    """The outcome of replaying a run, with when, on what, and what was compared."""

    judgement: Judgement
    at_ms: int
    reason: str | None = None
    figures: tuple[Figure, ...] = ()
    """The figures that differ, or of a `stochastic` run the spread of each; `compared` says out of how many."""
    compared: int = 0
    parted: int | None = None
    """Number of the first execution in which the replay was seen to differ from the record."""
    replays: int = 1
    seconds: float = 0.0
    host: str = ""
    python: str = ""
    rebuilt: bool = False
    """Whether it ran in an environment made from the run's own lock."""
    layout: Layout = "tidy"
    kept: tuple[ExecutionId, ...] = ()
    """The executions that were replayed: the recipe that the judgement is of."""
    of: int = 0
    notes: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """When, on what, out of how much, and why, in one line."""
        at = datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(timespec="seconds")
        line = f"{at} on {self.host}, Python {self.python}: {self.compared} figures compared"
        line += f", {len(self.kept)} of {self.of} executions replayed" if self.kept else ""
        return f"{line}. {self.reason}" if self.reason else line


REPRODUCED: tuple[Judgement, ...] = ("exact", "within tolerance")
