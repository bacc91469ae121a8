"""IPython's events, handed to the recording. Nothing here may raise, and nothing changes the user's shell."""

import ast
import asyncio
import atexit
import math
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from cellmill.capture.failures import describe_failure, outcome_of
from cellmill.capture.frames import clean_error
from cellmill.capture.probes import Probes
from cellmill.capture.recording import Recording
from cellmill.core.ids import ExecutionId

IDLE_S = 0.5
# Where a line begins or ends with a mark of IPython's, or a mark begins what is assigned: what is parsed to be sure.
_PERHAPS_MAGIC = re.compile(r"^[^\S\n]*[%!?]|\?[^\S\n]*$|=[^\S\n]*[%!]", re.MULTILINE)


class Hooks:
    """Watches the cells of one shell."""

    def __init__(self, shell: Any, kernel: Any, recording: Recording, probes: Probes) -> None:
        self._shell = shell
        self._kernel = kernel
        self._recording = recording
        self._probes: Probes | None = probes
        self._idle: asyncio.TimerHandle | None = None
        self._ended_s = 0.0
        """When the main shell's last cell ended; infinite while a cell runs."""

    def install(self) -> None:
        """Register with IPython."""
        self._shell.events.register("pre_execute", self._recording.finish)  # before silent requests too
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_execute", self._recording.something_ran)  # silent requests too
        self._shell.events.register("post_run_cell", self._after)
        atexit.register(self._recording.finish)
        original = self._shell.showtraceback

        def showtraceback(*args: Any, **kwargs: Any) -> Any:
            self._clean_traceback()
            return original(*args, **kwargs)

        self._shell.showtraceback = showtraceback

    def remove(self) -> None:
        """Leave the shell as it was."""
        if self._idle is not None:
            self._idle.cancel()
        atexit.unregister(self._recording.finish)
        self._shell.events.unregister("pre_execute", self._recording.finish)
        self._shell.events.unregister("pre_run_cell", self._before)
        self._shell.events.unregister("post_run_cell", self._after)
        self._shell.events.unregister("post_execute", self._recording.something_ran)
        self._shell.__dict__.pop("showtraceback", None)

    def _before(self, info: Any) -> None:
        self._ended_s = math.inf
        if not _is_users_own(info):
            return
        try:
            if self._probes is not None:
                self._probes.wait()
                self._probes = None
            self._recording.execution_started(
                self._execution(),
                source=info.raw_cell,
                cell=info.cell_id,
                # Not `execution_count`: newer IPython counts before this event, older after the cell.
                number=len(self._shell.history_manager.input_hist_parsed),
                tags=_tags(info),
            )
        except Exception as error:  # noqa: BLE001 - IPython would print it into the user's cell
            self._recording.failed("before the cell", error)

    def _after(self, result: Any) -> None:
        info = result.info
        if info is None or not _is_users_own(info):
            return
        try:
            error = result.error_before_exec or result.error_in_exec
            python = self._as_python(info.raw_cell)
            self._recording.execution_finished(
                self._execution(),
                python=python,
                outcome=outcome_of(error),
                error=describe_failure(error, with_traceback=True) if error is not None else None,
                transformed=python if python != info.raw_cell else None,
                soon=self._soon(),
            )
            self._catch_up_when_idle()
        except Exception as error:  # noqa: BLE001 - IPython would print it into the user's cell
            self._recording.failed("after the cell", error)

    def _catch_up_when_idle(self) -> None:
        """Look at large objects while nobody waits: not between the cells of a Run All."""
        if not self._is_main():
            return
        self._ended_s = time.monotonic()
        if self._idle is None:  # one timer for many cells: to set and cancel it costs more than to look at the time
            self._idle = self._loop().call_later(IDLE_S, self._perhaps_idle)

    def _perhaps_idle(self) -> None:
        self._idle = None
        left_s = self._ended_s + IDLE_S - time.monotonic()
        if left_s <= 0:
            self._recording.catch_up()
        elif left_s <= IDLE_S:
            self._idle = self._loop().call_later(left_s, self._perhaps_idle)

    def _soon(self) -> Callable[[Callable[[], None]], object] | None:
        """Return what calls back once the reply is sent, None where nobody sits and waits for it."""
        attended = self._recording.started.started_by != "engine"
        return self._loop().call_soon if attended and self._is_main() else None

    @staticmethod
    def _is_main() -> bool:
        """Whether this is no subshell: its loop ends with it."""
        return threading.current_thread() is threading.main_thread()

    @staticmethod
    def _loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def _execution(self) -> ExecutionId:
        """Return the request's `msg_id`: the server and the engine know the execution by it too."""
        return ExecutionId(self._kernel.get_parent("shell")["header"]["msg_id"])

    def _as_python(self, source: str) -> str | None:
        """Return a cell's source with its magics turned into calls, None where it is no Python even then."""
        if _PERHAPS_MAGIC.search(source) is None:
            return source  # whether it parses is found out where it is read
        try:
            ast.parse(source)
        except (SyntaxError, ValueError):
            try:
                transformed: str = self._shell.transform_cell(source)
            except SyntaxError:
                return None
            return transformed
        return source

    def _clean_traceback(self) -> None:
        """Our wrappers' frames are not the user's business."""
        clean_error(sys.exc_info()[1])


def _is_users_own(info: Any) -> bool:
    """Widgets, completers and variable inspectors run code too: silently, or without history."""
    return bool(info.store_history) and not info.silent


def _tags(info: Any) -> tuple[str, ...]:
    meta = getattr(info, "cell_meta", None) or {}
    tags = meta.get("tags") if isinstance(meta, dict) else None
    return tuple(str(tag) for tag in tags) if isinstance(tags, list) else ()
