"""What every tier shares: an empty project, and an environment in which nothing of the user's is found."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.stories import Story

from cellmill.core.project import Project
from cellmill.executors.warm.places import FOLDER_VARIABLE

# What would send a test to the user's own store, session or server.
_FOREIGN = ("MLFLOW_", "CELLMILL_", "JPY_", "DATABRICKS_")


@pytest.fixture(scope="session")
def fork_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Fork servers of this test session's own, and none of them afterwards."""
    from cellmill.executors.warm.client import stop_servers

    folder = tmp_path_factory.mktemp("warm")
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder))
        stop_servers()


@pytest.fixture(autouse=True)
def environment(fork_servers: Path) -> Iterator[None]:
    """Put the environment back as it was: MLflow writes its tracking URI into it."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_FOREIGN):
            del os.environ[name]
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ[FOLDER_VARIABLE] = str(fork_servers)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of its own, whatever lies above the temporary folder."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    return Project(root)


@pytest.fixture
def story(project: Project) -> Story:
    """A session of the notebook `work.ipynb`, about to be told."""
    return Story(project)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database as it makes it, for tests to copy: making it takes seconds."""
    from cellmill.stores.mlflow_client import client_for

    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    client_for(f"sqlite:///{path.as_posix()}").search_experiments()
    return path
