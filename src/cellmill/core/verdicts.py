"""What a replay found: the run made again from a clean kernel, and set beside the record."""

from typing import Literal

from cellmill.core.ids import ExecutionId
from cellmill.core.records import record

Judgement = Literal["exact", "within tolerance", "differs", "stochastic", "cannot"]
Compared = Literal["metric", "parameter", "predictions", "data", "outcome", "output"]

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
    environment: Literal["same", "rebuilt"] = "same"
    layout: Literal["tidy", "verbatim"] = "tidy"
    kept: tuple[ExecutionId, ...] = ()
    """The executions that were replayed: the recipe that the judgement is of."""
    of: int = 0
    notes: tuple[str, ...] = ()


REPRODUCED: tuple[Judgement, ...] = ("exact", "within tolerance")
