"""A real `mlflow server` on this machine."""

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.processes import end_family, free_port

START_S = 180


@dataclass(frozen=True)
class Server:
    """A real `mlflow server` on this machine."""

    uri: str
    port: int


@contextmanager
def mlflow_server(home: Path, database: Path) -> Iterator[Server]:
    """Run a server in a folder of its own. Its database is there already: making it takes seconds."""
    shutil.copyfile(database, home / "mlflow.db")
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{home / 'mlflow.db'}", "--artifacts-destination", str(home / "artifacts")),
    ]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=home, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait_for_health(port, process, home / "log")
            yield Server(f"http://127.0.0.1:{port}", port)
        finally:
            end_family(process)


def _wait_for_health(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"mlflow server did not start. It said:\n{log.read_text(errors='replace')[-4000:]}")
