"""The command line as a user types it, in a project of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

PARAMETERS = "alpha = 0.5  # strength of the penalty\nfeatures = 'all'"
TRAIN = """\
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error
X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = X[:300], X[300:], y[:300], y[300:]
model = Ridge(alpha=alpha).fit(X_train, y_train)"""
EVALUATE = "print(mean_absolute_error(y_test, model.predict(X_test)))"


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
    """A folder with notebooks, and a shell in it."""

    root: Path

    def notebook(self, name: str, *cells: str) -> Path:
        """Write a notebook: its first cell is tagged `parameters`."""
        written = [new_code_cell(source, id=f"cell-{index}") for index, source in enumerate(cells)]
        written[0].metadata["tags"] = ["parameters"]
        kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / name
        nbformat.write(new_notebook(cells=written, metadata={"kernelspec": kernelspec}), path)
        return path

    def cellmill(self, *words: str, **environment: str) -> Said:
        return self._run(["-m", "cellmill", *words], environment)

    def papermill(self, *words: str, **environment: str) -> Said:
        return self._run(["-m", "papermill", *words], environment)

    def runs(self) -> list[dict[str, Any]]:
        """What `cellmill runs --json` says."""
        listed = self.cellmill("runs", "--json")
        assert listed.code == 0, listed.err
        found: list[dict[str, Any]] = listed.json
        return found

    def _run(self, words: Sequence[str], environment: dict[str, str]) -> Said:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=280,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)
