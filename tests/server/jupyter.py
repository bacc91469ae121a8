"""A real Jupyter server with Cellmill on a free port, and how to ask it. One user may write, one may only read."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import nbformat
import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from nbformat.v4 import new_notebook
from tests.processes import free_port
from websocket import WebSocket, WebSocketTimeoutException, create_connection

from cellmill.capture.journal import read_events
from cellmill.core.events import SessionStarted
from cellmill.core.project import Project
from cellmill.executors.warm.places import FOLDER_VARIABLE

START_S = 90
# For what a kernel or MLflow does on a busy machine.
PATIENCE_S = 90
WRITER, READER = "writer", "reader"

CONFIG = f"""
from jupyter_server.auth import Authorizer, IdentityProvider, User

class TwoUsers(IdentityProvider):
    async def get_user_token(self, handler):
        token = self.get_token(handler)
        return User(token) if token in ("{WRITER}", "{READER}") else None

class ReadersRead(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return user.username == "{WRITER}" or action == "read"

c.ServerApp.identity_provider_class = TwoUsers
c.ServerApp.authorizer_class = ReadersRead
c.ServerApp.jpserver_extensions = {{"cellmill": True, "jupyterlab": False, "notebook_shim": False, "jupyter_lsp": False}}
"""  # noqa: E501

T = TypeVar("T")


def wait_for(look: Callable[[], T], is_it: Callable[[T], bool] = bool, *, within_s: float = PATIENCE_S) -> T:
    """Look until it is as it should be, and return what was seen."""
    until_s = time.monotonic() + within_s
    while not is_it(seen := look()):
        assert time.monotonic() < until_s, f"after {within_s} s it is still {seen!r}"
        time.sleep(0.1)
    return seen


@dataclass(frozen=True)
class Jupyter:
    """A running server, and how to ask it."""

    address: str
    home: Path
    root: Path
    process: "subprocess.Popen[bytes]"

    def ask(
        self, path: str, method: str = "GET", body: object = None, *, token: str | None = WRITER, **query: str
    ) -> httpx.Response:
        """Ask Cellmill: `path` is below its API."""
        return self.ask_jupyter(f"cellmill/api/{path}", method, body, token=token, **query)

    def ask_jupyter(
        self, path: str, method: str = "GET", body: object = None, *, token: str | None = WRITER, **query: str
    ) -> httpx.Response:
        headers = {"Authorization": f"token {token}"} if token is not None else {}
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        return httpx.request(
            method, f"{self.address}/{path}", params=query or None, content=content, headers=headers, timeout=PATIENCE_S
        )

    def get(self, path: str, **query: str) -> Any:
        answer = self.ask(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def runs(self, notebook: str) -> list[dict[str, Any]]:
        """Return the runs of a notebook, newest first."""
        found: list[dict[str, Any]] = self.get("runs", notebook=notebook)["runs"]
        return found

    def capture(self, notebook: str) -> str:
        state: str = self.get("capture", notebook=notebook)["capture"]
        return state

    @property
    def project(self) -> Project:
        return Project(self.root)

    @contextmanager
    def notebook(self, path: str) -> Iterator["Notebook"]:
        """Make a notebook and start its kernel; at the end the kernel is shut down."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(), file)
        asked = {"path": path, "name": file.name, "type": "notebook", "kernel": {"name": "python3"}}
        answer = self.ask_jupyter("api/sessions", "POST", asked)
        assert answer.status_code == 201, answer.text
        session = answer.json()
        notebook = Notebook(self, path, session["id"], session["kernel"]["id"])
        try:
            yield notebook
        finally:
            with suppress(httpx.TransportError):  # the server has ended
                self.ask_jupyter(f"api/sessions/{session['id']}", "DELETE")

    @contextmanager
    def changes(self) -> Iterator["Changes"]:
        """Listen to what the server tells every browser."""
        address = self.address.replace("http", "ws", 1) + "/api/events/subscribe"
        header = {"Authorization": f"token {WRITER}"}
        with closing(create_connection(address, header=header, timeout=PATIENCE_S)) as connection:
            yield Changes(connection)


@dataclass
class Notebook:
    """An open notebook with its kernel."""

    server: Jupyter
    path: str
    session: str
    kernel: str

    @contextmanager
    def client(self) -> Iterator[BlockingKernelClient]:
        client = BlockingKernelClient(connection_file=str(self.server.home / f"runtime/kernel-{self.kernel}.json"))
        client.load_connection_file()
        client.start_channels(hb=False)  # a kernel that is silent for a second is not dead on a busy machine
        try:
            client.wait_for_ready(timeout=PATIENCE_S)
            yield client
        finally:
            client.stop_channels()

    def run(self, *cells: str) -> None:
        """Run cells, one after another, and wait for their end. One that raises fails the test."""
        with self.client() as client:
            for source in cells:
                reply = client.execute_interactive(source, timeout=PATIENCE_S, output_hook=lambda message: None)
                assert reply["content"]["status"] == "ok", reply["content"]

    def begin(self, source: str) -> None:
        """Run a cell and do not wait for it."""
        with self.client() as client:
            client.execute(source)

    def wait_until_captured(self) -> dict[str, Any]:
        state: dict[str, Any] = wait_for(
            lambda: self.server.get("capture", notebook=self.path), lambda found: found["capture"] == "on"
        )
        return state

    def rename(self, path: str) -> None:
        """As the browser does it: the file, then the session."""
        assert self.server.ask_jupyter(f"api/contents/{self.path}", "PATCH", {"path": path}).status_code == 200
        asked = {"path": path, "name": Path(path).name, "type": "notebook"}
        assert self.server.ask_jupyter(f"api/sessions/{self.session}", "PATCH", asked).status_code == 200
        self.path = path

    def restart(self) -> None:
        assert self.server.ask_jupyter(f"api/kernels/{self.kernel}/restart", "POST").status_code == 200

    def process(self, project: Project | None = None) -> psutil.Process:
        """Return the newest process of the kernel, as its journal tells it."""
        journals = (project or self.server.project).journals
        started = [event for path in sorted(journals.glob("*.jsonl")) for event in read_events(path)[0][:1]]
        mine = [event for event in started if isinstance(event, SessionStarted) and event.kernel == self.kernel]
        return psutil.Process(max(mine, key=lambda event: event.at_ms).pid)


class Changes:
    """What the server has told, in its order."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection

    def until(self, subject: str, notebook: str | None, *, within_s: float = PATIENCE_S) -> None:
        """Wait until a change is told."""
        self._connection.settimeout(within_s)
        told: list[tuple[str, str | None]] = []
        while (subject, notebook) not in told:
            try:
                event = json.loads(self._connection.recv())
            except WebSocketTimeoutException:
                pytest.fail(f"nothing was told of {subject} of {notebook} but {told}")
            if "notebook" in event and "subject" in event:
                told.append((event["subject"], event["notebook"]))


@contextmanager
def jupyter(home: Path, database: Path) -> Iterator[Jupyter]:
    """Run a server in a folder of its own. MLflow's database is there already: making it takes seconds."""
    root, config = home / "work", home / "config"
    (root / ".git").mkdir(parents=True)
    config.mkdir()
    shutil.copyfile(database, root / "mlflow.db")
    (config / "jupyter_server_config.py").write_text(CONFIG)
    port = free_port()  # until the server takes it, others may have: it then tries the next ones
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=50", f"--ServerApp.root_dir={root}"),
    ]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=_environment(home),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            server = Jupyter(_address(home, process), home, root, process)
            _wait_until_ready(server)
            yield server
        finally:
            family = its_family(process.pid)
            process.terminate()
            try:
                process.wait(30)
            finally:
                for member in psutil.wait_procs(family, timeout=10)[1]:
                    member.kill()
                process.kill()
                process.wait()


def its_family(pid: int) -> list[psutil.Process]:
    """Return whatever a process has started and has not ended."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _environment(home: Path) -> dict[str, str]:
    foreign = ("JUPYTER", "MLFLOW", "JPY", "CELLMILL")
    kept = {name: v for name, v in os.environ.items() if name == FOLDER_VARIABLE or not name.startswith(foreign)}
    return kept | {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _address(home: Path, process: "subprocess.Popen[bytes]") -> str:
    """Wait until the server says where it listens."""
    told = home / "runtime" / f"jpserver-{process.pid}.json"
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            return f"http://127.0.0.1:{json.loads(told.read_text())['port']}"
        except (OSError, ValueError):  # not yet, or just being written
            time.sleep(0.1)
    pytest.fail(f"The server did not start. It said:\n{(home / 'log').read_text(errors='replace')[-4000:]}")


def _wait_until_ready(server: Jupyter) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and server.process.poll() is None:
        try:
            if server.ask_jupyter("api/status").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"The server did not start. It said:\n{(server.home / 'log').read_text(errors='replace')[-4000:]}")
