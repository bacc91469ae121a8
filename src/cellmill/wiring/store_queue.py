"""What is kept in the store while others run: one after the other, in a thread. Trouble with it stops nothing."""

import queue
import threading
from collections.abc import Callable

from cellmill.core.errors import CellmillError
from cellmill.core.project import Project
from cellmill.wiring.projects import settings_of
from cellmill.wiring.store_process import StoreProcess


class StoreQueue:
    """Records in a thread of its own. Nothing is started before `warm`; what is given before waits for it."""

    def __init__(self, project: Project) -> None:
        self._store = StoreProcess(project, from_fork_server=settings_of(project).warm_kernels)
        self._queue: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._one_ended = threading.Event()
        self._is_given_up = False
        self._troubles: dict[str, None] = {}
        self._given = self._done = 0  # each is written by one thread

    @property
    def left(self) -> int:
        """How many wait for their turn, or have it."""
        return self._given - self._done

    @property
    def troubles(self) -> tuple[str, ...]:
        """What went wrong, each once."""
        return tuple(self._troubles)

    @property
    def has_begun(self) -> bool:
        """Whether something was to be recorded."""
        return self._thread is not None

    def warm(self) -> None:
        """Something will be recorded: MLflow is imported meanwhile."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._store.warm()
            self._thread.start()

    def give(self, record: Callable[[], object]) -> None:
        """Call what records one thing when its turn comes."""
        self._given += 1
        self._queue.put(record)

    def wait(self, timeout_s: float) -> None:
        """Wait until one more is recorded, at most so long."""
        self._one_ended.wait(timeout_s)
        self._one_ended.clear()

    def close(self) -> None:
        """Finish the one in hand, and leave the others."""
        if self._thread is not None:
            self._is_given_up = True
            self._queue.put(None)
            self._thread.join()
            self._store.close()

    def _work(self) -> None:
        while (record := self._queue.get()) is not None:
            if self._is_given_up:
                continue
            try:
                record()
            except (CellmillError, OSError) as error:
                self._troubles[str(error)] = None
            except Exception as error:  # noqa: BLE001 - without this thread whoever waits for it waits for ever
                words = f"Cellmill itself failed to record something ({type(error).__name__}: {error})"
                self._troubles[f"{words}. Please report it."] = None
            finally:
                self._done += 1  # also of what could not be recorded: nobody is to wait for it
                self._one_ended.set()
