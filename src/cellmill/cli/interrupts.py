"""Ctrl-C without an exception.

Python raises KeyboardInterrupt wherever the main thread happens to be; in a destructor or a callback it is printed
and lost, and the user has pressed in vain.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENOUGH = 3


@contextmanager
def interrupts(pressed: Callable[[], None]) -> Iterator[None]:
    """Call `pressed` at each Ctrl-C, and at SIGTERM; from the third on KeyboardInterrupt is raised as well.

    `pressed` is called between two instructions of the main thread, so it takes no lock. Only for the main thread.
    """
    times = 0

    def heard(number: int, frame: FrameType | None) -> None:
        nonlocal times
        times += 1
        pressed()
        if times >= ENOUGH:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
