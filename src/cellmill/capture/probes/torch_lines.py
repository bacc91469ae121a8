"""Which plain PyTorch loop is the calling code's? Cells, tasks and threads that train at one time have one each."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cellmill.capture.probes.torch_loop import Loop, Part
from cellmill.capture.probes.torch_losses import Pending
from cellmill.capture.recording import Recording
from cellmill.core.ids import ExecutionId

# A thread that trains is looked at so often: one of a pool lives on when its training has ended.
LOOK_EVERY_S = 0.5


@dataclass(eq=False)
class Line:
    """What a cell with its tasks, or a thread of the user's, is in the middle of."""

    pending: Pending
    current: Loop | None = None
    ended: list[Part] = field(default_factory=list)
    """What was trained there earlier, as long as the cell runs."""
    waiting: Part | None = None
    """Other parameters have been stepped once: a new training, or one that takes turns with the current."""
    known: dict[int, Part] = field(default_factory=dict)
    """The parts of the current training, by the ids of their optimisers."""
    part: Part | None = None
    in_step: bool = False
    is_watched: bool = False
    """Whether a thread of ours waits for this one to end its training."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def wants_example(self) -> bool:
        """Whether the first rows of what the model is given are still to be had."""
        return self.current is not None and self.current.wants_example

    def follow(self, loop: Loop, end: Callable[[Loop], object]) -> None:
        """Call this when the task, or the thread, that goes on with a training has ended that."""
        loop.is_followed = True
        if loop.task is not None and loop.thread is threading.current_thread():
            loop.task.add_done_callback(lambda _: end(loop))
            return
        with self.lock:
            if self.is_watched:
                return
            self.is_watched = True
        threading.Thread(target=self._watch, args=(end,), name="cellmill-loop", daemon=True).start()

    def _watch(self, end: Callable[[Loop], object]) -> None:
        while True:
            with self.lock:
                loop = self.current
                if loop is None or not loop.is_running():
                    self.is_watched = False
                    break
            loop.thread.join(LOOK_EVERY_S)
            if not loop.thread.is_alive() and len(loop.threads) > 1:
                time.sleep(LOOK_EVERY_S / 10)  # for another that shares its model
        if loop is not None:
            end(loop)

    def clear(self) -> None:
        """The training is over."""
        self.current = self.waiting = self.part = None
        self.pending.clear()
        self.known, self.ended = {}, []


class Lines:
    """Those of a kernel."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._own = threading.local()
        self._of_cells: dict[tuple[ExecutionId, int], Line] = {}
        self._training: dict[int, Line] = {}

    def here(self) -> Line:
        """Return the calling code's. Asked at each step: a thread of the user's has none of the cells'."""
        execution = self._recording.execution_here()
        line: Line | None
        if execution is None:
            line = getattr(self._own, "line", None)
            if line is None:
                line = self._own.line = Line(self._pending())
            return line
        key = (execution, threading.get_ident())
        line = self._of_cells.get(key)
        if line is None:
            for other, known in list(self._of_cells.items()):
                if known.current is None and not self._recording.runs(other[0]):
                    self._of_cells.pop(other, None)
            line = self._of_cells[key] = Line(self._pending())
        return line

    def _pending(self) -> Pending:
        """Return the losses of the calling thread: a cell may make the step of which the cell before has the loss."""
        pending: Pending | None = getattr(self._own, "pending", None)
        if pending is None:
            pending = self._own.pending = Pending(self._recording)
        return pending

    def begins(self, line: Line) -> None:
        """A training has begun there."""
        self._training[id(line)] = line

    def ends(self, line: Line) -> None:
        """It is over."""
        self._training.pop(id(line), None)
        line.clear()

    def left(self, here: Line) -> list[Line]:
        """Return the others whose cell was left without its end being seen."""
        runs = self._recording.runs
        lines = [(line, line.current) for line in list(self._training.values()) if line is not here]
        return [line for line, loop in lines if loop is not None and not loop.is_followed and not runs(loop.execution)]

    def part_elsewhere(self, key: frozenset[int]) -> Part | None:
        """Return the part with these parameters of a training that goes on, which the calling thread takes part in."""
        for loop in [line.current for line in list(self._training.values()) if line.current is not None]:
            for part in loop.parts:
                if part.trains(key):
                    loop.threads.add(threading.current_thread())
                    return part
        return None
