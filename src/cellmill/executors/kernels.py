"""Kernels started and spoken to by ourselves: no fixed wait stands between a cell and the next one."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_client.manager import KernelManager
from nbformat.v4 import output_from_msg

from cellmill.core.clock import now_ms
from cellmill.core.errors import CellTimedOut, KernelDied, KernelMissing
from cellmill.core.events import Failure, Outcome
from cellmill.core.ids import ExecutionId
from cellmill.core.ports import CellRan, LiveKernel
from cellmill.core.words import shown_path

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
    ) -> Iterator[LiveKernel]:
        """See `Kernels`."""
        env = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
        with TemporaryFile() as said:
            manager, client = self._started(notebook, cwd, kernel or "python3", interpreter, env, said, timeout_s)
            try:
                yield ColdKernel(manager, client, notebook, said)
            finally:
                client.stop_channels()
                _end(manager)

    def _started(
        self,
        notebook: Path,
        cwd: Path,
        kernel: str,
        interpreter: Path | None,
        env: dict[str, str],
        said: Any,
        timeout_s: float,
    ) -> tuple[KernelManager, BlockingKernelClient]:
        for attempt in (1, 2):
            manager = KernelManager(kernel_name=kernel)
            if interpreter is not None:
                manager._kernel_spec = _specification_of(interpreter)  # its kernels are installed nowhere
            try:
                manager.start_kernel(cwd=str(cwd), env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
                client = _ready_client(manager, timeout_s, notebook, said)
            except NoSuchKernel as error:
                installed = tuple(sorted(KernelSpecManager().find_kernel_specs()))
                raise KernelMissing(error.name, installed=installed) from error
            except HungAtStart:
                _end(manager, now=True)
                if attempt == 2:
                    raise KernelDied(notebook=shown_path(notebook), output=None, words="it did not answer") from None
            except KernelDied:  # perhaps because a port was taken between its choice and its use
                _end(manager, now=True)
                if attempt == 2:
                    raise
                said.seek(0)
                said.truncate()
            except BaseException:
                _end(manager, now=True)
                raise
            else:
                return manager, client
        raise AssertionError("the second attempt returns or raises")


def _specification_of(interpreter: Path) -> KernelSpec:
    return KernelSpec(argv=[str(interpreter), "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python")


class ColdKernel:
    """A `LiveKernel` started from nothing."""

    is_warm = False

    def __init__(self, manager: KernelManager, client: BlockingKernelClient, notebook: Path, said: Any) -> None:
        self._manager = manager
        self._client = client
        self._notebook = notebook
        self._said = said
        self.pid: int | None = getattr(manager.provisioner, "pid", None)

    def interrupt(self) -> None:
        """See `LiveKernel`."""
        self._manager.interrupt_kernel()

    def run(
        self,
        source: str,
        *,
        timeout_s: float | None = None,
        silent: bool = False,
        expressions: Mapping[str, str] | None = None,
    ) -> CellRan:
        """See `LiveKernel`."""
        started_ms = now_ms()
        request: str = self._client.execute(
            source,
            store_history=not silent,
            user_expressions=dict(expressions or {}),
            allow_stdin=False,
            stop_on_error=False,
        )
        shown = _Shown()
        reply: dict[str, Any] | None = None
        is_idle = False
        ends_s = None if timeout_s is None else time.monotonic() + timeout_s
        was_interrupted = False
        shell, iopub = self._client.shell_channel, self._client.iopub_channel
        poller = zmq.Poller()
        poller.register(shell.socket, zmq.POLLIN)
        poller.register(iopub.socket, zmq.POLLIN)
        while reply is None or not is_idle:
            left_s = LOOK_S if ends_s is None else max(0.0, min(LOOK_S, ends_s - time.monotonic()))
            ready = dict(poller.poll(int(left_s * 1000)))
            if iopub.socket in ready:
                message = iopub.get_msg(timeout=0)
                if message["parent_header"].get("msg_id") == request:
                    is_idle |= message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
                    shown.take(message)
            if shell.socket in ready:
                message = shell.get_msg(timeout=0)
                if message["parent_header"].get("msg_id") == request:
                    reply = message["content"]
            if ready:
                continue
            if not self._manager.is_alive():
                raise KernelDied(notebook=shown_path(self._notebook), output=None, words=last_words(self._said))
            if ends_s is not None and time.monotonic() >= ends_s:
                if was_interrupted:
                    break  # it hears nothing: it is killed when its block is left
                was_interrupted, ends_s = True, time.monotonic() + INTERRUPT_S
                self.interrupt()
        if was_interrupted and timeout_s is not None:
            number = reply.get("execution_count") if reply else None
            raise CellTimedOut(notebook=shown_path(self._notebook), number=number, seconds=timeout_s)
        assert reply is not None
        return _ran(ExecutionId(request), reply, shown, started_ms)


class _Shown:
    """What a cell shows, as a notebook keeps it."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self._clear_next = False

    def take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self._clear_next = True
            if not content.get("wait"):
                self._clear()
        elif kind == "update_display_data":
            name = content.get("transient", {}).get("display_id")
            for output in self.outputs:
                if name is not None and output["metadata"].get("cellmill_display_id") == name:
                    output["data"] = content["data"]
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._clear()
            last = self.outputs[-1] if self.outputs else None
            if kind == "stream" and last is not None and last.get("name") == content["name"]:
                last["text"] += content["text"]
                return
            output = output_from_msg(message)
            name = content.get("transient", {}).get("display_id")
            if name is not None:
                output["metadata"]["cellmill_display_id"] = name
            self.outputs.append(output)

    def _clear(self) -> None:
        if self._clear_next:
            self.outputs, self._clear_next = [], False

    def ended(self) -> tuple[Any, ...]:
        for output in self.outputs:
            output.get("metadata", {}).pop("cellmill_display_id", None)
        return tuple(self.outputs)


def _ran(request: ExecutionId, reply: dict[str, Any], shown: _Shown, started_ms: int) -> CellRan:
    error = None
    outcome: Outcome = "ok"
    if reply["status"] == "error":
        error = Failure(reply["ename"], reply["evalue"], "\n".join(reply.get("traceback", ())))
        outcome = "interrupted" if error.type == "KeyboardInterrupt" else "error"
    elif reply["status"] == "aborted":
        outcome = "interrupted"
    answers = {
        name: answer["data"]["text/plain"]
        for name, answer in reply.get("user_expressions", {}).items()
        if answer.get("status") == "ok"
    }
    number = reply.get("execution_count")
    return CellRan(request, outcome, shown.ended(), error, number, started_ms, now_ms(), answers)


def _ready_client(manager: KernelManager, timeout_s: float, notebook: Path, said: Any) -> BlockingKernelClient:
    """Ask until it answers, on the channel of its replies and on that of its outputs."""
    client: BlockingKernelClient = manager.client()
    client.start_channels(stdin=False, hb=False, control=False)
    ends_s = time.monotonic() + timeout_s
    try:
        poller = zmq.Poller()
        poller.register(client.shell_channel.socket, zmq.POLLIN)
        poller.register(client.iopub_channel.socket, zmq.POLLIN)
        client.kernel_info()
        answered: set[Any] = set()
        while len(answered) < 2:
            ready = dict(poller.poll(int(LOOK_S * 1000)))
            for channel in (client.shell_channel, client.iopub_channel):
                if channel.socket in ready:
                    channel.get_msg(timeout=0)
                    answered.add(channel)
            if not manager.is_alive():
                raise KernelDied(notebook=shown_path(notebook), output=None, words=last_words(said))
            if time.monotonic() > ends_s:
                raise HungAtStart
            if not ready or client.shell_channel in answered:
                client.kernel_info()
    except BaseException:
        client.stop_channels()
        raise
    return client


def last_words(said: Any) -> str:
    """Return the end of what a kernel wrote to its standard output and error."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return "\n".join(line for line in lines if " WARNING | " not in line)[-2_000:]


def _end(manager: KernelManager, *, now: bool = False) -> None:
    """Ask it to leave, and see to it that it and what it started are gone."""
    pid: int | None = getattr(manager.provisioner, "pid", None)
    try:
        if not now and manager.is_alive():
            manager.request_shutdown()
            ends_s = time.monotonic() + LEAVE_S
            while manager.is_alive() and time.monotonic() < ends_s:
                time.sleep(0.005)
    finally:
        if pid is not None and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # its group: it was started as a session of its own
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
