"""Sessions told event by event: what a kernel would have written, without a kernel."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil

from cellmill.capture.journal import append_once
from cellmill.capture.runs import fold
from cellmill.core.event_parts import DataUse, Failure, ModelBlob, Outcome
from cellmill.core.events import (
    CellIdentified,
    DataEvaluated,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    MetricMeasured,
    SessionStarted,
    TrainingFinished,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId, SessionId
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session
from cellmill.dataflow.footprint import Namespace, footprint
from cellmill.dataflow.magics import without_magics

RIDGE = "sklearn.linear_model.Ridge"
MODEL = ModelBlob(sha256="5" * 64, size_bytes=412, flavor="sklearn", requirements=("scikit-learn==1.9.1",))
FRAME = DataUse(name="X_train", context="training", digest="d1", rows=331, kind="pandas", target="y_train")
HELD_OUT = DataUse(name="X_test", context="evaluation", digest="d2", rows=111, kind="pandas")
NO_MEMORY = Failure("MemoryError", "64 GiB")


class Story:
    """One session. Its clock ticks a second with each event; the names of a cell come from its source."""

    def __init__(
        self,
        project: Project,
        *,
        notebook: str | None = "work.ipynb",
        session: str = "20260102T030405-00000001",
        is_alive: bool = False,
        pid: int | None = None,
    ) -> None:
        """`pid` is the kernel's process; without it the kernel is this process, or one that is gone."""
        self.project = project
        self.session = SessionId(session)
        self.now_ms = 1_760_000_000_000
        self.inside: list[Event] = []
        self.outside: list[Event] = []
        self._written = [0, 0]
        self._namespace = Namespace()
        self._execution: ExecutionId | None = None
        self._numbers = 0
        started = SessionStarted(
            session=self.session,
            at_ms=self.tick(),
            pid=pid or os.getpid(),
            # A pid with another start: a kernel that is gone.
            process_started_s=psutil.Process(pid).create_time() if is_alive or pid else 1.0,
            host=socket.gethostname(),
            kernel="kernel-1",
            root=str(project.root),
            cwd=str(project.root),
            notebook=str(project.root / notebook) if notebook is not None else None,
            started_by="server",
            python="3.11.7",
            executable="/usr/bin/python3",
            platform="Linux",
            cellmill="0.1.0",
        )
        self.says(started)

    # --- cells

    @contextmanager
    def cell(
        self,
        name: str,
        source: str,
        *,
        outcome: Outcome = "ok",
        error: Failure | None = None,
        cell: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> Iterator[ExecutionId]:
        """A cell runs, and what is told inside happens in it."""
        execution = self.begins(name, source, cell=cell, tags=tags)
        yield execution
        found = self._namespace.resolve(footprint(without_magics(source)))
        reads, writes = tuple(sorted(found.reads)), tuple(sorted(found.writes))
        self.says(ExecutionFinished(execution, self.tick(), outcome, reads, writes, error))
        self._execution = None

    def ran(
        self,
        name: str,
        source: str,
        *,
        outcome: Outcome = "ok",
        error: Failure | None = None,
        cell: str | None = None,
        tags: tuple[str, ...] = (),
    ) -> ExecutionId:
        """A cell ran in which nothing was seen."""
        with self.cell(name, source, outcome=outcome, error=error, cell=cell, tags=tags) as execution:
            return execution

    def begins(self, name: str, source: str, *, cell: str | None = None, tags: tuple[str, ...] = ()) -> ExecutionId:
        """A cell begins, and nobody says how it ends."""
        self._numbers += 1
        self._execution = ExecutionId(name)
        self.says(ExecutionStarted(self._execution, self.tick(), self._numbers, source, cell, tags))
        return self._execution

    # --- what is seen in them

    def trains(
        self,
        run: str,
        model_class: str = RIDGE,
        *,
        params: Mapping[str, str] | None = None,
        data: tuple[DataUse, ...] = (),
        model: ModelBlob | None = MODEL,
        note: str | None = None,
    ) -> RunId:
        """A training comes to its end."""
        begun = self.training_begins(run, model_class, params=params, data=data)
        self.says(TrainingFinished(begun, self.tick(), "ok", model=model, note=note))
        return begun

    def training_begins(
        self,
        run: str,
        model_class: str = RIDGE,
        *,
        params: Mapping[str, str] | None = None,
        data: tuple[DataUse, ...] = (),
    ) -> RunId:
        identity = RunId(run)
        library = model_class.partition(".")[0]
        self.says(TrainingStarted(identity, self._execution, self.tick(), library, model_class, params or {}, data))
        return identity

    def measures(self, run: RunId, name: str, value: float, *, step: int = 0) -> None:
        self.says(MetricMeasured(run, self._execution, self.tick(), name, value, step))

    def evaluates(self, run: RunId, data: DataUse = HELD_OUT) -> None:
        self.says(DataEvaluated(run, self._execution, self.tick(), data))

    # --- who writes

    def says(self, event: Event) -> None:
        """The kernel writes."""
        self.inside.append(event)

    def is_told(self, event: Event) -> None:
        """The server or the engine writes, from outside."""
        self.outside.append(event)

    def names_cell(self, execution: ExecutionId, cell: str, *tags: str) -> None:
        self.is_told(CellIdentified(execution, cell, tags))

    def tick(self) -> int:
        self.now_ms += 1000
        return self.now_ms

    # --- what comes of it

    def fold(self, *, is_alive: bool = False) -> Session:
        """Return the session, as one reader of both journals sees it."""
        found = fold([*self.inside, *self.outside], self.project, is_alive=is_alive)
        assert found is not None
        return found

    def runs(self, *, is_alive: bool = False) -> tuple[Run, ...]:
        return self.fold(is_alive=is_alive).runs

    def write(self) -> None:
        """Append to the journals on disk what has been told since the last time."""
        append_once(self.project.journal(self.session), *self.inside[self._written[0] :])
        if self.outside[self._written[1] :]:
            append_once(self.project.outside_journal(self.session), *self.outside[self._written[1] :])
        self._written = [len(self.inside), len(self.outside)]


def a_training(story: Story, run: str = "aa00000001", *, model: ModelBlob | None = MODEL) -> RunId:
    """Three cells: data is loaded, a ridge is fitted on it, and scored."""
    story.ran("load", "alpha = 0.5\nX_train, y_train = load()", cell="cell-load")
    with story.cell("fit", "model = Ridge(alpha=alpha).fit(X_train, y_train)", cell="cell-fit"):
        identity = story.trains(run, params={"alpha": "0.5", "tol": "0.0001"}, data=(FRAME,), model=model)
    with story.cell("score", "model.score(X_test, y_test)", cell="cell-score"):
        story.evaluates(identity)
        story.measures(identity, "Ridge_score_X_test", 0.75)
    return identity


@contextmanager
def a_process() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does nothing, and is killed at the end: a kernel's, say."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()
