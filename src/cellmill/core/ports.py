"""What the capabilities ask of the world outside. One contract suite runs against every implementation."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.ids import ExecutionId, RunId, SessionId
from cellmill.core.models import RegisteredModel, Registration, Version
from cellmill.core.pipeline_runs import StepOutcome
from cellmill.core.runs import Run


@dataclass(frozen=True)
class Recorded:
    """A run as a store holds it. `digest` tells whether it is the run's present state."""

    run: RunId
    store_id: str  # MLflow's run id
    digest: str
    is_deleted: bool = False  # by the user, in the store: it stays deleted


@dataclass(frozen=True)
class RunFiles:
    """What goes with a run besides its numbers. Paths may be gone by the time they are read."""

    model: Path | None = None
    example: Path | None = None
    documents: Mapping[str, bytes] | None = None  # artifact path -> content


class RunStore(Protocol):
    """Keeps runs. Every method may raise `StoreUnreachable`, `StoreLocked` or `StoreRefused`."""

    @property
    def uri(self) -> str: ...

    def recorded(self, session: SessionId) -> dict[RunId, Recorded]:
        """Return what the store holds of a session: empty when it has never seen it."""
        ...

    def put(
        self, run: Run, files: RunFiles, *, digest: str, known: Recorded | None, parent: str | None = None
    ) -> Recorded:
        """Make the store's run equal to this one, creating it when `known` is None. Twice is as good as once.

        `parent` is the store's id of the run that it is shown under. A run that the user's own code has made
        in this store for the same training is completed: what it holds already is left as it is.
        """
        ...

    def delete(self, recorded: Recorded) -> None:
        """Put a run among the store's deleted ones. One that the user's own code has made is only let go."""
        ...


class ModelRegistry(Protocol):
    """Keeps registered models. Every method may raise the errors of `RunStore`."""

    def models(self) -> tuple[RegisteredModel, ...]:
        """Return every registered model by name, its versions newest first."""
        ...

    def register(self, registration: Registration, *, store_id: str) -> Version:
        """Make a version of the run's model.

        Raises `InvalidModelName`, `InvalidAlias` before anything is written, and `RunWithoutModel`
        when the store's run holds no model. Nothing is left behind when it raises.
        """
        ...


@dataclass(frozen=True)
class Progress:
    """How far a notebook has come: cell `done` of `total` has ended. Of one that ran, with what came of it."""

    done: int
    total: int
    number: int | None = None
    outcome: Outcome | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class CellRan:
    """What came of one execute request. `outputs` are nbformat's."""

    execution: ExecutionId
    outcome: Outcome
    outputs: tuple[Mapping[str, Any], ...]
    error: Failure | None
    number: int | None
    started_ms: int
    ended_ms: int
    expressions: Mapping[str, str] = field(default_factory=dict)
    """What was asked for by `expressions`, as text; one that failed is left out."""


class LiveKernel(Protocol):
    """A kernel that is ready."""

    pid: int | None
    is_warm: bool

    def run(
        self,
        source: str,
        *,
        timeout_s: float | None = None,
        silent: bool = False,
        expressions: Mapping[str, str] | None = None,
    ) -> CellRan:
        """Run a cell and wait for all that it shows. A silent one is in no history, and not captured.

        Raises `KernelDied`, and `CellTimedOut` after the cell was interrupted.
        """
        ...

    def interrupt(self) -> None:
        """Interrupt what runs. What comes between two cells is lost on the kernel. Safe from any thread."""
        ...

    def kill(self) -> None:
        """End it at once: whoever waits for a cell hears `KernelDied`. Safe from any thread."""
        ...


class Kernels(Protocol):
    """Starts kernels, each ended for sure when its block is left."""

    def start(
        self,
        *,
        notebook: Path,
        cwd: Path,
        kernel: str | None,
        environment: Mapping[str, str | None],
        warm: bool = True,
        interpreter: Path | None = None,
        timeout_s: float = 60,
    ) -> AbstractContextManager[LiveKernel]:
        """Start a kernel. `environment` is added to this process's own; None takes a variable away.

        `warm` allows one that is forked from a process that has imported already; `interpreter` is a Python to
        start instead of what the kernel's specification names. A start that hangs is killed and tried once more.
        Raises `KernelMissing`, `KernelDied`.
        """
        ...


@dataclass(frozen=True)
class StepTask:
    """A step of a pipeline as it is sent to where it runs, which may be another process. Paths are absolute."""

    key: str
    session: SessionId
    root: str
    """Of the project."""
    notebook: str
    output: str
    """Where the executed notebook goes."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    kernel: str | None = None
    timeout_s: float | None = None
    warm: bool = True
    asks: tuple[str, ...] = ()
    """Variables whose plain values are wanted at the end."""


@dataclass(frozen=True)
class StepEnded:
    """How a step ended. `error` is a sentence; `values` are those of the variables that hold plain ones."""

    key: str
    outcome: StepOutcome
    started_ms: int
    ended_ms: int
    error: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """Sentences for the user."""
    session: SessionId | None = None
    """The session that it ended in, where that may be another than the task's: it was begun twice."""


class StepExecutor(Protocol):
    """A place where steps of pipelines run: an entry point of `cellmill.executors` makes one.

    What is named there is called with the address (what stands behind `NAME://` in `--executor`, else empty), the
    number of steps that may run at once (0: as the place likes) and the project.
    """

    jobs: int
    """How many steps may run at once."""

    def submit(self, task: StepTask, told: Callable[[Progress], None]) -> "Future[StepEnded]":
        """Run a step when its turn comes. Whatever goes wrong in it is its outcome. `told` hears of its cells."""
        ...

    def prepare(self, task: StepTask) -> None:
        """A step will be submitted soon, with these notebook, kernel and session: get ready for it, or do nothing."""
        ...

    def stop(self, *, at_once: bool = False) -> None:
        """Interrupt what runs, which then ends as interrupted, or kill it `at_once`. Safe from any thread."""
        ...

    def close(self) -> None:
        """Give everything back; nothing runs any more."""
        ...


class NotebookExecutor(Protocol):
    """Runs a notebook from a clean kernel."""

    def execute(
        self,
        notebook: Path,
        output: Path,
        parameters: Mapping[str, Any],
        *,
        kernel: str | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        """Run every cell and keep the executed notebook at `output`, also when one fails.

        Raises `CellFailed`, `KernelDied`, `KernelMissing`, `FolderNotWritable`.
        """
        ...
