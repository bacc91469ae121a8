"""The kernel's side: turns what happens into journal events. Knows no IPython.

Nothing here may raise into the user's cell. What goes wrong is written to the journal where that is
still possible, and kept in `trouble` where it is not.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from cellmill.capture.around import Around
from cellmill.capture.control import Control, ControlWatch, control_path
from cellmill.capture.ending import Ended
from cellmill.capture.failures import describe_failure
from cellmill.capture.folder import prepare_folder
from cellmill.capture.journal import JournalWriter
from cellmill.capture.lost import Lost
from cellmill.capture.names import Names, NamesSeen
from cellmill.capture.namespace_values import NamespaceValues
from cellmill.capture.secrets import excluded, switch_of
from cellmill.core.clock import now_ms
from cellmill.core.errors import FolderNotWritable
from cellmill.core.event_parts import LEFT_OUT, Failure, Outcome
from cellmill.core.events import (
    CaptureFailed,
    CapturePaused,
    CaptureResumed,
    Event,
    ExecutionEnded,
    ExecutionStarted,
    NotebookNamed,
    SessionStarted,
    TrainingsLeftOut,
)
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.project import Project
from cellmill.core.settings import Settings

# A method of a probe that fails so often on end is left out. Not at the first time: one odd object of the
# user's would cost all later runs a part of their record.
BREAKER = 3
CATCHING_UP_S = 0.02
_T = TypeVar("_T")
REMEMBERED = 1_000  # executions whose late output still finds them, or that were left out


class Recording:
    """One session's capture, from the kernel's start to its end."""

    def __init__(self, project: Project, settings: Settings, started: SessionStarted) -> None:
        """Open the session's journal. Raises `FolderNotWritable`."""
        self.project = project
        self.settings = settings
        self.started = started
        self.trouble: str | None = None
        self.failures: dict[str, None] = {}
        """What went wrong with us, each once, in the order it first did."""
        self.failing: dict[str, int] = {}
        """Methods of ours that failed when they were last called, and how often on end."""
        self.tripped: dict[str, str] = {}
        """Methods of ours that failed and are left out since, each with the reason."""
        self._said_left_out: set[tuple[str, ExecutionId | None]] = set()
        self._notebook = started.notebook
        self._control = ControlWatch(control_path(project, started.kernel))
        self._paused = False
        self._names = Names()
        self.values = NamespaceValues()
        self._open: dict[ExecutionId, tuple[int, float]] = {}
        """Executions that run now: the number of trainings seen in each, and when it began."""
        self._here: ContextVar[ExecutionId | None] = ContextVar("cellmill_execution", default=None)
        self.execution_here = self._here.get  # of a cell and its tasks; None in a thread of the user's own
        self._latest: ExecutionId | None = None
        self._is_off = False
        """Whether a cell with the comment `# cellmill: off` has run, and none with `on` since."""
        self._skipped: dict[ExecutionId, float] = {}
        """Executions that run now and are not recorded, with when they began."""
        self._ended: Ended | None = None
        self._kept: deque[ExecutionId] = deque(maxlen=REMEMBERED)
        self._left_out: dict[ExecutionId, None] = {}
        """Executions that were skipped: what they left running is not recorded either."""
        self._lost = Lost()
        self._around: Around | None = None
        self.ending: tuple[Outcome, Failure | None] = ("ok", None)
        """How the execution ends that is just coming to its end: for who is called then."""
        self.when_cell_ends: Callable[[ExecutionId, str | None], object] = lambda *_: None
        self._at_end: dict[ExecutionId, dict[str, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        prepare_folder(project)
        self._journal = JournalWriter(project.journal(started.session))
        self._journal.append(started)
        self._journal.close_in_children()

    # --- what others ask

    @property
    def paused(self) -> bool:
        """Whether the user has switched capture off, as of the last cell that began."""
        return self._paused

    @property
    def is_closed(self) -> bool:
        """Whether nothing is recorded any more: capture was unloaded, or this process is a forked child."""
        return self._journal.is_closed

    @property
    def notebook(self) -> str | None:
        return self._notebook

    @property
    def execution(self) -> ExecutionId | None:
        """The execution that the calling code belongs to; from a thread, the one that began last."""
        return self._here.get() or self._latest

    @property
    def is_recording(self) -> bool:
        """Whether what happens now is kept: a user's cell is running, or what one left running; and no pause."""
        return not (self._paused or self._journal.is_closed) and (
            self.execution in self._open or self._outlives_its_cell
        )

    @property
    def _outlives_its_cell(self) -> bool:
        """Whether the calling code is a task or a thread that goes on after its cell has ended."""
        if self.execution in self._left_out:
            return False
        if self._here.get() is not None:  # a task keeps the context that it was made in
            return True
        return self._latest is not None and threading.current_thread() is not threading.main_thread()

    def compare_names(self, user_names: dict[str, object]) -> None:
        """Compare this namespace with what it was, from the next cell on."""
        self._names, self.values = Names(user_names), NamespaceValues(user_names)

    def _names_seen(self, python: str | None, took_s: float, *, raised: bool) -> NamesSeen:
        seen = self._ask_names(lambda: self._names.after(python, took_s, raised=raised))
        return seen if seen is not None else self._names.after(python, took_s)

    def _ask_names(self, ask: Callable[[], _T]) -> _T | None:
        """Return the answer; None where it failed: the user's cell, or the kernel's loop, is not to hear of it."""
        try:
            return ask()
        except Exception as error:  # noqa: BLE001 - see above
            self.failed("names", error)
            self._names.give_up_comparing()
            return None

    def something_ran(self) -> None:
        """Code has run that is no cell of the user's, or a cell is about to say so itself."""
        self._names.something_ran()

    def catch_up(self, budget_s: float = CATCHING_UP_S, *, with_outside: bool = False) -> None:
        """The kernel is idle: look at objects that there was no time for, or that no cell has bound."""
        self.finish()
        self._ask_names(lambda: (self._names.learn if with_outside else self._names.catch_up)(budget_s))

    def _changed_outside(self) -> tuple[str, ...]:
        """Return the names bound since the last execution. While another still runs, they are its own."""
        alone = len(self._open) + len(self._skipped) <= 1
        names = self._ask_names(self._names.before) or ()
        return names if alone else ()

    def look_around(self, around: Around) -> None:
        """Look at this too, from the next cell on."""
        self._around = around

    # --- executions

    def execution_started(
        self, execution: ExecutionId, *, source: str, cell: str | None, number: int, tags: tuple[str, ...]
    ) -> None:
        """A cell is about to run."""
        self.finish()
        self._obey(self._control.look())
        if self._paused:
            return
        if not self._journal.is_there() and not self._started_anew():
            return
        self._here.set(execution)
        self._latest = execution
        self.values.cell_begins(source)
        switched = switch_of(source)
        is_off, self._is_off = self._is_off or switched is False, self._is_off if switched is None else not switched
        skipped = "the notebook is switched off" if is_off else excluded(source, tags, self.settings.exclude)
        if skipped is not None:
            self._skipped[execution] = time.perf_counter()
            self._left_out[execution] = None
            if len(self._left_out) > REMEMBERED:
                del self._left_out[next(iter(self._left_out))]
            source = f"{LEFT_OUT}{skipped}"
        else:
            self._open[execution] = (0, time.perf_counter())
            self._kept.append(execution)
        seen = self._around.before() if self._around is not None else {}
        outside = self._changed_outside()
        self.write(ExecutionStarted(execution, now_ms(), number, source, cell, tags, outside=outside, **seen))

    def execution_finished(
        self,
        execution: ExecutionId,
        *,
        python: str | None,
        outcome: Outcome,
        error: Failure | None,
        transformed: str | None = None,
        soon: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        """A cell has run. `python` is its source as Python, None where it never became any.

        `transformed` is the same where magics had to be transformed for it. `soon` calls back once the cell's reply
        is sent: the user does not wait then until the names are compared. Of a cell that raised all is written here.
        """
        self.ending = (outcome, error)
        self._come_to_the_end(execution)
        self.when_cell_ends(execution, python)
        is_skipped = execution in self._skipped
        trainings, began_s = self._open.pop(execution, (None, self._skipped.pop(execution, 0.0)))
        if trainings is None and not is_skipped:
            if self._paused and self.settings.capture:  # what it changes, no cell of the record has changed
                self._ask_names(lambda: self._names.ran_unrecorded(python, raised=outcome != "ok"))
            return  # began before capture did, or while it was paused
        most = self.settings.max_runs_per_cell
        if trainings is not None and trainings > most:
            self.write(TrainingsLeftOut(execution, now_ms(), most, trainings - most))
        took_s = time.perf_counter() - began_s
        self._ended = Ended(execution, now_ms(), outcome, error, python, transformed, took_s, is_skipped)
        if soon is None or outcome != "ok":
            self.finish()
        else:
            self.write(ExecutionEnded(execution, self._ended.at_ms, outcome))
            soon(self.finish)
        if trainings and self._around is not None:
            self._around.look_at_git()
        self._here.set(None)

    def finish(self) -> None:
        """Write what took part in the execution that ended last, where that is still to be done."""
        with self._lock:
            ended, self._ended = self._ended, None
        if ended is None:
            return
        try:
            found = self._names_seen(ended.python, ended.took_s, raised=ended.outcome != "ok")
            seen: dict[str, Any] = {}
            if self._around is not None and ended.is_skipped:
                self._around.pass_over(ended_ms=ended.at_ms)
            elif self._around is not None:
                seen = self._around.after(ended.execution, ended.python or "", found.reads, ended_ms=ended.at_ms)
            self.write(ended.finished(found, seen))
        except Exception as error:  # noqa: BLE001 - the kernel's loop would print it, or the user's next cell wait
            self.failed("after the cell", error)

    def hidden(self) -> list[str]:
        """Return the values that are masked for being those of environment variables: for whoever runs this kernel."""
        return self._journal.masker.hidden()

    def mask(self, text: str) -> str:
        """Return a text as it may be kept: what is secret in it masked."""
        return self._journal.masker.mask(text)

    def runs(self, execution: ExecutionId) -> bool:
        """Whether an execution has not ended yet."""
        return execution in self._open

    def keeps(self, execution: ExecutionId) -> bool:
        """Whether what an execution shows is kept: it runs or has run, and was not left out."""
        return execution in self._kept

    def counts_training(self) -> bool:
        """Count a training of the cell that runs now. Returns whether it is still to be kept as a run."""
        execution = self.execution
        if execution is None:
            return False
        if execution not in self._open:
            return self._outlives_its_cell
        trainings, began_s = self._open[execution]
        self._open[execution] = (trainings + 1, began_s)
        return trainings < self.settings.max_runs_per_cell

    def at_end(self, name: str, action: Callable[[], None]) -> None:
        """Call an action once, when the execution that runs now has ended; under a name, so twice is once."""
        execution = self.execution
        if execution is not None and execution in self._open:
            self._at_end.setdefault(execution, {}).setdefault(name, action)

    def _come_to_the_end(self, execution: ExecutionId) -> None:
        for name, action in self._at_end.pop(execution, {}).items():
            try:
                action()
            except Exception as error:  # noqa: BLE001 - a probe's, and the cell is over
                self.failed(name, error)

    def later(self, name: str, action: Callable[[], None]) -> None:
        """Do something that the user's cell need not wait for."""
        if self._around is not None:
            self._around.later(name, action)
        else:
            action()

    # --- writing

    def write(self, event: Event) -> None:
        """Append an event. A full disk or a lost folder ends capture, with the reason in `trouble`."""
        try:
            self._journal.append(event)
            self.trouble = None
            for said in self._lost.said():
                self._journal.append(said)
        except OSError as error:
            self.trouble = f"the journal cannot be written ({error.strerror or error})"
            self._lost.add(event, self.execution)

    def _started_anew(self) -> bool:
        """Start the journal again after it was removed. Returns whether that could be done."""
        try:
            prepare_folder(self.project)
            self._journal.reopen(self.started)
        except FolderNotWritable as error:
            self.trouble = f"{error.folder} cannot be written ({error.reason})"
            return False
        except OSError as error:
            self.trouble = f"the journal cannot be written ({error.strerror or error})"
            return False
        return True

    def failed(self, where: str, error: BaseException, *, run: RunId | None = None) -> None:
        """Something of ours went wrong: the run, or the execution, is marked incomplete."""
        failure = describe_failure(error)
        reason = f"{failure.type}: {failure.message}"
        self.failures[f"{where}: {reason}"] = None
        self.write(CaptureFailed(now_ms(), where, reason, self.execution, run))

    def count_failure(self, method: str, error: BaseException) -> None:
        """A method of ours failed. One that fails again and again is left out from now on."""
        self.failing[method] = self.failing.get(method, 0) + 1
        if self.failing[method] >= BREAKER:
            self.tripped[method] = type(error).__name__

    def leaves_out(self, method: str, name: str) -> bool:
        """Whether a method is left out. It is said once in each execution that goes without it."""
        reason = self.tripped.get(method)
        if reason is None:
            return False
        if (method, self.execution) not in self._said_left_out:
            self._said_left_out.add((method, self.execution))
            said = f"left out since an earlier {reason} of ours; %cellmill resume tries it again"
            self.write(CaptureFailed(now_ms(), name, said, self.execution))
        return True

    def try_everything_again(self) -> None:
        """Call what was left out after an error again: the user has resumed capture."""
        self.failing.clear()
        self.tripped.clear()
        self._said_left_out.clear()
        if self._around is not None:
            self._around.forget_failures()

    def close(self) -> None:
        """Give the journal back."""
        self.finish()
        if self._around is not None:
            self._around.close()
        self._open.clear()
        self._journal.close()

    # --- being told

    def _obey(self, control: Control) -> None:
        if control.notebook is not None and control.notebook != self._notebook:
            self._notebook = control.notebook
            self.write(NotebookNamed(now_ms(), control.notebook))
        paused = control.paused or not self.settings.capture
        if paused != self._paused:
            self._paused = paused
            if not paused:
                self.try_everything_again()
                if self._around is not None:
                    self._around.pass_over(ended_ms=now_ms())
            self.write(CapturePaused(now_ms()) if paused else CaptureResumed(now_ms()))


_current: Recording | None = None


def current_recording() -> Recording | None:
    """Return the recording of this process, None where nothing is captured."""
    return _current


def try_recording(project: Project, settings: Settings, started: SessionStarted) -> tuple[Recording | None, str | None]:
    """Return a recording and None, or None and the sentence that says why there is none."""
    global _current
    try:
        _current = Recording(project, settings, started)
        return _current, None
    except FolderNotWritable as error:
        return None, str(error)
