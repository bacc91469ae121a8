"""Hears what the kernel sends to its front ends, whether or not one is listening.

Messages are noted where the kernel hands them to its sending thread, and looked at later in the background:
the user's cell pays some microseconds for each. See docs/decisions/010-outputs.md.
"""

import _thread
import json
import os
import re
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from cellmill.capture.blobs import keep_blob
from cellmill.capture.recording import Recording
from cellmill.core.clock import now_ms
from cellmill.core.events import OutputsShown
from cellmill.core.ids import ExecutionId

if TYPE_CHECKING:
    from cellmill.capture.outputs import Shown

# A long execution's outputs are written so often; a kernel that is killed loses what came since.
EVERY_S = 1.0
MOST_PENDING = 20_000_000  # bytes not looked at yet; more are let go, and it is said
_DELIMITER = b"<IDS|MSG>"
_KIND = re.compile(rb'"msg_type": ?"(\w+)"')  # with or without a space, as the kernel's encoder likes
_SHOWING = frozenset([b"stream", b"display_data", b"execute_result", b"update_display_data", b"clear_output"])


class OutputsTap:
    """Stands before the kernel's iopub thread."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._pending: list[tuple[str, bytes, bytes]] = []
        self._pending_bytes = 0
        self._lost = 0
        self._is_waiting = False
        self._executions: dict[ExecutionId, Shown] = {}
        self._undo: Callable[[], None] | None = None

    def install(self, kernel: Any) -> None:
        """Listen to this kernel from now on. Raises AttributeError where ipykernel is another than those known."""
        thread = kernel.iopub_thread
        original = thread.send_multipart

        def send_multipart(parts: Any, *args: Any, **kwargs: Any) -> Any:
            self._hear(parts)
            return original(parts, *args, **kwargs)

        thread.send_multipart = send_multipart
        self._undo = partial(vars(thread).pop, "send_multipart", None)

    def remove(self) -> None:
        """Listen no more, and write what was heard."""
        if self._undo is not None:
            self._undo()
            self._undo = None
        self.flush(is_over=True)

    def _hear(self, parts: Any) -> None:
        if self._recording.is_closed:  # in a forked child the lock may be held for ever
            return
        try:
            start = parts.index(_DELIMITER)
            found = _KIND.search(parts[start + 2])
            kind = found[1] if found is not None else b""
            if kind not in _SHOWING:
                if kind == b"status" and (self._pending or self._executions) and b'"idle"' in parts[start + 5]:
                    self._recording.later("outputs", partial(self.flush, is_over=True))
                return
            parent, content = bytes(parts[start + 3]), bytes(parts[start + 5])
        except Exception:  # noqa: BLE001 - a message of a shape that is not known; the user's goes on
            return
        with self._lock:
            if self._pending_bytes > MOST_PENDING:
                self._lost += 1
                return
            self._pending.append((kind.decode(), parent, content))
            self._pending_bytes += len(content)
            if self._is_waiting:
                return
            self._is_waiting = True
        # Not threading.Timer: a user who counts threads must count their own.
        _thread.start_new_thread(self._wait, ())

    def _wait(self) -> None:
        time.sleep(EVERY_S)
        with self._lock:
            self._is_waiting = False
        self._recording.later("outputs", partial(self.flush, is_over=False))

    def flush(self, *, is_over: bool) -> None:
        """Write what was heard. `is_over`: an execution has ended, so lines that are not ended go with it."""
        if os.getpid() == self._owner:
            with self._flushing:  # the background's, and the one when capture is unloaded
                self._flush(is_over)

    def _flush(self, is_over: bool) -> None:
        with self._lock:
            pending, self._pending, self._pending_bytes = self._pending, [], 0
            lost, self._lost = self._lost, 0
        for kind, parent, content in pending:
            execution = ExecutionId(json.loads(parent).get("msg_id", ""))
            if self._recording.keeps(execution):
                self._shown(execution).take(kind, json.loads(content))
        if lost:
            self._recording.failed("outputs", RuntimeError(f"{lost} messages came too fast to be kept"))
        for execution, shown in list(self._executions.items()):
            over = is_over and not self._recording.runs(execution)
            given = shown.hand_out(is_over=over)
            if any(given):
                self._recording.write(OutputsShown(execution, now_ms(), *given))
            if over:
                del self._executions[execution]

    def _shown(self, execution: ExecutionId) -> "Shown":
        from cellmill.capture.outputs import Shown  # not for a kernel's start

        if execution not in self._executions:
            keep = partial(keep_blob, self._recording.project)
            self._executions[execution] = Shown(keep, self._recording.mask)
        return self._executions[execution]
