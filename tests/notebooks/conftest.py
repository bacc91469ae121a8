"""Projects with a store made ahead: making MLflow's database takes seconds."""

import shutil
from pathlib import Path

import pytest
from tests.notebooks.commands import EVALUATE, PARAMETERS, TRAIN, Desk


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Jupyter and IPython keep what is theirs: nothing of the user's is read or written."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def desk(tmp_path: Path, home: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An empty project."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(home / name.lower()))
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    shutil.copy(empty_database, root / "mlflow.db")
    return Desk(root)


@pytest.fixture
def ridge(desk: Desk) -> Path:
    """A notebook with one training and one metric, and the parameters `alpha` and `features`."""
    return desk.notebook("ridge.ipynb", PARAMETERS, TRAIN, EVALUATE)
