"""One trial of a sweep: the notebook with its parameters in a kernel of its own, captured like any other session."""

import copy
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.capture.hosting import engine_environment
from cellmill.capture.journal import append_once
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError, CellTimedOut, KernelDied
from cellmill.core.events import CellIdentified, Event, SessionEnded
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.ports import CellRan, Kernels, LiveKernel
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.core.sweeps import SweepTrial, TrialState
from cellmill.executors.asking import ask
from cellmill.executors.ends import end_of
from cellmill.notebook.parameters import INJECTED_TAG
from cellmill.notebook.plain import as_bytes, inject_parameters, runs, tags_of

LOOK_S = 0.5  # how often a trial is asked how far it has come
INTERRUPT_S = 10.0  # how long one that is not wanted any more is interrupted before its kernel is killed
NOTEBOOK_MODE = 0o644


@dataclass
class Trials:
    """Runs trials of one notebook. Safe to use from several threads; `stop` ends those under way."""

    project: Project
    notebook: Path
    document: Mapping[str, Any]
    folder: Path
    metric: str
    kernels: Kernels
    kernel: str | None = None
    timeout_s: float | None = None
    report: Callable[[int, int, float], bool] = lambda number, step, value: False
    """Told of a trial's number, a step and the metric there; answers whether the trial is to be given up."""
    _alive: dict[int, LiveKernel] = field(default_factory=dict)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def stop(self, *, at_once: bool = False) -> None:
        """Interrupt what runs, or kill it; no further trial begins."""
        self._stopped.set()
        for kernel in list(self._alive.values()):
            if at_once:
                kernel.kill()
            else:
                kernel.interrupt()

    def run(self, number: int, parameters: Mapping[str, Any]) -> SweepTrial | None:
        """Run one trial. What goes wrong in it is its outcome; None when it was stopped."""
        if self._stopped.is_set():
            return None
        session = new_session_id()
        document = copy.deepcopy(dict(self.document))
        inject_parameters(document, dict(parameters))
        for cell in document["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        going = _Going(self, number, session, document)
        started_ms = now_ms()
        try:
            with self.kernels.start(
                notebook=self.notebook,
                cwd=self.notebook.parent,
                kernel=self.kernel or self.document["metadata"].get("kernelspec", {}).get("name"),
                environment=engine_environment(session, self.notebook),
            ) as kernel:
                self._alive[number] = kernel
                try:
                    going.run(kernel)
                finally:
                    self._alive.pop(number, None)
        except KernelDied as error:
            going.error = f"its kernel died{f': {error.words}' if error.words else ''}"
        except CellTimedOut as error:
            going.error = f"a cell took longer than {error.seconds:g} s"
        output = going.keep()
        if self._stopped.is_set() and not going.is_whole:
            return None
        return going.outcome(parameters, started_ms, output)


class _Going:
    """A trial while it runs."""

    def __init__(self, trials: Trials, number: int, session: SessionId, document: dict[str, Any]) -> None:
        self._trials = trials
        self._number = number
        self._session = session
        self._document = document
        self._reader = SessionReader(trials.project, session)
        self.error: str | None = None
        self.is_whole = False
        self._is_pruned = False
        self._steps: dict[int, float] = {}
        self._value: float | None = None

    def run(self, kernel: LiveKernel) -> None:
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(kernel, ended), daemon=True)
        watch.start()
        try:
            self._cells(kernel)
        finally:
            ended.set()
            watch.join()
        if self.is_whole and self._trials.metric.isidentifier():
            value = ask(kernel, f"repr(float({self._trials.metric}))", timeout_s=60)
            try:
                self._value = None if value is None else float(value)
            except (ValueError, TypeError):
                self._value = None  # the notebook has a `repr` or `float` of its own

    def _cells(self, kernel: LiveKernel) -> None:
        for position, cell in enumerate(self._document["cells"]):
            if not runs(cell):
                continue
            if self._is_unwanted():
                return
            result = kernel.run(cell["source"], timeout_s=self._trials.timeout_s)
            _fill(cell, result)
            tags = tuple(tags_of(cell))
            self._write(CellIdentified(result.execution, cell["id"], tags))
            end = end_of(result, tags)
            if end is not None and end.failure is None:
                break
            if end is None and not (result.outcome == "interrupted" and self._is_unwanted()):
                continue
            if end is not None and end.failure is not None and not self._is_pruned:
                number = sum(1 for each in self._document["cells"][: position + 1] if _counts(each))
                self.error = f"cell {number} raised {end.failure.type}: {end.failure.message}"
            return
        self.is_whole = True

    def _is_unwanted(self) -> bool:
        return self._is_pruned or self._trials._stopped.is_set()

    def _watch(self, kernel: LiveKernel, ended: threading.Event) -> None:
        """Hear of the metric while it grows; end the trial when it is not worth going on with, or all are stopped."""
        unwanted_s: float | None = None
        while not ended.wait(LOOK_S):
            if not self._is_pruned and not self._trials._stopped.is_set():
                self._is_pruned = self._is_worse() and not ended.is_set()
            if self._is_pruned or self._trials._stopped.is_set():
                now_s = time.monotonic()
                unwanted_s = now_s if unwanted_s is None else unwanted_s
                # Not once: what arrives between two cells, or where a cell catches it, is lost.
                if now_s - unwanted_s < INTERRUPT_S:
                    kernel.interrupt()
                else:
                    kernel.kill()

    def _is_worse(self) -> bool:
        for step, value in self._curve().items():
            if step not in self._steps:
                self._steps[step] = value
                if self._trials.report(self._number, step, value):
                    return True
        return False

    def _curve(self) -> dict[int, float]:
        try:
            self._reader.poll()
        except (CellmillError, OSError):
            return {}
        runs = self._reader.session.runs if self._reader.session is not None else ()
        for run in reversed(runs):
            points = {m.step: m.value for m in run.metrics if m.name == self._trials.metric}
            if len(points) > 1:
                return points
        return {}

    def keep(self) -> Path:
        """Write the executed notebook."""
        make_folder(self._trials.folder, mode=0o777)
        path = self._trials.folder / f"{self._number:04d}.ipynb"
        write_atomically(path, as_bytes(self._document), mode=NOTEBOOK_MODE)
        self._write(SessionEnded(now_ms(), "shut down"))
        return path

    def outcome(self, parameters: Mapping[str, Any], started_ms: int, output: Path) -> SweepTrial:
        self._reader.poll()
        runs = self._reader.session.runs if self._reader.session is not None else ()
        metrics = _metrics(runs)
        state: TrialState = "pruned" if self._is_pruned else "finished" if self.is_whole else "failed"
        value = self._value if self._value is not None else named_metric(self._trials.metric, metrics)
        if state == "finished" and value is None:
            state = "failed"
            known = ", ".join(list(metrics)[:8]) or "none"
            self.error = f"it has no metric {self._trials.metric!r}, and no number of that name (metrics: {known})"
        return SweepTrial(
            number=self._number,
            parameters=dict(parameters),
            state=state,
            value=value if state == "finished" else None,
            session=self._session,
            started_ms=started_ms,
            ended_ms=now_ms(),
            output=self._trials.project.relative(str(output)),
            metrics=metrics,
            error=self.error,
            steps=dict(self._steps),
        )

    def _write(self, event: Event) -> None:
        journal = self._trials.project.outside_journal(self._session)
        if self._trials.project.journal(self._session).exists():  # else nothing is captured there
            append_once(journal, event)


def named_metric(name: str, metrics: Mapping[str, float]) -> float | None:
    """Return the metric of this name, or the only one whose name begins so; None where there is none."""
    if name in metrics:
        return metrics[name]
    beginning = [value for known, value in metrics.items() if known.startswith(f"{name}_")]
    return beginning[0] if len(beginning) == 1 else None


def _metrics(runs: tuple[Run, ...]) -> dict[str, float]:
    """The last metrics of the trial's runs; of a name that several have, the last run's."""
    found: dict[str, float] = {}
    for run in runs:
        if run.parent is None:
            found.update({name: value for name, value in run.last_metrics.items() if math.isfinite(value)})
    return found


def _fill(cell: dict[str, Any], result: CellRan) -> None:
    cell["outputs"], cell["execution_count"] = list(result.outputs), result.number


def _counts(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and INJECTED_TAG not in tags_of(cell)
