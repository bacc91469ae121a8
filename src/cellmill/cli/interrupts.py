"""What ends a command before its time: Ctrl-C without an exception, and the end of whoever started it.

Python raises KeyboardInterrupt wherever the main thread happens to be; in a destructor or a callback it is printed
and lost, and the user has pressed in vain.
"""

import os
import signal
import sys
import threading
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


def end_with_input() -> None:
    """Interrupt this process when its input ends: whoever holds the other end is gone, or wants no more of it."""
    # Started in the background, a process would ignore the signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1024):  # not through the buffer: Python's end would wait for its lock
            pass
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=watch, daemon=True).start()


def first_line_of_input() -> bytes:
    """Return what stands in the first line of the input; `end_with_input` then watches the rest."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            break
        line += byte
    return line
