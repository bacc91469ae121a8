"""Which project, with which settings and which store."""

from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.core.ports import ModelRegistry, RunStore
from cellmill.core.project import Project, find_project
from cellmill.core.settings import Settings, read_settings

if TYPE_CHECKING:
    from cellmill.stores.mlflow_pipelines import MlflowPipelines
    from cellmill.stores.mlflow_sweeps import MlflowSweeps


def project_of(path: Path, *, server_root: Path | None = None) -> Project:
    """Return the project of a notebook or a folder."""
    folder = path if path.is_dir() else path.parent
    return find_project(folder, server_root)


def settings_of(project: Project) -> Settings:
    """Return a project's settings. Raises `BadSettings`."""
    return read_settings(project.settings)


def run_store(project: Project) -> RunStore:
    """Return the store of a project's runs."""
    from cellmill.stores.mlflow_runs import MlflowRunStore

    return MlflowRunStore(project, project.store)


def model_registry(project: Project) -> ModelRegistry:
    """Return the registry of a project's models."""
    from cellmill.stores.mlflow_models import MlflowModelRegistry

    return MlflowModelRegistry(project.store)


def sweep_store(project: Project) -> "MlflowSweeps":
    """Return the store of a project's sweeps."""
    from cellmill.stores.mlflow_runs import MlflowRunStore
    from cellmill.stores.mlflow_sweeps import MlflowSweeps

    return MlflowSweeps(MlflowRunStore(project, project.store))


def pipeline_store(project: Project) -> "MlflowPipelines":
    """Return the store of what a project's pipelines came to."""
    from cellmill.stores.mlflow_pipelines import MlflowPipelines
    from cellmill.stores.mlflow_runs import MlflowRunStore

    return MlflowPipelines(MlflowRunStore(project, project.store))
