"""Kernels started and spoken to by ourselves: no fixed wait stands between a cell and the next one."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import zmq

from cellmill.core.clock import now_ms
from cellmill.core.errors import CellTimedOut, KernelDied, KernelMissing
from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.files import words_of
from cellmill.core.ids import ExecutionId
from cellmill.core.ports import CellRan
from cellmill.core.project import find_project
from cellmill.core.words import shown_path
from cellmill.executors.channels import Channels, Message, Unreadable
from cellmill.executors.processes import ManagedProcess, OwnProcess, signal_group, wait_for_end
from cellmill.executors.shown import Displays, Shown, try_failure
from cellmill.executors.specs import spec_of, try_spec
from cellmill.executors.warm.wanted import imports_of, journalled, worth_importing

LOOK_S = 0.5  # how often a silent kernel is looked at: is it still there?
LEAVE_S = 5.0
INTERRUPT_S = 10.0


class HungAtStart(Exception):
    """It lives, and does not answer."""


class LocalKernels:
    """Kernels in processes of this machine."""

    @contextmanager
    def start(
        self,
        *,
        notebook: Path,
        cwd: Path,
        kernel: str | None,
        environment: Mapping[str, str | None],
        warm: bool = True,
        interpreter: Path | None = None,
        timeout_s: float = 60,
    ) -> Iterator["LocalKernel"]:
        """See `Kernels`."""
        env = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
        with TemporaryFile() as said:
            which = kernel if interpreter is None else interpreter
            live = _started(notebook, cwd, which or "python3", env, said, warm, timeout_s)
            try:
                yield live
                live.leave()
            finally:
                live.end()


def _started(
    notebook: Path, cwd: Path, kernel: str | Path, env: dict[str, str], said: Any, warm: bool, timeout_s: float
) -> "LocalKernel":
    for attempt in (1, 2):
        process = _process(notebook, cwd, kernel, env, said, warm=warm and attempt == 1)
        live = LocalKernel(process, notebook, said)
        try:
            live.get_ready(timeout_s)
        except HungAtStart:
            live.end()
            if attempt == 2:
                words = f"it did not answer within {timeout_s:g} s"
                raise KernelDied(notebook=shown_path(notebook), output=None, words=words) from None
        except KernelDied:  # perhaps because a port was taken between its choice and its use
            live.end()
            if attempt == 2:
                raise
            said.seek(0)
            said.truncate()
        except BaseException:
            live.end()
            raise
        else:
            return live
    raise AssertionError("the second attempt returns or raises")


def _process(
    notebook: Path, cwd: Path, kernel: str | Path, env: dict[str, str], said: Any, *, warm: bool
) -> OwnProcess | ManagedProcess:
    """`kernel` is the name of one, or an interpreter whose kernels are installed nowhere."""
    spec = try_spec(kernel) if isinstance(kernel, str) else spec_of(kernel)
    warm = warm and isinstance(kernel, str)  # an interpreter of its own is not for long
    wanted = worth_importing(imports_of(notebook)) if warm else ()
    project = journalled(find_project(notebook.parent)) if warm else None
    try:
        if spec is None:
            return ManagedProcess(str(kernel), cwd=cwd, environment=env, said=said)
        return OwnProcess(spec, cwd=cwd, environment=env, said=said, warm=warm, wanted=wanted, project=project)
    except (FileNotFoundError, PermissionError) as error:
        if error.filename in (None, str(cwd)) or (spec is not None and error.filename != spec.command[0]):
            raise
        # What its kernelspec names: most often of an environment that was removed.
        broken = f"{error.filename} cannot be run ({words_of(error)})"
        raise KernelMissing(str(kernel), broken=broken) from error


class LocalKernel:
    """A `LiveKernel`. `note` says why it is cold though a warm one was wanted."""

    def __init__(self, process: OwnProcess | ManagedProcess, notebook: Path, said: Any) -> None:
        self._process = process
        self._channels = Channels(process.info)
        self._notebook = notebook
        self._said = said
        self._displays = Displays()
        self._poller = zmq.Poller()
        self._poller.register(self._channels.shell, zmq.POLLIN)
        self._poller.register(self._channels.iopub, zmq.POLLIN)
        if process.ends is not None:
            self._poller.register(process.ends, zmq.POLLIN)
        self.pid = process.pid
        self.is_warm = process.is_warm
        self.note = process.note
        self.language: dict[str, Any] = {}
        """What a notebook keeps as `language_info`."""

    def interrupt(self) -> None:
        """See `LiveKernel`."""
        self._process.interrupt()

    def kill(self) -> None:
        """See `LiveKernel`."""
        signal_group(self.pid, signal.SIGKILL)

    def tell(self, kind: str, content: Mapping[str, Any]) -> None:
        """Send a message that is not answered."""
        self._channels.send(self._channels.shell, kind, content)

    def get_ready(self, timeout_s: float) -> None:
        """Wait until it answers, on the channel of its replies and on that of its outputs. Raises `HungAtStart`."""
        channels, ends_s = self._channels, time.monotonic() + timeout_s
        channels.send(channels.shell, "kernel_info_request", {})
        has_replied = has_shown = False
        while not (has_replied and has_shown):
            ready = self._wait(LOOK_S)
            while (message := self._receive(channels.iopub)) is not None:
                has_shown = True
            while (message := self._receive(channels.shell)) is not None:
                has_replied = True
                self.language = message.content.get("language_info", {})
                if not has_shown:  # it was answered before our subscription had come
                    channels.send(channels.shell, "kernel_info_request", {})
            if not ready and time.monotonic() > ends_s:
                raise HungAtStart

    def _receive(self, socket: "zmq.Socket[bytes]") -> Message | None:
        try:
            return self._channels.receive(socket)
        except Unreadable:
            words = "it sent what is no message, as when a cell has replaced a part of Python that kernels need"
            raise KernelDied(notebook=shown_path(self._notebook), output=None, words=words) from None

    def run(
        self,
        source: str,
        *,
        timeout_s: float | None = None,
        silent: bool = False,
        expressions: Mapping[str, str] | None = None,
        heard: Callable[[Message, Shown], None] | None = None,
        waited: Callable[[], None] | None = None,
    ) -> CellRan:
        """See `LiveKernel`.

        `heard` takes each message that the cell sends, and gives to `Shown` what the cell is to show; `waited` is
        called now and then, also while nothing is heard.
        """
        channels, started_ms = self._channels, now_ms()
        request = channels.send(
            channels.shell,
            "execute_request",
            {
                "code": source,
                "silent": False,
                "store_history": not silent,
                "user_expressions": dict(expressions or {}),
                "allow_stdin": False,
                "stop_on_error": False,
            },
        )
        shown = Shown(self._displays)
        reply: dict[str, Any] | None = None
        is_idle = was_interrupted = False
        ends_s = None if timeout_s is None else time.monotonic() + timeout_s
        while reply is None or not is_idle:
            self._wait(LOOK_S if ends_s is None else max(0.0, min(LOOK_S, ends_s - time.monotonic())))
            if waited is not None:
                waited()
            while (message := self._receive(channels.iopub)) is not None:
                if message.parent == request:
                    is_idle |= message.kind == "status" and message.content["execution_state"] == "idle"
                    if heard is not None:
                        heard(message, shown)
                    else:
                        shown.take(message)
            while (message := self._receive(channels.shell)) is not None:
                if message.parent == request:
                    reply = message.content
            if ends_s is not None and time.monotonic() >= ends_s and (reply is None or not is_idle):
                if was_interrupted:
                    break  # it hears nothing: it is killed when its block is left
                was_interrupted, ends_s = True, time.monotonic() + INTERRUPT_S
                self.interrupt()
        if was_interrupted and timeout_s is not None:
            number = reply.get("execution_count") if reply else None
            raise CellTimedOut(notebook=shown_path(self._notebook), number=number, seconds=timeout_s)
        assert reply is not None
        return _ran(ExecutionId(request), reply, shown, started_ms)

    def leave(self) -> None:
        """Ask it to end, and wait until it has: what was registered for its exit runs."""
        if self._process.is_alive():
            self._channels.send(self._channels.control, "shutdown_request", {"restart": False})
            wait_for_end(self._process, LEAVE_S)

    def end(self) -> None:
        """See to it that it is gone."""
        self._channels.close()
        self._process.kill()

    def _wait(self, timeout_s: float) -> bool:
        """Wait for a message. Raises `KernelDied` when nothing is left to be heard of a kernel that has ended."""
        ready = dict(self._poller.poll(int(timeout_s * 1000)))
        heard = self._channels.shell in ready or self._channels.iopub in ready
        if not heard and not self._process.is_alive():
            raise KernelDied(notebook=shown_path(self._notebook), output=None, words=last_words(self._said))
        return heard


def _ran(request: ExecutionId, reply: dict[str, Any], shown: Shown, started_ms: int) -> CellRan:
    error = None
    outcome: Outcome = "ok"
    if reply["status"] == "error":
        error = Failure(reply["ename"], reply["evalue"], "\n".join(reply.get("traceback", ())))
        if error.type == "NoneType":  # IPython has shown what a value's display raised, and does not know it any more
            error = try_failure(shown.outputs) or error
        outcome = "interrupted" if error.type == "KeyboardInterrupt" else "error"
    elif reply["status"] == "aborted":
        outcome = "interrupted"
    answers = {
        name: answer["data"]["text/plain"]
        for name, answer in reply.get("user_expressions", {}).items()
        if answer.get("status") == "ok"
    }
    number = reply.get("execution_count")
    return CellRan(request, outcome, tuple(shown.outputs), error, number, started_ms, now_ms(), answers)


def last_words(said: Any) -> str:
    """Return the end of what a kernel wrote to its standard output and error."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return "\n".join(line for line in lines if " WARNING | " not in line)[-2_000:]
