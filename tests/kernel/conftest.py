"""Real kernels with the hook in them, each in a project of its own."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.kernel.kernels import Kernel, new_project, start_kernel

# Imported, and bound to names, out of sight of the capture: a silent request is no cell of the user's.
IMPORTS = """\
import numpy as np
import pandas as pd
import sklearn.metrics
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate, learning_curve
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
"""
DATA = """\
X = pd.DataFrame(np.random.RandomState(0).rand(60, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1).astype(int)
X_train, X_test, y_train, y_test = X[:40], X[40:], y[:40], y[40:]
"""

# Leaves of the user's names those that were there before the first test.
KEEP_NAMES = "get_ipython().names_before_tests = {*globals(), 'X', 'y', 'X_train', 'X_test', 'y_train', 'y_test'}"
TIDY = """\
[globals().pop(name) for name in globals().keys() - get_ipython().names_before_tests]
"""

StartKernel = Callable[..., Kernel]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Jupyter and IPython keep what is theirs: nothing of the user's is read or written."""
    return tmp_path_factory.mktemp("jupyter")


@pytest.fixture(scope="module")
def shared_kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """One kernel for the tests of a module, scikit-learn imported. Ask for `kernel`, which tidies it first."""
    root = new_project(tmp_path_factory.mktemp("shared") / "project")
    (root / ".cellmill").mkdir(mode=0o700)
    # Tests say which metrics they expect to the last one; those on training data have tests of their own.
    settings = root / ".cellmill" / "settings.toml"
    settings.touch(mode=0o600)
    settings.write_text("training_metrics_ms = 0.0\n")
    kernel = start_kernel(root, home)
    try:
        kernel.run(IMPORTS, silent=True)
        kernel.run(KEEP_NAMES, silent=True)
        yield kernel
    finally:
        kernel.end()


@pytest.fixture
def kernel(shared_kernel: Kernel) -> Kernel:
    """The module's kernel, with no names but the imports above and the data: `X_train`, `y_test` and so on."""
    shared_kernel.run(TIDY + DATA, silent=True)
    return shared_kernel


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[StartKernel]:
    """Start kernels of this test alone; each is ended with it."""
    started: list[Kernel] = []

    def starting(
        root: Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        bare: bool = False,
        prepared: bool = False,
    ) -> Kernel:
        """`prepared` brings the imports and data of `kernel`, which costs two seconds."""
        kernel = start_kernel(new_project(root or tmp_path / "project"), home, environment=environment, bare=bare)
        started.append(kernel)
        if prepared:
            kernel.run(IMPORTS + DATA, silent=True)
        return kernel

    yield starting
    for kernel in started:
        kernel.end()
