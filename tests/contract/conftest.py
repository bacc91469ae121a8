"""Every implementation of the ports, each with a way to look into it that is not ours."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.stories import Story

from cellmill.capture.blobs import blob_path
from cellmill.capture.models import keep_model
from cellmill.core.events import ModelBlob
from cellmill.core.ids import new_session_id
from cellmill.core.ports import ModelRegistry, RunFiles, RunStore
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.core.settings import Settings
from cellmill.stores.memory import MemoryModelRegistry, MemoryRunStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

START_S = 180
_STATUS = {"RUNNING": "running", "FINISHED": "finished", "FAILED": "failed", "KILLED": "interrupted"}


@dataclass(frozen=True)
class Kept:
    """What a store shows of a run."""

    status: str
    notebook: str
    params: dict[str, str]
    metrics: dict[str, list[tuple[int, float]]]  # name -> steps and values
    data: set[tuple[str, str, str]]  # name, digest, context
    documents: dict[str, bytes]
    ended_ms: int | None


@dataclass(frozen=True)
class Bench:
    """A store, the registry beside it, and how to look into them and to interfere."""

    project: Project
    store: RunStore
    registry: ModelRegistry
    look: Callable[[str], Kept]
    delete: Callable[[str], None]
    """As a user does on MLflow's page."""
    mine: str = field(default_factory=lambda: os.urandom(3).hex())
    """A word of this test alone: a server is shared by several."""

    def names(self) -> dict[str, list[str]]:
        """Return the registered models of this test, each with its versions as they are listed."""
        return {
            model.name: [version.version for version in model.versions]
            for model in self.registry.models()
            if self.mine in model.name
        }


@dataclass(frozen=True)
class Server:
    """A real `mlflow server` on this machine."""

    uri: str
    port: int


@pytest.fixture(params=["memory", "sqlite", "server"])
def bench(request: pytest.FixtureRequest, project: Project) -> Bench:
    match request.param:
        case "memory":
            store = MemoryRunStore()
            registry = MemoryModelRegistry(store)
            return Bench(project, store, registry, lambda store_id: _from_memory(store, store_id), store.delete)
        case "sqlite":
            uri: str = request.getfixturevalue("sqlite")
        case _:
            uri = request.getfixturevalue("mlflow_server").uri
    return mlflow_bench(project, uri)


@pytest.fixture
def sqlite(project: Project, empty_database: Path) -> str:
    """The project's own store, empty."""
    shutil.copyfile(empty_database, project.root / "mlflow.db")
    return project.default_store


def mlflow_bench(project: Project, uri: str) -> Bench:
    from cellmill.stores.mlflow_client import client_for
    from cellmill.stores.mlflow_models import MlflowModelRegistry
    from cellmill.stores.mlflow_runs import MlflowRunStore

    client = client_for(uri)
    return Bench(
        project,
        MlflowRunStore(project, uri),
        MlflowModelRegistry(uri),
        lambda store_id: _from_mlflow(client, store_id),
        client.delete_run,
    )


@pytest.fixture(scope="session")
def mlflow_server(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("mlflow-server")
    shutil.copyfile(empty_database, home / "mlflow.db")
    port = _free_port()
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
            _end_family(process)


# --- runs with models that predict


@pytest.fixture(scope="session")
def ridge() -> tuple[Any, Any]:
    """A fitted model, and the frame that it was fitted on."""
    import pandas as pd
    from sklearn.linear_model import Ridge

    frame = pd.DataFrame({"distance": [1.0, 2.0, 3.0, 4.0], "hour": [5, 6, 7, 8]})
    return Ridge(alpha=0.5).fit(frame, [1.0, 2.0, 3.0, 4.5]), frame


@pytest.fixture
def model(project: Project, ridge: tuple[Any, Any]) -> ModelBlob:
    """The fitted model, among the project's blobs."""
    blob, note = keep_model(project, Settings(), ridge[0], ridge[1], flavor="sklearn")
    assert (blob is not None, note) == (True, None)
    assert blob is not None
    return blob


@pytest.fixture
def story(project: Project) -> Story:
    """A session that no other test tells: a server is shared by several."""
    return Story(project, session=new_session_id())


def files(project: Project, run: Run, **documents: bytes) -> RunFiles:
    """Return what goes with a run, its documents under `cellmill/`."""
    model = run.model
    return RunFiles(
        model=blob_path(project, model.sha256) if model else None,
        example=blob_path(project, model.example_sha256) if model and model.example_sha256 else None,
        documents={f"cellmill/{name}.ipynb": content for name, content in documents.items()},
    )


# --- looking


def _from_memory(store: MemoryRunStore, store_id: str) -> Kept:
    run, documents = store.find(store_id)
    metrics: dict[str, list[tuple[int, float]]] = {}
    for metric in run.metrics:
        metrics.setdefault(metric.name, []).append((metric.step, metric.value))
    return Kept(
        status=run.status,
        notebook=run.notebook or "",
        params={parameter.name: parameter.value for parameter in run.parameters},
        metrics=metrics,
        data={(use.name, use.digest, use.context) for use in run.data},
        documents=documents,
        ended_ms=run.ended_ms,
    )


def _from_mlflow(client: "MlflowClient", store_id: str) -> Kept:
    run = client.get_run(store_id)
    history = {name: client.get_metric_history(store_id, name) for name in run.data.metrics}
    return Kept(
        status=_STATUS[run.info.status],
        notebook=run.data.tags["cellmill.notebook"],
        params=dict(run.data.params),
        metrics={
            name: [(point.step, point.value) for point in sorted(points, key=lambda p: p.timestamp)]
            for name, points in history.items()
        },
        data={
            (given.dataset.name, given.dataset.digest, given.tags[0].value)
            for given in (run.inputs.dataset_inputs if run.inputs else [])
        },
        documents={
            item.path: Path(client.download_artifacts(store_id, item.path)).read_bytes()
            for item in client.list_artifacts(store_id, "cellmill")
        },
        ended_ms=run.info.end_time,
    )


# --- processes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for_health(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"mlflow server did not start. It said:\n{log.read_text(errors='replace')[-4000:]}")


def _end_family(process: "subprocess.Popen[bytes]") -> None:
    """End a process and whatever it started."""
    import psutil

    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for member in psutil.wait_procs(family, timeout=5)[1]:
        member.kill()
