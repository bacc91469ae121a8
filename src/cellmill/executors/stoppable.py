"""Kernels that can all be told to stop at once, by whoever started them."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cellmill.core.ports import Kernels, LiveKernel

AGAIN_S = 0.3  # a kernel between two cells does not hear an interrupt
PATIENCE_S = 5.0


class StoppableKernels:
    """A `Kernels` that knows which of its kernels live. `stop` may be called from a signal's handler."""

    def __init__(self, kernels: Kernels) -> None:
        self._kernels = kernels
        self._alive: list[LiveKernel] = []
        self.is_stopped = False

    def stop(self) -> None:
        """Interrupt every cell that runs, end kernels that do not listen, and let none begin. Returns at once."""
        if not self.is_stopped:
            self.is_stopped = True
            threading.Thread(target=self._end, daemon=True).start()

    @contextmanager
    def start(self, **given: Any) -> Iterator[LiveKernel]:
        """See `Kernels`. Raises KeyboardInterrupt once it was stopped."""
        self.check()
        with self._kernels.start(**given) as kernel:
            self._alive.append(kernel)
            try:
                yield kernel
            finally:
                self._alive.remove(kernel)

    def check(self) -> None:
        """Raise KeyboardInterrupt if it was stopped."""
        if self.is_stopped:
            raise KeyboardInterrupt

    def _end(self) -> None:
        ends_s = time.monotonic() + PATIENCE_S
        while self._alive and time.monotonic() < ends_s:
            for kernel in list(self._alive):
                kernel.interrupt()
            time.sleep(AGAIN_S)
        for kernel in list(self._alive):
            if kernel.pid is not None:
                with suppress(OSError):
                    os.kill(kernel.pid, signal.SIGKILL)
