"""Steps of a pipeline, run here: each a notebook in a kernel of its own, warm where there is a fork server."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from cellmill.capture.blobs import keep_blob
from cellmill.capture.hosting import engine_environment
from cellmill.capture.journal import append_once
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellFailed, CellmillError, CellTimedOut, KernelDied
from cellmill.core.event_parts import Failure
from cellmill.core.events import CellIdentified, Event, NotebookExecuted, SessionEnded
from cellmill.core.files import make_folder
from cellmill.core.ids import ExecutionId, SessionId
from cellmill.core.pipeline_runs import StepOutcome
from cellmill.core.ports import Progress, StepEnded, StepTask
from cellmill.core.project import Project
from cellmill.executors.asking import ask_each
from cellmill.executors.kernels import LocalKernel, LocalKernels
from cellmill.executors.notebooks import KernelExecutor
from cellmill.notebook.plain import read_plain

LONGEST_VALUE = 1_000_000
ASK_S = 60.0
HASH_SEED = "0"
_PLAIN = "__import__('json').dumps({name}, default=lambda value: value.tolist())"


class Stopped(Exception):
    """A step was given up before its end."""


class Stopping:
    """Ends kernels. Safe from any thread."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._at_once = False
        self._alive: set[LocalKernel] = set()

    def ask(self, *, at_once: bool = False) -> None:
        """Interrupt the kernels, or kill them `at_once`; none begins another cell."""
        self._at_once = self._at_once or at_once
        self.asked.set()
        for kernel in tuple(self._alive):
            kernel.kill() if at_once else kernel.interrupt()

    def check(self) -> None:
        """Raise `Stopped` if it was asked for."""
        if self.asked.is_set():
            raise Stopped

    def has(self, kernel: LocalKernel) -> None:
        """A kernel is about to run its cells. Raises `Stopped`."""
        self._alive.add(kernel)
        self.check()

    def lets_go(self, kernel: LocalKernel) -> None:
        """A kernel has ended."""
        self._alive.discard(kernel)


class Prepared:
    """Kernels that are started before their steps begin: on a second core a step need not wait for its kernel."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="kernel")
        self._starting: dict[SessionId, Future[tuple[ExitStack, LocalKernel]]] = {}

    def begin(self, task: StepTask) -> None:
        """Start the kernel of a step."""
        if task.session not in self._starting:
            self._starting[task.session] = self._pool.submit(self._started, task)

    @contextmanager
    def start(self, task: StepTask, **asked: Any) -> Iterator[LocalKernel]:
        """Give the kernel of a step: the one that was started for it, else a new one. See `Kernels.start`."""
        starting = self._starting.pop(task.session, None)
        if starting is None or starting.cancel() or starting.exception() is not None:
            with LocalKernels().start(**asked) as kernel:
                yield kernel
        else:
            stack, kernel = starting.result()
            with stack:
                yield kernel

    def close(self) -> None:
        """End what was started for nothing."""
        for starting in self._starting.values():
            if not starting.cancel():
                with suppress(CellmillError):
                    stack, kernel = starting.result()
                    kernel.kill()
                    stack.close()
        self._starting.clear()
        self._pool.shutdown()

    def _started(self, task: StepTask) -> tuple[ExitStack, LocalKernel]:
        notebook = Path(task.notebook)
        name = task.kernel or read_plain(notebook)["metadata"].get("kernelspec", {}).get("name") or "python3"
        with ExitStack() as stack:
            kernel = stack.enter_context(
                LocalKernels().start(
                    notebook=notebook,
                    cwd=notebook.parent,
                    kernel=name,
                    environment=_environment(task.session, notebook),
                    warm=task.warm,
                )
            )
            return stack.pop_all(), kernel
        raise AssertionError("the block returns or raises")


class LocalSteps:
    """A `StepExecutor` in processes of this machine."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="step")
        self._stopping = Stopping()
        self._prepared = Prepared()

    def submit(self, task: StepTask, told: Callable[[Progress], None]) -> Future[StepEnded]:
        """See `StepExecutor`."""
        return self._pool.submit(run_step_task, task, told, self._stopping, self._prepared)

    def prepare(self, task: StepTask) -> None:
        """See `StepExecutor`."""
        self._prepared.begin(task)

    def stop(self, *, at_once: bool = False) -> None:
        """See `StepExecutor`."""
        self._stopping.ask(at_once=at_once)

    def close(self) -> None:
        """See `StepExecutor`."""
        self._pool.shutdown(cancel_futures=True)
        self._prepared.close()


def local_steps(address: str, jobs: int, project: Project) -> LocalSteps:
    """Return the executor `local`, with as many steps at once as there are cores unless another number is given."""
    return LocalSteps(jobs or os.cpu_count() or 1)


def run_step_task(
    task: StepTask, told: Callable[[Progress], None], stopping: Stopping, prepared: Prepared | None = None
) -> StepEnded:
    """Run a step in this thread and process, and wait for its end. What goes wrong in it is its outcome."""
    started_ms = now_ms()
    values: dict[str, Any] = {}
    words: list[str] = []
    alive: list[LocalKernel] = []

    def started(kernel: LocalKernel) -> None:
        alive.append(kernel)
        stopping.has(kernel)

    def heard(progress: Progress) -> None:
        told(progress)
        stopping.check()  # an interrupt between two cells reaches none of them

    def finished(kernel: LocalKernel) -> None:
        values.update(_plain_values(kernel, task.asks))

    start = partial(prepared.start, task) if prepared is not None else None
    outcome, error = _outcome(task, heard, started, finished, words.append, start)
    for kernel in alive:
        stopping.lets_go(kernel)
    if outcome != "ok" and stopping.asked.is_set():
        outcome, error = "interrupted", None
    return StepEnded(task.key, outcome, started_ms, now_ms(), error, values, tuple(words))


def _outcome(
    task: StepTask,
    heard: Callable[[Progress], None],
    started: Callable[[LocalKernel], None],
    finished: Callable[[LocalKernel], None],
    say: Callable[[str], None],
    start: Callable[..., AbstractContextManager[LocalKernel]] | None,
) -> tuple[StepOutcome, str | None]:
    output = Path(task.output)
    executor = KernelExecutor(
        lambda notebook, output: _StepSession(task.session, Project(Path(task.root)), notebook, output, task.warm),
        otherwise=None,
        say=say,
        timeout_s=task.timeout_s,
        started=started,
        finished=finished,
        start=start,
    )
    try:
        make_folder(output.parent, mode=0o777)
        executor.execute(Path(task.notebook), output, task.parameters, kernel=task.kernel, progress=heard)
    except Stopped:
        return "interrupted", None
    except CellTimedOut as error:
        return "timed out", str(error.limited_by("a step's 'timeout' in pipeline.yaml"))
    except KernelDied as error:
        return "died", str(error)
    except (CellFailed, CellmillError, OSError) as error:
        return "failed", str(error)
    return "ok", None


def _environment(session: SessionId, notebook: Path) -> dict[str, str]:
    """All steps hash texts alike, as one kernel does: a set crosses in its order. The seed may be the user's own."""
    seed = os.environ.get("PYTHONHASHSEED", HASH_SEED)
    return {**engine_environment(session, notebook), "PYTHONHASHSEED": seed}


def _plain_values(kernel: LocalKernel, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of variables that JSON can carry; what else they hold stays where it is."""
    if not names:
        return {}
    asked = {name: _PLAIN.format(name=name) for name in names}
    answers = ask_each(kernel, asked, timeout_s=ASK_S)
    return {name: json.loads(text) for name, text in answers.items() if len(text) <= LONGEST_VALUE}


class _StepSession:
    """The outside of a step's session. Its runs are recorded by whoever runs the pipeline."""

    went_well = True

    def __init__(self, session: SessionId, project: Project, notebook: Path, output: Path, warm: bool) -> None:
        self.warm_kernels = warm
        self.environment: Mapping[str, str] = _environment(session, notebook)
        self._journal = project.journal(session)
        self._outside = project.outside_journal(session)
        self._project = project
        self._output = str(output)
        self._cells: list[Event] = []
        self._failed: ExecutionId | None = None
        self._error: Failure | None = None
        self._hidden: list[str] | None = None

    def cell_executed(self, *, execution: str, cell: str, tags: tuple[str, ...], error: Failure | None) -> None:
        """See `Watcher`. Written down together: a journal is opened once."""
        self._cells.append(CellIdentified(ExecutionId(execution), cell, tags))
        if error is not None:
            self._failed = ExecutionId(execution)
            self._error = Failure(error.type, error.message[:2_000])

    def hides(self, values: list[str] | None) -> None:
        """See `Watcher`."""
        self._hidden = values

    def executed(self, notebook: bytes) -> None:
        """See `Watcher`."""
        self._end(notebook, SessionEnded(now_ms(), "shut down"))

    def died(self, notebook: bytes) -> None:
        """See `Watcher`."""
        self._end(notebook, SessionEnded(now_ms(), "died"))

    def record(self) -> str:
        """See `Watcher`."""
        return ""

    def _end(self, notebook: bytes, ended: SessionEnded) -> None:
        if not self._journal.exists():
            return  # nothing is captured there
        kept: list[Event] = []
        if b'"training_started"' in self._journal.read_bytes():
            from cellmill.capture.masked_notebooks import mask_executed

            digest = keep_blob(self._project, mask_executed(notebook, self._hidden, self._journal))
            kept.append(NotebookExecuted(now_ms(), self._output, digest, self._failed, self._error))
        append_once(self._outside, *self._cells, *kept, ended)
