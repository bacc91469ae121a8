"""What a replay found, as the sidebar shows it."""

from dataclasses import dataclass
from typing import Any, Literal

from cellmill.core.verdicts import Verdict
from cellmill.wire.base import WireModel

Judged = Literal["exact", "within tolerance", "differs", "stochastic", "cannot"]


class WireComparison(WireModel):
    """One thing set side by side. Values are text, and None where there was none."""

    what: Literal["metric", "parameter", "predictions", "model", "data", "outcome", "output"]
    name: str
    recorded: str | None
    replayed: str | None
    relative: float | None
    same: bool


class WireVerdict(WireModel):
    """The outcome of a run's newest replay. `executions` is how many were replayed, `of` how many had run."""

    judgement: Judged
    at_ms: int
    reason: str | None
    figures: list[WireComparison]
    compared: int
    parted: int | None
    replays: int
    seconds: float
    host: str
    python: str
    rebuilt: bool
    executions: int
    of: int
    notes: list[str]


class WireReplays(WireModel):
    """The runs of a project that are being replayed: the first now, the others wait for their turn."""

    runs: list[str]


class ReplaysAsked(WireModel):
    """A wish to replay every run of a notebook."""

    notebook: str


class WireRecipe(WireModel):
    """The recipe of a run as a notebook: `executions` of the `of` that had run. `notebook` is in Jupyter's format."""

    run: str
    notebook: dict[str, Any]
    executions: int
    of: int


@dataclass(frozen=True)
class ReplayState:
    """How the replay of a run stands. `problem` says why the last one ended without a verdict."""

    stage: Literal["waiting", "running"] | None = None
    problem: str | None = None


IDLE = ReplayState()


def wire_verdict(verdict: Verdict) -> WireVerdict:
    """Return the verdict as the browser reads it."""
    return WireVerdict(
        judgement=verdict.judgement,
        at_ms=verdict.at_ms,
        reason=verdict.reason,
        figures=[WireComparison.model_validate(figure) for figure in verdict.figures],
        compared=verdict.compared,
        parted=verdict.parted,
        replays=verdict.replays,
        seconds=verdict.seconds,
        host=verdict.host,
        python=verdict.python,
        rebuilt=verdict.rebuilt,
        executions=len(verdict.kept),
        of=verdict.of,
        notes=list(verdict.notes),
    )
