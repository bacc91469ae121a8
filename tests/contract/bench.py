"""A store and the registry beside it, with a way to look into them that is not ours."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.capture.blobs import blob_path
from cellmill.core.ports import ModelRegistry, RunFiles, RunStore
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.stores.memory import MemoryModelRegistry, MemoryRunStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

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


def memory_bench(project: Project) -> Bench:
    """Return a bench that forgets."""
    store = MemoryRunStore()
    return Bench(
        project, store, MemoryModelRegistry(store), lambda store_id: _from_memory(store, store_id), store.delete_by_hand
    )


def mlflow_bench(project: Project, uri: str) -> Bench:
    """Return a bench on real MLflow."""
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
