"""What the steps of a pipeline came to, and by what one knows whether one of them must run again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cellmill.core.ids import SessionId

StepOutcome = Literal["ok", "failed", "died", "timed out", "interrupted"]
StepState = Literal["waiting", "running", "ok", "unchanged", "failed", "left out", "not reached", "interrupted"]


MEANWHILE = "changed meanwhile: "
"""Stands before the digest of a file that was changed while a step ran that used it: what it used is not known."""


@dataclass(frozen=True)
class FileSeen:
    """A file as a step left it. `stamp` spares reading it: size, times of change, and which file it is."""

    path: str
    """From the project's root where it lies below, else absolute."""
    sha256: str | None
    """None where it was gone."""
    stamp: tuple[int, ...] = ()

    @property
    def was_changed(self) -> bool:
        """Whether somebody else changed it while the step ran, so that it matches no file."""
        return self.sha256 is not None and self.sha256.startswith(MEANWHILE)


@dataclass(frozen=True)
class Installed:
    """A distribution that a step has imported, or Python itself.

    `folder` is where its metadata lie, or the interpreter: another version has another.
    """

    version: str
    folder: str = ""


@dataclass(frozen=True)
class StepRecord:
    """The last run of a step, or of one item of it."""

    key: str
    """`fit`, or `fit.2` for the third item of a list."""
    outcome: StepOutcome
    session: SessionId
    started_ms: int
    ended_ms: int
    notebook: FileSeen
    source: str
    """The digest of its code: text and outputs do not count."""
    declares: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    """What each step before it gave, as one digest."""
    reads: tuple[FileSeen, ...] = ()
    writes: tuple[FileSeen, ...] = ()
    modules: tuple[FileSeen, ...] = ()
    distributions: Mapping[str, Installed] = field(default_factory=dict)
    manifest: str | None = None
    """The digest of the values that it handed over; None where it hands over none."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Plain values that conditions and loops ask for."""
    asks: tuple[str, ...] = ()
    """The variables that were asked for them, plain or not."""
    output: str | None = None
    error: str | None = None
    untold: tuple[str, ...] = ()
    """Folders of which it read more than was told, and than can be looked at: it runs each time."""
    listings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The files of folders that it looked through, by pattern: `data/*.csv`."""
    was_seen: bool = False
    """Whether capture has told which files it used. If not, only declared ones are known."""
    kernel: str | None = None
    """The kernel that the notebook names."""
    interpreter: str | None = None
    """What its kernel was run by; None where that is not known."""

    @property
    def seconds(self) -> float:
        return (self.ended_ms - self.started_ms) / 1000


@dataclass(frozen=True)
class StepNow:
    """What a step would be run with now. Files by path, None for one that is gone."""

    source: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | None] = field(default_factory=dict)
    distributions: Mapping[str, str | None] = field(default_factory=dict)
    manifest: str | None = None
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    interpreter: str | None = None
    listings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made: frozenset[str] = frozenset()
    """Files that steps of the pipeline wrote: what earlier ones gave is in `upstream`, and no others count."""


@dataclass(frozen=True)
class Planned:
    """What is to happen to a step, or to one item of it.

    It `runs` for its `reasons`; or it `may` run, after the steps in `reasons` have; or it is `left out` of this run by
    a condition or by what was asked for; or it is `unchanged`.
    """

    key: str
    step: str
    what: Literal["runs", "may", "unchanged", "left out"]
    reasons: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        reasons = "; ".join(self.reasons)
        if self.what == "may":
            return f"may run, after {reasons}"
        words = {"runs": "runs", "unchanged": "nothing to do", "left out": "left out"}[self.what]
        return f"{words}: {reasons}" if reasons else words


@dataclass(frozen=True)
class StepStanding:
    """A step, or one item of it, in a run that goes on or has ended."""

    key: str
    step: str
    state: StepState = "waiting"
    why: tuple[str, ...] = ()
    started_ms: int | None = None
    ended_ms: int | None = None
    done: int = 0
    total: int = 0
    """Cells that have run, of how many."""
    attempt: int = 1
    session: SessionId | None = None
    output: str | None = None
    error: str | None = None

    @property
    def seconds(self) -> float | None:
        if self.started_ms is None or self.ended_ms is None:
            return None
        return (self.ended_ms - self.started_ms) / 1000


@dataclass(frozen=True)
class PipelineRun:
    """A run of a pipeline as it stands: its steps in the order in which they may run."""

    pipeline: str
    run: str
    started_ms: int
    steps: tuple[StepStanding, ...]
    ended_ms: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """Sentences on what was noticed meanwhile."""

    @property
    def failed(self) -> tuple[str, ...]:
        return tuple(step.key for step in self.steps if step.state == "failed")

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong, a sentence for each step that failed."""
        return tuple(step.error for step in self.steps if step.error)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to be done."""
        return all(step.state in ("ok", "unchanged", "left out") for step in self.steps)

    @property
    def is_idle(self) -> bool:
        """Whether nothing had to run."""
        return all(step.state in ("unchanged", "left out") for step in self.steps)
