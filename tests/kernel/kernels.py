"""A real kernel, seen as a front end sees it, and what was captured of it.

Nothing here stands in for anything: ipykernel is started as JupyterLab starts it, cells go over its
sockets, and what was captured is read from the journals on disk.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from cellmill.capture.journal import read_events
from cellmill.capture.sessions import load_sessions
from cellmill.core.events import Event, ExecutionEnded, ExecutionFinished, ExecutionStarted, TrainingStarted
from cellmill.core.project import Project
from cellmill.core.runs import Execution, Run, Session

# For one cell on a busy machine; a cell that takes as long has hung.
PATIENCE_S = 60.0
START_S = 40.0

# ipykernel as it is where Cellmill was never installed: no start-up folder but the profile's own.
BARE = """\
import sys
del sys.path[0]  # as ipykernel's own launcher does
import IPython.core.application as application
application.ENV_CONFIG_DIRS.clear()
application.SYSTEM_CONFIG_DIRS.clear()
from ipykernel import kernelapp
# As deep in the stack as `python -m` begins: a traceback of an endless recursion tells the difference.
(lambda: exec("kernelapp.launch_new_instance()"))()
"""


@dataclass
class Answer:
    """What a kernel answered to one execute request, as a front end sees it."""

    execution: str
    status: str = ""
    number: int | None = None
    stdout: str = ""
    stderr: str = ""
    result: str | None = None
    shown: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    message: str | None = None
    traceback: str = ""


class Kernel:
    """A kernel and the project in which it works."""

    def __init__(self, root: Path, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.root = root
        self.project = Project(root)
        self._manager = manager
        self._client = client
        self.pid: int = manager.provisioner.process.pid  # type: ignore[union-attr]

    # --- running cells

    def run(
        self,
        source: str,
        *,
        cell: str | None = None,
        silent: bool = False,
        store_history: bool = True,
        may_fail: bool = False,
    ) -> Answer:
        """Run a cell to its end. One that raises fails the test, unless it may."""
        answer = self.wait(self.begin(source, cell=cell, silent=silent, store_history=store_history))
        assert may_fail or answer.status == "ok", f"{source}\n\n{answer.traceback}"
        return answer

    def begin(self, source: str, *, cell: str | None = None, silent: bool = False, store_history: bool = True) -> str:
        """Send a cell and return its request's id, without waiting."""
        content = {
            "code": source,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        metadata = {"cellId": cell} if cell is not None else {}
        message = self._client.session.msg("execute_request", content, metadata=metadata)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def wait(self, execution: str, *, until_s: float = PATIENCE_S) -> Answer:
        """Collect what a request brings until the kernel is idle again. A kernel that dies ends the wait."""
        answer = Answer(execution)
        deadline = time.monotonic() + until_s
        while time.monotonic() < deadline:
            try:
                message = self._client.get_iopub_msg(timeout=0.5)
            except Empty:
                if not self.is_alive:
                    answer.status = "died"
                    return answer
                continue
            if message["parent_header"].get("msg_id") != execution:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return self._with_reply(answer, deadline)
            _take(answer, message["msg_type"], message["content"])
        raise TimeoutError(f"the kernel has not answered in {until_s:g} s; so far: {answer}")

    def _with_reply(self, answer: Answer, deadline: float) -> Answer:
        while time.monotonic() < deadline:
            reply = self._client.get_shell_msg(timeout=PATIENCE_S)
            if reply["parent_header"].get("msg_id") == answer.execution:
                answer.status = reply["content"]["status"]
                answer.number = reply["content"].get("execution_count")
                return answer
        raise TimeoutError("no reply")

    def complete(self, code: str) -> list[str]:
        """Return what the kernel would complete this to."""
        reply = self._client.complete(code, reply=True, timeout=PATIENCE_S)
        matches: list[str] = reply["content"]["matches"]
        return matches

    def wait_until(self, is_so: Callable[[], bool], *, until_s: float = PATIENCE_S) -> None:
        """Ask again and again, as of the journal of a cell that still runs."""
        deadline = time.monotonic() + until_s
        while not is_so():
            assert time.monotonic() < deadline, f"it has not come about in {until_s:g} s"
            time.sleep(0.02)

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    # --- its life

    @property
    def is_alive(self) -> bool:
        alive: bool = self._manager.is_alive()
        return alive

    @property
    def exit_code(self) -> int | None:
        """With what the process ended, a negative signal's number among it; None while it lives."""
        code: int | None = self._manager.provisioner.process.poll()  # type: ignore[union-attr]
        return code

    @property
    def client(self) -> BlockingKernelClient:
        """For who looks at the messages themselves."""
        return self._client

    def end(self) -> None:
        """End the kernel and whatever it started, however it is doing."""
        family: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(self.pid).children(recursive=True)
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        for member in psutil.wait_procs(family, timeout=2)[1]:
            member.kill()

    # --- what was captured

    @property
    def journals(self) -> list[Path]:
        return sorted(path for path in self.project.journals.glob("*.jsonl") if ".server." not in path.name)

    def settle(self) -> None:
        """Wait until the ends of what was answered are whole: the names are compared after the reply."""
        self.wait_until(lambda: not self.is_alive or not any(map(_has_half_an_end, self.journals)))

    @property
    def events(self) -> list[Event]:
        """Every event of the kernel's journal, in order."""
        self.settle()
        (journal,) = self.journals
        return read_events(journal)[0]

    @property
    def session(self) -> Session:
        self.settle()
        (session,) = load_sessions(self.project).all()
        return session

    @property
    def executions(self) -> list[Execution]:
        return list(self.session.executions)

    @property
    def runs(self) -> list[Run]:
        """Every run of the project, oldest first."""
        self.settle()
        return list(reversed(load_sessions(self.project).runs()))

    def run_of(self, *answers: Answer) -> Run:
        """Return the one run whose training was in one of these executions."""
        (run,) = self.runs_of(*answers)
        return run

    def runs_of(self, *answers: Answer) -> list[Run]:
        """Return the runs that were trained in these executions, in the order in which they began.

        The trials of a search are left out: ask for `trials_of`.
        """
        mine = {answer.execution for answer in answers}
        order = [event.run for event in self.events if isinstance(event, TrainingStarted)]
        found = [run for run in self.runs if _trained_in(run) in mine and run.kind != "trial"]
        return sorted(found, key=lambda run: order.index(run.run))

    def trials_of(self, search: Run) -> list[Run]:
        """Return the trials of a search, in the order in which they were written."""
        order = [event.run for event in self.events if isinstance(event, TrainingStarted)]
        return sorted((run for run in self.runs if run.parent == search.run), key=lambda run: order.index(run.run))


def _has_half_an_end(journal: Path) -> bool:
    """Whether the last execution has ended, and not all is written of its end."""
    ended: str | None = None
    for event in read_events(journal)[0]:
        if isinstance(event, ExecutionEnded):
            ended = event.execution
        elif isinstance(event, ExecutionStarted | ExecutionFinished):
            ended = None
    return ended is not None


def _trained_in(run: Run) -> str | None:
    return next((part.execution.execution for part in run.executions if part.part == "trained"), None)


def _take(answer: Answer, kind: str, content: Mapping[str, Any]) -> None:
    match kind:
        case "stream" if content["name"] == "stdout":
            answer.stdout += content["text"]
        case "stream":
            answer.stderr += content["text"]
        case "execute_result":
            answer.result = content["data"].get("text/plain")
        case "display_data":
            answer.shown.append(content["data"])
        case "error":
            answer.error, answer.message = content["ename"], content["evalue"]
            answer.traceback = "\n".join(content["traceback"])


def start_kernel(root: Path, home: Path, *, environment: Mapping[str, str] | None = None, bare: bool = False) -> Kernel:
    """Start ipykernel in a folder, away from the settings of whoever runs the tests.

    It is talked to by sockets of the file system. Ports are chosen before the kernel binds them, so that a kernel of
    another test may have taken one; and ipykernel, when it is its iopub port, neither starts nor ends.
    """
    dropped = ("CELLMILL_", "JPY_", "JUPYTER", "MLFLOW_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    given = {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "DO_NOT_TRACK": "true",
    }
    name = "bare" if bare else "python3"
    specs = KernelSpecManager(kernel_dirs=[str(kernel_specs(home))], ensure_native_kernel=False)
    manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
    number = os.urandom(4).hex()
    manager.connection_file = str(home / f"kernel-{number}.json")
    manager.transport = "ipc"
    manager.ip = str(Path(tempfile.gettempdir()) / f"kernel-{number}")  # the path of a socket must be short
    manager.start_kernel(cwd=str(root), env={**inherited, **given, **(environment or {})})
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=START_S)
    except RuntimeError:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        raise
    return Kernel(root, manager, client)


@contextlib.contextmanager
def kernel_with(root: Path, home: Path, *, settings: str, cell: str) -> Iterator[Kernel]:
    """A kernel in a new project with these settings (TOML), in which this cell has run; ended afterwards."""
    folder = new_project(root) / ".cellmill"
    folder.mkdir()
    (folder / "settings.toml").write_text(settings)
    kernel = start_kernel(root, home, environment={"OMP_NUM_THREADS": "1"})
    try:
        kernel.run(cell)
        yield kernel
    finally:
        kernel.end()


def kernel_specs(home: Path) -> Path:
    """Two kernels of this environment: one as it is installed, one without the start-up files beside it."""
    commands = {
        "python3": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "bare": [sys.executable, "-c", BARE, "-f", "{connection_file}"],
    }
    for name, command in commands.items():
        folder = home / "specs" / "kernels" / name
        folder.mkdir(parents=True, exist_ok=True)
        spec = {"argv": command, "display_name": name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
    return home / "specs" / "kernels"


def new_project(root: Path) -> Path:
    """Make a folder a project of its own, whatever lies above it."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").touch()
    return root
