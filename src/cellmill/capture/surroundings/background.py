"""Work that the user's cell does not wait for: one thread of ours, started when it is first needed."""

import _thread
import atexit
import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

Failed = Callable[[str, Exception], None]

# A kernel that ends waits so long for what is not yet written: servers and engines kill it after five seconds.
PATIENCE_S = 4.0
# The thread ends when there was nothing to do for so long, and is started again.
QUIET_S = 5.0


class Background:
    """A queue of actions, done one after the other. In a forked child nothing is done."""

    def __init__(self, failed: Failed) -> None:
        """`failed` is told of an action that raised."""
        self._failed = failed
        self._owner = os.getpid()
        self._queue: SimpleQueue[tuple[str, Callable[[], None]]] = SimpleQueue()
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._idle = threading.Event()
        self._idle.set()

    @property
    def thread(self) -> int | None:
        """The number of the thread that does the work, as `threading.get_ident` gives it there."""
        return self._thread

    def do(self, name: str, action: Callable[[], None]) -> None:
        """Do an action some time later. `name` says what it was, should it fail."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self._idle.clear()
            self._queue.put((name, action))
            if self._thread is None:
                # Not threading.Thread: a user who counts threads must count their own.
                self._thread = _thread.start_new_thread(self._work, ())

    def finish(self, timeout_s: float = PATIENCE_S) -> bool:
        """Wait until all is done. Returns whether it was done in time."""
        return os.getpid() != self._owner or self._idle.wait(timeout_s)

    def finish_at_exit(self) -> None:
        """Wait for what is not yet done when the interpreter ends."""
        atexit.register(self.finish)

    def _work(self) -> None:
        while True:
            try:
                name, action = self._queue.get(timeout=QUIET_S)
            except Empty:
                with self._lock:
                    if self._queue.empty():
                        self._thread = None
                        return
                continue
            try:
                action()
            except Exception as error:  # noqa: BLE001 - the next action must have its turn
                self._failed(name, error)
            with self._lock:
                if self._queue.empty():
                    self._idle.set()
