"""A real JupyterLab on a free port. What Jupyter, IPython and MLflow keep lies in a temporary folder."""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tests.processes import end_family, free_port

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / "src" / "cellmill" / "labextension"
START_S = 90


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    address: str
    token: str
    root: Path

    def url(self, notebook: str, workspace: str) -> str:
        """Return the address of a notebook. Each workspace remembers its own layout."""
        return f"{self.address}/lab/workspaces/{workspace}/tree/{notebook}?token={self.token}"

    def write(self, notebook: str, *cells: str) -> str:
        """Write a notebook below the root, one cell for each source, with ids cell-0, cell-1 and so on."""
        path = self.root / notebook
        path.parent.mkdir(parents=True, exist_ok=True)
        document = new_notebook(
            cells=[new_code_cell(source, id=f"cell-{at}") for at, source in enumerate(cells)],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(document, path)
        return notebook

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask Jupyter itself; None when the answer is empty."""
        request = urllib.request.Request(f"{self.address}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def end_kernels(self) -> None:
        for kernel in self.ask("api/kernels"):
            self.ask(f"api/kernels/{kernel['id']}", method="DELETE")


@contextmanager
def running_lab(home: Path, root: Path) -> Iterator[Lab]:
    """Start JupyterLab on `root`, with everything else below `home`, and end it."""
    token, port = secrets.token_hex(16), free_port()
    started = Lab(f"http://127.0.0.1:{port}", token, root)
    log = home / "lab.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            _command(root, port),
            env=_environment(home, token),
            cwd=root,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(started, process, log)
            yield started
        finally:
            end_family(process)


def _command(root: Path, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]


def _environment(home: Path, token: str) -> dict[str, str]:
    settings = home / "settings"
    asks_about_news = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    asks_about_news.parent.mkdir(parents=True)
    asks_about_news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    extensions = home / "share" / "jupyter" / "labextensions"
    extensions.mkdir(parents=True)
    if BUILT.exists():
        # This checkout's build comes before the copy that an editable install made of an older one.
        (extensions / "cellmill").symlink_to(BUILT, target_is_directory=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "MLFLOW"))}
    return kept | {
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_PATH": str(home / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_TOKEN": token,
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def _wait_until_ready(lab: Lab, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            lab.ask("api/status")
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start. It said:\n{log.read_text(errors='replace')[-4000:]}")
