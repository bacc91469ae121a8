"""With the hook in it, a kernel answers every cell as it does without: outputs, errors, numbers, state.

The same cells run in two kernels, one of which never heard of Cellmill, and the answers are compared whole.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from tests.kernel.conftest import DATA, IMPORTS
from tests.kernel.kernels import new_project, start_kernel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kernel.kernels import Kernel

CELLS = [
    "import random, sys, os\nrandom.seed(3)\nnp.random.seed(4)",
    # Outputs, history and their names.
    "LogisticRegression().fit(X, y)",
    "_",
    "_.score(X, y)",
    "__",
    "_3",
    "Out[4], In[2], len(In), sorted(Out)",
    "_i, _ii, _i2, get_ipython().execution_count",
    "print('to stdout')\nprint('to stderr', file=sys.stderr)\n41 + 1",
    "display(X.head(1))",
    "!echo a command",
    "%history -n 1-4",
    # Names, random numbers, files and the rest of the state.
    "dir()",
    "sorted(globals())",
    "%who",
    "random.random(), np.random.rand()",
    "Ridge().fit(X, y).score(X, y)\nrandom.random(), np.random.rand()",
    "os.getcwd(), sorted(name for name in os.listdir() if not name.startswith('.'))",
    "sorted(os.environ.keys() - {'MLFLOW_TRACKING_URI'})",
    "import warnings\nwarnings.filters",
    "sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile(), sys.flags",
    "import signal\nsignal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)",
    "import threading\nthreading.active_count()",
    "[get_ipython().ast_transformers, get_ipython().input_transformers_post, get_ipython().input_transformers_cleanup]",
    "[name for name in sys.modules if name.split('.')[0] in ('mlflow', 'papermill', 'pydantic', 'ipywidgets')]",
    # Errors, each with its traceback.
    "LogisticRegression().fit(X, y[:3])",
    "LogisticRegression().fit()",
    "LogisticRegression().fit(X, y, nonsense=3)",
    "LogisticRegression().fit(X, y).predict(X[['a']])",
    "LogisticRegression().predict(X)",
    "LogisticRegression(C=-1).fit(X, y)",
    "make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y[:3])",
    "make_pipeline(StandardScaler(), LogisticRegression()).predict(X)",
    "make_pipeline(StandardScaler()).predict",
    "StandardScaler().fit_transform('text')",
    "KMeans(2).fit_predict('text')",
    "cross_val_score(LogisticRegression(), X, y[:3])",
    "sklearn.metrics.f1_score(y, [1, 2])",
    "sklearn.metrics.f1_score()",
    """\
class Stubborn(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.inner()

    def inner(self):
        raise KeyError("inner")

    def predict(self, X):
        try:
            1 / 0
        except ZeroDivisionError as error:
            raise ValueError("chained") from error

    def score(self, X, y):
        raise ExceptionGroup("many", [ValueError(1), TypeError(2)])

Stubborn().fit(X, y)""",
    "Stubborn().predict(X)",
    "Stubborn().score(X, y)",
    """\
class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError("no words")

class Raising(Stubborn):
    def fit(self, X, y):
        raise Unspeakable

Raising().fit(X, y)""",
    "class Stopping(Stubborn):\n    def fit(self, X, y):\n        raise KeyboardInterrupt\n\nStopping().fit(X, y)",
    "class Leaving(Stubborn):\n    def fit(self, X, y):\n        raise SystemExit(3)\n\nLeaving().fit(X, y)",
    "1 / 0",
    "def broken(:",
    "nobody_knows_it",
    "%no_such_magic",
    "%%no_such_cell_magic\n3",
    "%xmode Verbose\nLogisticRegression().fit(X, y[:3])",
    "LogisticRegression().fit(X, y[:3])",
    "%xmode Minimal",
    "LogisticRegression().fit(X, y[:3])",
    "%xmode Context",
    # Warnings say whose line it was, and are shown where that line is the user's.
    """\
class Warning_(Stubborn):
    def fit(self, X, y):
        warnings.warn("look at the caller", stacklevel=2)
        warnings.warn("old", DeprecationWarning, stacklevel=2)
        return self

    def predict(self, X):
        warnings.warn("look at the caller", stacklevel=2)
        return X.a

Warning_().fit(X, y).predict(X)[:2]""",
    "sklearn.metrics.precision_score([1, 0], [0, 0])",
    # What a curious user, a pickle or a type checker looks at.
    "import inspect\ninspect.signature(LogisticRegression.fit), inspect.signature(LogisticRegression().fit)",
    "inspect.signature(sklearn.metrics.f1_score), inspect.getdoc(cross_val_score)[:60]",
    "LogisticRegression.fit, LogisticRegression().fit, sklearn.metrics.f1_score",
    "make_pipeline(StandardScaler(), LogisticRegression()).predict",
    "LogisticRegression.fit?",
    "sklearn.metrics.f1_score??",
    "inspect.isfunction(Ridge.fit), inspect.ismethod(Ridge().fit), Ridge.fit is Ridge.fit",
    "import copy, pickle\npickle.loads(pickle.dumps(Ridge().fit)), copy.deepcopy(Ridge()), pickle.dumps(Ridge())",
    "pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)\n"
    "(pickle.loads(pickle.dumps(pipeline.predict))(X) == pipeline.predict(X)).all()",
    "import cloudpickle\n"
    "class Borrowing(Stubborn):\n    fit = Warning_.fit\n\n"
    "pickle.loads(cloudpickle.dumps(Borrowing)).__name__, pickle.loads(cloudpickle.dumps(Borrowing.fit)).__name__",
    "hasattr(make_pipeline(StandardScaler()), 'predict'), sorted(vars(Ridge)), sorted(vars(Stubborn))",
]


@pytest.fixture(scope="module")
def answers(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """What each of two kernels, in one folder, answered to every cell."""
    root = new_project(tmp_path_factory.mktemp("invisible") / "project")
    found = {}
    for name in ("bare", "hooked"):
        kernel = start_kernel(root, home, bare=name == "bare")
        try:
            kernel.run(IMPORTS + DATA)
            found[name] = [_comparable(kernel, cell) for cell in CELLS]
        finally:
            kernel.end()
    return found


def _comparable(kernel: Kernel, cell: str) -> dict[str, Any]:
    facts = asdict(kernel.run(cell, may_fail=True))
    del facts["execution"]
    return {name: _without_addresses(value) if isinstance(value, str) else value for name, value in facts.items()}


def _without_addresses(text: str) -> str:
    """Take out what differs between any two kernels: colours, process ids, addresses, names of cells."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"ipykernel_\d+", "ipykernel", text)
    return re.sub(r"0x[0-9a-f]+", "0x", text)


@pytest.mark.parametrize("at", range(len(CELLS)), ids=[re.sub(r"\s+", " ", cell)[:60] for cell in CELLS])
def test_a_cell_is_answered_as_without_us(answers: dict[str, list[dict[str, Any]]], at: int) -> None:
    assert answers["hooked"][at] == answers["bare"][at]


def test_both_kernels_came_to_the_end_of_their_cells(answers: dict[str, list[dict[str, Any]]]) -> None:
    """Two kernels that answer nothing would be alike too."""
    for name in ("bare", "hooked"):
        assert {answer["status"] for answer in answers[name]} == {"ok", "error"}
        assert [answer["number"] for answer in answers[name]] == list(range(2, len(CELLS) + 2))


@pytest.mark.parametrize(
    "call",
    [
        "Ridge().fit(X, y[:3])",
        "sklearn.metrics.f1_score([1], [1, 0])",
        "try:\n        open('nowhere')\n    except OSError as error:\n        raise ValueError(1) from error",
    ],
)
def test_a_traceback_that_the_user_prints_shows_no_line_of_ours(kernel: Kernel, call: str) -> None:
    """A wrapper takes even itself out."""
    answer = kernel.run(
        f"import sys, traceback\ntry:\n    {call}\nexcept ValueError:\n    print(traceback.format_exc())"
    )
    assert "ValueError: " in answer.stdout
    assert "cellmill" not in answer.stdout


def test_only_the_hooked_kernel_has_the_hook(kernel: Kernel, start: Any) -> None:
    assert kernel.run("'cellmill' in __import__('sys').modules").result == "True"
    assert start(bare=True).run("'cellmill' in __import__('sys').modules").result == "False"


def test_unloading_takes_every_hook_out_and_loading_puts_them_back_once(start: Any) -> None:
    kernel = start(prepared=True)
    seen = "print(sum('cellmill' in type(v).__module__ for v in [*vars(Ridge).values(), *__import__('sys').meta_path]))"
    metric = "sklearn.metrics.f1_score.__code__.co_filename.rpartition('/')[2]"
    assert kernel.run(seen).stdout.strip() != "0"
    assert "cellmill" in str(kernel.run(metric).result)

    kernel.run("%unload_ext cellmill")
    assert kernel.run(seen).stdout.strip() == "0"
    assert kernel.run(metric).result == "'_param_validation.py'"
    assert kernel.run("'__init_subclass__' in vars(BaseEstimator)").result == "False"
    assert "`%cellmill` not found" in kernel.run("%cellmill", may_fail=True).stderr
    kernel.run("model = Ridge().fit(X, y)")
    assert kernel.runs == []

    kernel.run("%load_ext cellmill")
    kernel.run("model = Ridge().fit(X, y)")
    assert [run.short_class for run in kernel.runs] == ["Ridge"]
