"""A saved model loads where Cellmill is not installed, also one whose class was written in a cell."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kernel.kernels import Answer, Kernel

# `None` among the modules makes every import of that name fail, as where it is not installed.
LOADING = """\
import sys
sys.modules["cellmill"] = None
import pickle
with open(sys.argv[1], "rb") as file:
    model = pickle.load(file)
print(type(model).__name__, [round(float(value), 6) for value in model.predict([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])])
"""

FROM_CELLS = {
    "a class": """\
class Mean(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)

model = Mean().fit(X.to_numpy(), y)
""",
    "a class that borrows a method of another": """\
class First(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.mean_ = float(np.mean(y))
        return self

class Second(RegressorMixin, BaseEstimator):
    fit = First.fit

    def predict(self, X):
        return np.full(len(X), self.mean_ + 1)

model = Second().fit(X.to_numpy(), y)
""",
    "a class derived from scikit-learn's": """\
class Doubled(Ridge):
    def predict(self, X):
        return super().predict(X) * 2

model = Doubled().fit(X.to_numpy(), y)
""",
    "a transformer in a pipeline": """\
class Shift(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.by_ = float(np.mean(X))
        return self

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X)

    def transform(self, X):
        return np.asarray(X) - self.by_

model = make_pipeline(Shift(), Ridge()).fit(X.to_numpy(), y)
""",
    "a search over a class": """\
class Shrunk(Ridge):
    def fit(self, X, y):
        return super().fit(X, y * 0.5)

model = GridSearchCV(Shrunk(), {"alpha": [0.1, 1.0]}, cv=2).fit(X.to_numpy(), y)
""",
}
PRINT = "print(type(model).__name__, [round(float(v), 6) for v in model.predict(np.arange(6.0).reshape(2, 3))])"


@pytest.mark.parametrize("cell", FROM_CELLS.values(), ids=FROM_CELLS.keys())
def test_a_model_of_a_cells_own_class_loads_elsewhere_and_predicts_the_same(kernel: Kernel, cell: str) -> None:
    trained = kernel.run(cell)
    printed = kernel.run(PRINT).stdout

    assert loaded_elsewhere(kernel, trained) == printed


def test_a_model_of_scikit_learns_own_class_carries_nothing_of_ours(kernel: Kernel) -> None:
    trained = kernel.run("model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X.to_numpy(), y)")
    printed = kernel.run(PRINT).stdout

    assert b"cellmill" not in pickled(kernel, trained)
    assert loaded_elsewhere(kernel, trained) == printed


def test_what_the_user_pickles_loads_elsewhere_too(kernel: Kernel) -> None:
    kernel.run(FROM_CELLS["a class"])
    printed = kernel.run(PRINT).stdout
    path = kernel.root / "by-hand.pickle"
    kernel.run(f"import cloudpickle\nwith open({str(path)!r}, 'wb') as file:\n    cloudpickle.dump(model, file)")

    assert _load(str(path)) == printed


def test_bound_methods_go_to_worker_processes_and_come_back(kernel: Kernel) -> None:
    """What `joblib.delayed(model.predict)` does in a worker, where no cell has run."""
    kernel.run(FROM_CELLS["a class"] + "pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)")
    path = kernel.root / "methods.pickle"
    kernel.run(
        "import cloudpickle\n"
        f"with open({str(path)!r}, 'wb') as file:\n"
        "    cloudpickle.dump([model.fit, model.predict, pipeline.predict, Mean.predict], file)"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.modules['cellmill'] = None; import pickle\n"
            "fit, predict, of_pipeline, function = pickle.load(open(sys.argv[1], 'rb'))\n"
            "rows = [[0.0, 1.0, 2.0]]\n"
            "print(fit(rows, [4.0]).predict(rows), len(predict(rows)), len(of_pipeline(rows)), function.__qualname__)",
            str(path),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[4.] 1 1 Mean.predict\n", done.stderr


def pickled(kernel: Kernel, trained: Answer) -> bytes:
    model = kernel.run_of(trained).model
    assert model is not None
    return (kernel.project.blobs / model.sha256).read_bytes()


def loaded_elsewhere(kernel: Kernel, trained: Answer) -> str:
    """Load a run's model in a process without Cellmill. Returns what that process printed of it."""
    model = kernel.run_of(trained).model
    assert model is not None
    return _load(str(kernel.project.blobs / model.sha256))


def _load(path: str) -> str:
    command = [sys.executable, "-W", "ignore", "-c", LOADING, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
