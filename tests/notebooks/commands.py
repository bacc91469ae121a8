"""The command line as a user types it, in a project of its own, and what came of it.

Every command is a process of its own. What MLflow was given is read with MLflow's own client.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from cellmill.capture.sessions import load_sessions
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session
from cellmill.executors.warm.places import FOLDER_VARIABLE

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

# For a notebook with its kernel and its recording, on a busy machine.
PATIENCE_S = 280
_FOREIGN = ("CELLMILL_", "DATABRICKS_", "JPY_", "JUPYTER", "MLFLOW_")

PARAMETERS = "alpha = 0.5  # strength of the penalty\nfeatures = 'all'"
TRAIN = """\
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = X[:300], X[300:], y[:300], y[300:]
model = Ridge(alpha=alpha).fit(X_train, y_train)"""
EVALUATE = "print(mean_absolute_error(y_test, model.predict(X_test)))"
METRIC = "mean_absolute_error_X_test"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Desk:
    """A folder with notebooks, and a shell in it. `home` is where Jupyter and IPython keep what is theirs."""

    root: Path
    home: Path
    begun: "list[subprocess.Popen[str]]" = field(default_factory=list)

    # --- notebooks

    def notebook(self, name: str, *cells: str, kernel: str = "python3") -> Path:
        """Write a notebook: its first cell is tagged `parameters`."""
        written = [new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(cells)]
        written[0].metadata["tags"] = ["parameters"]
        kernelspec = {"name": kernel, "display_name": kernel, "language": "python"}
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(new_notebook(cells=written, metadata={"kernelspec": kernelspec}), path)
        return path

    def read(self, path: Path | str) -> NotebookNode:
        document: NotebookNode = nbformat.read(self.root / path, as_version=4)
        return document

    # --- commands

    def cellmill(self, *words: str, **environment: str) -> Said:
        return self.run([sys.executable, "-m", "cellmill", *words], environment)

    def papermill(self, *words: str, **environment: str) -> Said:
        """papermill's own command, with our engine."""
        return self.run([sys.executable, "-m", "papermill", "--engine", "cellmill", *words], environment)

    def run(self, command: Sequence[str], environment: dict[str, str] | None = None) -> Said:
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(environment or {}),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def begin(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """Give a command of Cellmill's and do not wait for its end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "cellmill", *words],
            cwd=self.root,
            env=self.environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.begun.append(process)
        return process

    def end(self) -> None:
        """End what was begun: a test that failed has left it."""
        for process in self.begun:
            with process:
                process.kill()

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """What is inherited, without anything that would lead to a store, a server or settings of the user's."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name == FOLDER_VARIABLE or not name.startswith(_FOREIGN)
        }
        folders = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        ours = {name: str(self.home / name.lower()) for name in folders}
        return {**inherited, **ours, "MLFLOW_DISABLE_TELEMETRY": "true", **more}

    # --- what came of it

    @property
    def project(self) -> Project:
        return Project(self.root)

    def runs(self) -> list[dict[str, Any]]:
        """What `cellmill runs --json` says."""
        listed = self.cellmill("runs", "--json")
        assert listed.code == 0, listed.err
        found: list[dict[str, Any]] = listed.json
        return found

    @property
    def captured(self) -> list[Run]:
        """The runs, oldest first, from the journals alone."""
        return list(reversed(load_sessions(self.project).runs()))

    @property
    def sessions(self) -> tuple[Session, ...]:
        return load_sessions(self.project).all()

    def files(self) -> set[str]:
        """Every file but MLflow's and our own, by its path from the root."""
        paths = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return {path.as_posix() for path in paths if path.parts[0] not in (".cellmill", "mlflow.db", "mlruns")}

    # --- what MLflow has of it

    @property
    def store(self) -> str:
        return self.project.default_store

    @property
    def client(self) -> "MlflowClient":
        from mlflow import MlflowClient

        return MlflowClient(self.store)

    @property
    def recorded(self) -> "list[MlflowRun]":
        """Every run in MLflow, oldest first, whoever made it."""
        experiments = [experiment.experiment_id for experiment in self.client.search_experiments()]
        return list(self.client.search_runs(experiments, order_by=["start_time ASC"]))

    def record_of(self, run: Run) -> "MlflowRun":
        """Return the one MLflow run of a captured run."""
        (found,) = [record for record in self.recorded if record.data.tags.get("cellmill.run") == run.run]
        return found

    def artifacts(self, record: "MlflowRun") -> dict[str, bytes]:
        """Return the files of an MLflow run, by their paths."""
        folder = Path(self.client.download_artifacts(record.info.run_id, ""))
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def load_model(self, uri: str) -> Any:
        """Load a model as whoever uses it does, with MLflow alone."""
        import mlflow

        mlflow.set_tracking_uri(self.store)
        return mlflow.pyfunc.load_model(uri)


def new_desk(root: Path, home: Path, database: Path) -> Desk:
    """Make an empty project, whatever lies above it, with an empty store: to make one takes MLflow seconds."""
    (root / ".git").mkdir(parents=True)
    shutil.copy(database, root / "mlflow.db")
    return Desk(root, home)


def is_refused(said: Said, *words: str, code: int = 2) -> None:
    """Check that a command ended so, with one sentence of ours that has these words, and no traceback."""
    assert said.code == code, said.out + said.err
    assert "Traceback" not in said.out + said.err, said.err
    (sentence,) = [line for line in said.err.splitlines() if line.startswith(("cellmill: ", "Error: "))]
    advice = r"[.?]$|-p max_depth=4$|: cellmill (runs|sync|bundle RUN|show \w+|params \S+)$|--name"
    assert re.search(advice, sentence)
    for word in words:
        assert word in said.err, said.err
