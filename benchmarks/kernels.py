"""Real kernels to measure: ipykernel in a process of its own, spoken to over its sockets.

Not through jupyter_client's client: it waits a tenth of a second between attempts to connect and polls in
an event loop, which is more than what is measured here.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

from benchmarks import launch
from benchmarks.bench import Bench
from cellmill.capture.sessions import load_sessions
from cellmill.core.project import Project

AUTOLOG = "import mlflow; mlflow.autolog(silent=True)"
CARRIED = ("cellmill.kernel.extension", "mlflow", "ipyflow", "lineapy")
REPLY_TIMEOUT_S = 120


class BenchmarkFailed(Exception):
    """What was to be measured did not happen, so a figure would say nothing."""


@dataclass(frozen=True)
class Mode:
    """What a kernel carries besides the user's work."""

    name: str
    folder: str
    carries: str | None = None
    """The module that is loaded then."""
    startup_files: bool = False
    exec_line: str | None = None
    environment: str | None = None
    """The name of the peers' environment that it runs in (`benchmarks.peers`), None for the benchmarks' own."""


BARE = Mode("bare ipykernel", "bare")
TWIN = Mode("another bare ipykernel", "twin")
OURS = Mode("cellmill", "ours", "cellmill.kernel.extension", startup_files=True)
PEER = Mode("mlflow.autolog()", "peer", "mlflow", exec_line=AUTOLOG)
MODES = (BARE, OURS, PEER)


class Kernel:
    """One kernel. `informed_s` and `replied_s` are the seconds from its start to its first replies."""

    def __init__(self, mode: Mode, bench: Bench, purpose: str) -> None:
        """Start it in a folder of its own, with a profile of its own."""
        self.mode = mode
        self._python = sys.executable if mode.environment is None else bench.python_of(mode.environment)
        folder = self._folder = bench.home(purpose, mode.folder)
        project = folder / "project"
        (project / ".cellmill").mkdir(parents=True, exist_ok=True)  # the project's root, whatever lies above
        self.project = Project(project)
        self._sent = 0
        self._user_cells = 0
        path, connection = write_connection_file(str(folder / "connection.json"))
        self._session = Session(key=connection["key"].encode(), signature_scheme=connection["signature_scheme"])
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        began = time.perf_counter()
        self._process = self._start(path, bench.environment())
        self._shell = self._connect(zmq.DEALER, connection["ip"], connection["shell_port"])
        self._iopub = self._connect(zmq.SUB, connection["ip"], connection["iopub_port"])
        self._ask("kernel_info_request", {})
        self.informed_s = time.perf_counter() - began
        self.run("pass")
        self.replied_s = time.perf_counter() - began

    def run(self, code: str) -> float:
        """Run a cell of the user's and return how long its reply took. Waits until the kernel is idle again."""
        self._user_cells += 1
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        began = time.perf_counter()
        reply, message = self._ask("execute_request", content, {"cellId": f"cell-{self._sent}"})
        elapsed_s = time.perf_counter() - began
        if reply["status"] != "ok":
            raise BenchmarkFailed(f"in {self.mode.name}: {reply.get('ename')}: {reply.get('evalue')}\n{code}")
        self._until_idle(message)
        return elapsed_s

    def value_of(self, expression: str) -> str:
        """Return what an expression is in the kernel, as its `repr`. No cell of the user's."""
        content = {"code": "", "silent": True, "store_history": False, "user_expressions": {"it": expression}}
        reply, _ = self._ask("execute_request", {**content, "allow_stdin": False})
        answer = reply["user_expressions"]["it"]
        if answer["status"] != "ok":
            raise BenchmarkFailed(f"in {self.mode.name}: {expression}: {answer['ename']}: {answer['evalue']}")
        return str(answer["data"]["text/plain"])

    def memory_mb(self) -> float:
        """Return what the process alone holds (USS): what would be free again if it ended."""
        return float(psutil.Process(self._process.pid).memory_full_info().uss) / 1e6

    def check(self, *, fits: int = 0) -> None:
        """Raise `BenchmarkFailed` unless the kernel carried what its mode says, and did it for every cell."""
        # Not `cellmill` alone: mlflow, when installed beside it, loads its run context provider.
        loaded = self.value_of(f"[name for name in {CARRIED} if name in __import__('sys').modules]")
        wanted = [] if self.mode.carries is None else [self.mode.carries]
        if loaded != str(wanted):
            raise BenchmarkFailed(f"the kernel of {self.mode.name} has {loaded} loaded, not {wanted}")
        if self.mode is OURS:
            sessions = load_sessions(self.project).all()
            captured = sum(execution.outcome == "ok" for session in sessions for execution in session.executions)
            models = sum(run.model is not None for session in sessions for run in session.runs)
            if (captured, models) != (self._user_cells, fits):
                raise BenchmarkFailed(
                    f"captured {captured} of {self._user_cells} cells and {models} of {fits} models: "
                    f"see {self.project.journals}"
                )
        if self.mode is PEER and fits:
            logged = self.value_of("len(__import__('mlflow').search_logged_models(output_format='list'))")
            if int(logged) != fits:
                raise BenchmarkFailed(f"mlflow.autolog() logged {logged} of {fits} models")

    def stop(self) -> None:
        """End the process at once: nothing that it would still do is wanted."""
        self._process.kill()
        self._process.wait()
        self._context.destroy(linger=0)

    # --- the process

    def _start(self, connection_file: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        environment = environment | {
            "IPYTHONDIR": str(self._folder / "ipython"),
            "JPY_PARENT_PID": str(os.getpid()),  # it ends with us
            "MLFLOW_TRACKING_URI": self.project.default_store,
        }
        startup = launch.WITH if self.mode.startup_files else launch.WITHOUT
        command = [self._python, launch.__file__, startup, "-f", connection_file]
        if self.mode.exec_line:
            command.append(f"--IPKernelApp.exec_lines={self.mode.exec_line}")
        with (self._folder / "kernel.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.project.root, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    # --- its sockets

    def _connect(self, kind: int, host: str, port: int) -> "zmq.Socket[bytes]":
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.RECONNECT_IVL, 1)  # milliseconds: it binds its ports a while after we ask
        if kind == zmq.SUB:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(f"tcp://{host}:{port}")
        return socket

    def _ask(
        self, kind: str, content: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], str]:
        self._sent += 1
        message = self._session.msg(kind, content, metadata=metadata)
        asked: str = message["header"]["msg_id"]
        self._session.send(self._shell, message)
        while True:
            reply = self._receive(self._shell)
            if reply["parent_header"].get("msg_id") == asked:
                return reply["content"], asked

    def _until_idle(self, message: str) -> None:
        while True:
            said = self._receive(self._iopub)
            is_status = said["msg_type"] == "status" and said["content"]["execution_state"] == "idle"
            if is_status and said["parent_header"].get("msg_id") == message:
                return

    def _receive(self, socket: "zmq.Socket[bytes]") -> dict[str, Any]:
        if not socket.poll(REPLY_TIMEOUT_S * 1000):
            log = (self._folder / "kernel.log").read_text("utf-8", "replace")
            raise BenchmarkFailed(f"the kernel of {self.mode.name} does not answer. It said:\n{log[-2_000:]}")
        message = self._session.recv(socket, mode=0)[1]
        assert message is not None, "it was polled"
        return message


@contextmanager
def kernels(bench: Bench, purpose: str, *modes: Mode) -> Iterator[dict[Mode, Kernel]]:
    """Give a kernel for each mode, and stop them at the end."""
    with ExitStack() as stack:
        started = {}
        for mode in modes:
            started[mode] = Kernel(mode, bench, purpose)
            stack.callback(started[mode].stop)
        yield started
