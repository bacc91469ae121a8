"""A run: one training, the executions that fed it, and the later ones that evaluate its model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cellmill.core.event_parts import DataUse, Failure, FileUse, ModelBlob, Module, Outcome, Output
from cellmill.core.events import GitSeen, TrackedElsewhere
from cellmill.core.ids import ExecutionId, RunId, SessionId
from cellmill.core.verdicts import Verdict

RunStatus = Literal["running", "finished", "failed", "interrupted"]
Part = Literal["fed", "trained", "evaluated"]
Kind = Literal["fit", "loop", "search", "trial", "validation"]


@dataclass(frozen=True)
class Parameter:
    """A value that went into a training. `source` is the estimator, or the notebook's own variable."""

    name: str
    value: str
    source: Literal["estimator", "notebook"] = "estimator"


@dataclass(frozen=True)
class Metric:
    """One measurement of a run's model."""

    name: str
    value: float  # may be nan: MLflow stores it, and so do we
    step: int
    at_ms: int  # milliseconds since the epoch, UTC
    session: SessionId | None = None  # that measured it, where it is not the run's own: a later step's


@dataclass(frozen=True)
class Execution:
    """One execute request that ran. `outcome` is None while it runs."""

    execution: ExecutionId
    number: int
    source: str
    cell: str | None
    tags: tuple[str, ...]
    started_ms: int
    ended_ms: int | None
    outcome: Outcome | None
    error: Failure | None
    reads: frozenset[str]
    writes: frozenset[str]
    python: str | None = None
    deleted: tuple[str, ...] = ()
    aliases: tuple[tuple[str, ...], ...] = ()
    files: tuple[FileUse, ...] = ()
    imports: tuple[str, ...] = ()
    modules: tuple[Module, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    random: Mapping[str, str] = field(default_factory=dict)
    imported_random: Mapping[str, str] = field(default_factory=dict)
    inherited: Mapping[str, str | None] = field(default_factory=dict)
    cwd: str | None = None
    outside: tuple[str, ...] = ()
    notebook: str | None = None  # where the kernel serves several
    outputs: tuple[Output, ...] = ()
    names_seen: bool = False
    """Of one that raised: whether what it writes was seen to be written, rather than read in its source."""


@dataclass(frozen=True)
class TakingPart:
    """An execution that took part in a run, and how."""

    execution: Execution
    part: Part


@dataclass(frozen=True)
class DataSource:
    """Where data that fed a training came from: a file, a URL, the text of a query, a package's own data set."""

    kind: Literal["file", "url", "query", "package"]
    name: str
    digest: str | None = None  # sha256 of a file


@dataclass(frozen=True)
class Surroundings:
    """Where a run was made, as it was when its training began."""

    python: str
    executable: str
    platform: str
    host: str
    cores: int | None
    memory_bytes: int | None
    user: str | None
    front_end: str | None
    cellmill: str
    cwd: str
    path: tuple[str, ...]
    distributions: Mapping[str, str]
    git: GitSeen | None


@dataclass(frozen=True)
class Run:
    """A view over the journal. Nobody opens or closes it."""

    run: RunId
    session: SessionId
    notebook: str | None
    library: str
    model_class: str
    status: RunStatus
    started_ms: int
    ended_ms: int | None
    parameters: tuple[Parameter, ...]
    metrics: tuple[Metric, ...]
    data: tuple[DataUse, ...]
    executions: tuple[TakingPart, ...]
    model: ModelBlob | None
    model_note: str | None
    error: Failure | None
    incomplete: tuple[str, ...]
    executed_notebook: str | None  # sha256 among the blobs
    kind: Kind = "fit"
    parent: RunId | None = None
    tracked: tuple[TrackedElsewhere, ...] = ()
    nested_in: str | None = None
    """Another tracker's run, which one of several trainings has joined before this one."""
    sources: tuple[DataSource, ...] = ()
    surroundings: Surroundings | None = None
    verdict: Verdict | None = None
    """Of the newest replay."""

    @property
    def short_class(self) -> str:
        """`sklearn.linear_model.Ridge` -> `Ridge`."""
        return self.model_class.rpartition(".")[2]

    @property
    def last_metrics(self) -> dict[str, float]:
        """The newest value of each metric in the order of their appearance, those on training data last."""
        newest = {metric.name: metric.value for metric in self.metrics}
        return dict(sorted(newest.items(), key=lambda pair: pair[0].startswith("training_")))

    @property
    def telling_metrics(self) -> dict[str, float]:
        """As `last_metrics`, of a cross-validation without the folds: the score of its last one tells nothing."""
        last = self.last_metrics
        if self.kind != "validation":
            return last
        return {name: value for name, value in last.items() if f"{name}_mean" not in last}


@dataclass(frozen=True)
class Session:
    """One life of one kernel, with all that is known of it so far."""

    session: SessionId
    kernel: str
    notebook: str | None
    started_ms: int
    started_by: str
    pid: int
    process_started_s: float | None
    host: str
    python: str
    ended: str | None
    paused: bool
    executions: tuple[Execution, ...]
    runs: tuple[Run, ...]
    deleted: tuple[RunId, ...] = ()
    """Runs that the user has deleted: no door shows them."""
    failures: tuple[str, ...] = ()
    """What went wrong with us, each once: whatever belongs to it may be incomplete."""
    measured: tuple[SessionId, ...] = ()
    """Other sessions, whose runs were measured in this one."""
    was_paused: bool = False
    """Whether capture was ever paused: cells may have run of which nothing is known."""
