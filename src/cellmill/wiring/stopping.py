"""How work of several parts at a time hears that one of them has ended, or that it shall end itself."""

import queue
from typing import Generic, TypeVar

# A signal that comes just before a wait is heard when the wait ends.
LOOK_S = 0.5

Happening = TypeVar("Happening")


class Stop(Generic[Happening]):
    """Asks work to end: once, and what is under way is interrupted; twice, and it is killed or left."""

    def __init__(self) -> None:
        self.happened: queue.SimpleQueue[Happening | None] = queue.SimpleQueue()
        self.times = 0

    def ask(self) -> None:
        """Ask it. May be called where a signal is handled: it takes no lock that another may hold."""
        self.times += 1
        self.happened.put(None)

    def next(self) -> Happening | None:
        """Wait for what happens next; None where that is that the work shall end, or nothing for a while."""
        try:
            return self.happened.get(timeout=LOOK_S)
        except queue.Empty:
            return None
