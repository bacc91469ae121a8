"""Every implementation of the ports, and models that predict."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.bench import Bench, memory_bench, mlflow_bench
from tests.contract.mlflow_servers import Server, mlflow_server
from tests.stories import Story

from cellmill.capture.models import pickle_model
from cellmill.core.event_parts import ModelBlob
from cellmill.core.ids import new_session_id
from cellmill.core.project import Project
from cellmill.core.settings import Settings


@pytest.fixture(params=["memory", "sqlite", "server"])
def bench(request: pytest.FixtureRequest, project: Project) -> Bench:
    match request.param:
        case "memory":
            return memory_bench(project)
        case "sqlite":
            return mlflow_bench(project, request.getfixturevalue("sqlite"))
        case _:
            return mlflow_bench(project, request.getfixturevalue("server").uri)


@pytest.fixture
def sqlite(project: Project, empty_database: Path) -> str:
    """The project's own store, empty."""
    shutil.copyfile(empty_database, project.root / "mlflow.db")
    return project.default_store


@pytest.fixture(scope="session")
def server(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: each test has sessions and names of its own."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow-server"), empty_database) as server:
        yield server


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
    pickled, note = pickle_model(Settings(), ridge[0], ridge[1], flavor="sklearn")
    assert pickled is not None, note
    return pickled.keep(project)


@pytest.fixture
def story(project: Project) -> Story:
    """A session that no other test tells: a server is shared by several."""
    return Story(project, session=new_session_id())
