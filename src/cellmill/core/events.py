"""What a journal holds, an event a line (`core/lines.py`): the truth from which everything else is recomputed."""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from cellmill.core.event_parts import DataUse, Failure, FileUse, ModelBlob, Module, Outcome, Output
from cellmill.core.ids import ExecutionId, RunId, SessionId
from cellmill.core.records import record
from cellmill.core.verdicts import Verdict


@record
class SessionStarted:
    """A kernel began to be captured. `process_started_s` tells a reused pid apart."""

    session: SessionId
    at_ms: int
    pid: int
    process_started_s: float | None
    host: str
    kernel: str
    root: str
    cwd: str
    notebook: str | None
    started_by: Literal["server", "engine", "unknown"]
    python: str
    executable: str
    platform: str
    cellmill: str
    cores: int | None = None
    memory_bytes: int | None = None
    user: str | None = None
    front_end: str | None = None  # as far as the kernel knows: jupyter, vscode, papermill, nbconvert, console …
    path: tuple[str, ...] = ()  # sys.path


@record
class NotebookNamed:
    """The server says which notebook the kernel serves from now on."""

    at_ms: int
    notebook: str


@record
class ClientSeen:
    """Someone has turned to the kernel through the server. What is not known is None."""

    at_ms: int
    user: str | None = None  # the name by which the server knows them
    name: str | None = None  # what they are called, where that is another
    front_end: str | None = None  # jupyterlab, notebook …: told by the page


@record
class ExecutionStarted:
    """Written before the cell runs: what a kernel's death leaves behind."""

    execution: ExecutionId
    at_ms: int
    number: int
    source: str
    cell: str | None
    tags: tuple[str, ...] = ()
    random: Mapping[str, str] = field(default_factory=dict)
    """Generators whose state is another than before the last execution: sha256 of it, pickled, among the blobs."""
    cwd: str | None = None  # where it is another than before the last execution
    outside: tuple[str, ...] = ()  # names bound or deleted since the last execution, by a widget or a thread


@record
class ExecutionEnded:
    """Written when the cell has run, before its reply: all else about its end follows in `ExecutionFinished`."""

    execution: ExecutionId
    at_ms: int
    outcome: Outcome


@record
class ExecutionFinished:
    """Written after the cell ran. Names are of the user's namespace; `aliases` are names that hold one object."""

    execution: ExecutionId
    at_ms: int
    outcome: Outcome
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    error: Failure | None = None
    python: str | None = None  # the source with its magics transformed, where that is another
    deleted: tuple[str, ...] = ()
    aliases: tuple[tuple[str, ...], ...] = ()
    files: tuple[FileUse, ...] = ()
    imports: tuple[str, ...] = ()  # top-level modules imported for the first time
    modules: tuple[Module, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)  # variables that it set; None: removed
    imported_random: Mapping[str, str] = field(default_factory=dict)
    """Generators that it imported: SHA-256 of their state right after the import, pickled, among the blobs."""
    inherited: Mapping[str, str | None] = field(default_factory=dict)
    """Variables that its source names, as the kernel was started with them; None: without it. And the seed of hashes,
    in the first execution."""
    more_files_in: tuple[str, ...] = ()  # folders from which it read more files than are told one by one
    names_seen: bool = False  # of one that raised: what it writes was seen to be written, not read in its source


@record
class OutputsShown:
    """What an execution showed, once it is over; a long one says so in several events, in order."""

    execution: ExecutionId
    at_ms: int
    outputs: tuple[Output, ...]
    updates: tuple[Output, ...] = ()  # in the place of those of the same display, whichever execution showed it
    is_cleared: bool = False  # what it showed before this event is gone


@record
class FilesDigested:
    """The content of files that an execution used, read through after it: the user's cell does not wait for it."""

    execution: ExecutionId
    at_ms: int
    files: tuple[FileUse, ...]


@record
class GitSeen:
    """The commit that the notebook's folder stands at, and the blob of what differs from it."""

    at_ms: int
    commit: str
    branch: str | None = None
    diff: str | None = None  # sha256 among the blobs; None: nothing differs
    untracked: tuple[str, ...] = ()


@record
class DistributionsSeen:
    """Distributions that hold modules imported since the last such event, with their versions."""

    at_ms: int
    distributions: Mapping[str, str]


@record
class CellIdentified:
    """The engine names the cell of an execution: papermill and nbclient send no cell id."""

    execution: ExecutionId
    cell: str
    tags: tuple[str, ...] = ()


@record
class ExecutionPlaced:
    """The server names the notebook of an execution, where its kernel serves several."""

    execution: ExecutionId
    notebook: str


@record
class TrainingStarted:
    """An outermost `fit` began: a run exists from here on."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    library: str
    model_class: str
    params: Mapping[str, str] = field(default_factory=dict)
    data: tuple[DataUse, ...] = ()
    kind: Literal["fit", "loop", "search", "trial", "validation"] = "fit"
    parent: RunId | None = None  # the search that a trial belongs to
    so_far: bool = False  # a trial told before its search has ended: counts where the kernel died before that
    values: Mapping[str, str] = field(default_factory=dict)  # plain ones that the namespace held, of names in the cell
    line: int | None = None  # of its cell, which ran then


@record
class TrainingFinished:
    """The `fit` returned or raised. `model` is None when it was not kept; `note` then says why."""

    run: RunId
    at_ms: int
    outcome: Outcome
    error: Failure | None = None
    model: ModelBlob | None = None
    note: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)  # known only after the fit, as of a search
    values: Mapping[str, str] = field(default_factory=dict)  # of a training in steps: those that stayed throughout


@record
class ModelKept:
    """A model too large to be written within the cell is among the blobs now."""

    run: RunId
    at_ms: int
    model: ModelBlob


@record
class MetricMeasured:
    """A metric of one run's model, in whichever execution it was computed."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    name: str
    value: float  # may be nan or infinite: MLflow stores both, and so do we
    step: int = 0
    session: SessionId | None = None  # that measured it, where the run is of another


@record
class CurveMeasured:
    """A metric's whole history, as of a boosting's rounds or a network's epochs. As many steps as values."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    name: str
    values: tuple[float, ...]
    steps: tuple[int, ...] = ()  # empty: 0, 1, 2 …
    so_far: bool = False  # of a training that goes on: counts where the kernel died before it came to its end
    session: SessionId | None = None  # as above


@record
class TrackedElsewhere:
    """Another tracker has a run of its own for this training. The recorder completes one of MLflow's in its store."""

    run: RunId
    at_ms: int
    system: Literal["mlflow", "wandb", "comet"]
    id: str
    uri: str | None = None


@record
class RunDeleted:
    """The user deleted a run: it is shown no more, and what only it kept among the blobs is removed."""

    run: RunId
    at_ms: int


@record
class ReplayEnded:
    """A run's recipe was replayed, or could not be."""

    run: RunId
    at_ms: int
    verdict: Verdict


@record
class DataEvaluated:
    """A run's model predicted or was scored on this data."""

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    data: DataUse
    session: SessionId | None = None  # as above


@record
class RunMeasured:
    """A model of another session's run was measured here. What came of it lies beside that session's journal."""

    run: RunId
    session: SessionId  # the run's own
    at_ms: int


@record
class TrainingsLeftOut:
    """An execution trained more models than the setting max_runs_per_cell keeps as runs."""

    execution: ExecutionId
    at_ms: int
    kept: int
    left_out: int


@record
class MetricLeftOut:
    """One place of a cell measured a metric again and again, with no new prediction: from now on it is not written.

    Where it `is_thinned`, there were new predictions: from now on some points are written, and the last one.
    """

    run: RunId
    execution: ExecutionId | None
    at_ms: int
    name: str
    times: int
    is_thinned: bool = False


@record
class CapturePaused:
    """The user switched capture off: nothing is recorded until it is resumed."""

    at_ms: int


@record
class CaptureResumed:
    """The user switched capture on again."""

    at_ms: int


@record
class CaptureFailed:
    """Something of ours went wrong. The runs of this execution are marked incomplete."""

    at_ms: int
    where: str
    reason: str
    execution: ExecutionId | None = None
    run: RunId | None = None


@record
class SessionEnded:
    """Written by whoever saw the kernel end: the server or the engine, never the kernel."""

    at_ms: int
    how: Literal["shut down", "died", "restarted"]


@record
class NotebookExecuted:
    """The engine kept the executed notebook. `failed` names the execution that ended it early."""

    at_ms: int
    output: str | None
    sha256: str
    failed: ExecutionId | None = None
    error: Failure | None = None


OfASession = SessionStarted | NotebookNamed | ClientSeen | GitSeen | DistributionsSeen | NotebookExecuted | SessionEnded
OfAnExecution = (
    ExecutionStarted
    | ExecutionEnded
    | ExecutionFinished
    | OutputsShown
    | FilesDigested
    | CellIdentified
    | ExecutionPlaced
)
OfATraining = TrainingStarted | TrainingFinished | ModelKept | MetricMeasured | CurveMeasured | DataEvaluated
OfARun = TrackedElsewhere | RunDeleted | ReplayEnded | RunMeasured | MetricLeftOut
OfCapture = TrainingsLeftOut | CapturePaused | CaptureResumed | CaptureFailed
Event = OfASession | OfAnExecution | OfATraining | OfARun | OfCapture
