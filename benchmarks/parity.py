"""What `mlflow.autolog` logs and what we log, side by side: `python -m benchmarks.parity` writes the table.

Each script runs twice: under `mlflow.autolog()` in a plain Python process, and as a cell of a real kernel with
capture in it, recorded to SQLite by our own recorder. Then every parameter and every metric that autologging
logged is looked for in our run of the same training, by name and value.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kernel.kernels import new_project, start_kernel

from cellmill.capture.sessions import load_sessions
from cellmill.core.project import Project
from cellmill.stores.mlflow_runs import MlflowRunStore
from cellmill.wiring.recorder import record

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "developers" / "parity.md"

DATA = """\
import warnings; warnings.simplefilter("ignore")
import numpy as np, pandas as pd
rng = np.random.RandomState(0)
X = pd.DataFrame(rng.rand(300, 4), columns=list("abcd"))
y = (X.a + X.b + 0.2 * rng.rand(300) > 1.1).astype(int)
target = X.a * 2 + X.b + 0.1 * rng.rand(300)
X_train, X_test, y_train, y_test = X[:200], X[200:], y[:200], y[200:]
"""
_XGB = "dtrain, dtest = xgb.DMatrix(X_train, label=y_train), xgb.DMatrix(X_test, label=y_test)\n"
_LGB = "train, valid = lgb.Dataset(X_train, label=y_train), lgb.Dataset(X_test, label=y_test)\n"
_SK = "sklearn"
_NET = """\
import logging, os, torch, lightning as L
logging.getLogger("lightning.pytorch").setLevel("ERROR")
L.seed_everything(0, verbose=False)
class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)
    def forward(self, rows):
        return self.layer(rows)
    def training_step(self, batch, index):
        loss = torch.nn.functional.mse_loss(self(batch[0]), batch[1])
        self.log("train_loss", loss, on_step=False, on_epoch=True)
        return loss
    def validation_step(self, batch, index):
        self.log("val_loss", torch.nn.functional.mse_loss(self(batch[0]), batch[1]))
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)
def loader(rows, values):
    tensors = [torch.tensor(each.to_numpy(), dtype=torch.float32) for each in (rows, values)]
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(tensors[0], tensors[1][:, None]), batch_size=50)
quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
             accelerator="cpu")
train, valid = loader(X_train, target[:200]), loader(X_test, target[200:])
"""

# Library, name, and source; one training each. A further library is a further line here.
SCRIPTS: tuple[tuple[str, str, str], ...] = (
    (_SK, "logistic regression", "from sklearn.linear_model import LogisticRegression as M\nM(C=0.5).fit(X, y)"),
    (_SK, "forest, 3 classes", "from sklearn.ensemble import RandomForestClassifier as M\n"
     "M(10, random_state=0).fit(X, y + (X.c > 0.5))"),
    (_SK, "ridge", "from sklearn.linear_model import Ridge as M\nM(alpha=0.1).fit(X, target)"),
    (_SK, "weighted tree", "from sklearn.tree import DecisionTreeRegressor as M\n"
     "M(max_depth=3, random_state=0).fit(X, target, sample_weight=X.d.to_numpy())"),
    (_SK, "pipeline", "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler\n"
     "from sklearn.svm import SVC\nmake_pipeline(StandardScaler(), SVC(C=2.0)).fit(X, y)"),
    (_SK, "grid search", "from sklearn.linear_model import Ridge\nfrom sklearn.model_selection import GridSearchCV\n"
     "GridSearchCV(Ridge(), {'alpha': [0.1, 1.0, 10.0]}, cv=3).fit(X, target)"),
    (_SK, "k-means", "from sklearn.cluster import KMeans\nKMeans(3, n_init=2, random_state=0).fit(X)"),
    ("xgboost", "native", "import xgboost as xgb\n" + _XGB +
     "xgb.train({'objective': 'binary:logistic', 'max_depth': 2, 'seed': 0}, dtrain, num_boost_round=20,\n"
     "          evals=[(dtrain, 'train'), (dtest, 'valid')], verbose_eval=False)"),
    ("xgboost", "native, stopped early", "import xgboost as xgb\n" + _XGB +
     "xgb.train({'objective': 'binary:logistic', 'eval_metric': ['logloss', 'ndcg@3']}, dtrain, 200,\n"
     "          evals=[(dtest, 'valid')], early_stopping_rounds=3, verbose_eval=False)"),
    ("xgboost", "estimator", "from xgboost import XGBClassifier\nXGBClassifier(n_estimators=10, max_depth=2)"
     ".fit(X_train, y_train, eval_set=[(X_test, y_test)], verbose=False)"),
    ("lightgbm", "native", "import lightgbm as lgb\n" + _LGB +
     "lgb.train({'objective': 'binary', 'verbose': -1, 'seed': 0}, train, num_boost_round=20, valid_sets=[valid],\n"
     "          valid_names=['valid'])"),
    ("lightgbm", "native, stopped early", "import lightgbm as lgb\n" + _LGB +
     "lgb.train({'objective': 'binary', 'verbose': -1}, train, 200, valid_sets=[valid], valid_names=['valid'],\n"
     "          callbacks=[lgb.early_stopping(3, verbose=False)])"),
    ("lightgbm", "estimator", "from lightgbm import LGBMRegressor\nLGBMRegressor(n_estimators=10, verbose=-1)"
     ".fit(X_train, target[:200], eval_set=[(X_test, target[200:])])"),
    ("statsmodels", "OLS", "import statsmodels.api as sm\nsm.OLS(target, sm.add_constant(X)).fit()"),
    ("statsmodels", "GLM", "import statsmodels.api as sm\nsm.GLM(y, X, family=sm.families.Binomial()).fit()"),
    ("statsmodels", "Logit", "import statsmodels.api as sm\nsm.Logit(y, X).fit(disp=0)"),
    ("statsmodels", "formula", "import statsmodels.formula.api as smf\n"
     "smf.ols('t ~ a + b', X.assign(t=target)).fit(cov_type='HC1')"),
    ("statsmodels", "ARIMA", "from statsmodels.tsa.arima.model import ARIMA\n"
     "ARIMA(target.to_numpy(), order=(1, 0, 0)).fit()"),
    ("lightning", "fit", _NET + "L.Trainer(max_epochs=3, **quiet).fit(Net(), train)"),
    ("lightning", "with validation", _NET + "L.Trainer(max_epochs=3, **quiet).fit(Net(), train, valid)"),
    ("lightning", "stopped early", _NET +
     "from lightning.pytorch.callbacks import EarlyStopping\n"
     "stop = EarlyStopping('val_loss', min_delta=10.0, patience=2)\n"
     "L.Trainer(max_epochs=9, callbacks=[stop], **quiet).fit(Net(), train, valid)"),
    ("lightning", "fit and test", _NET.replace("def configure", "test_step = validation_step\n    def configure") +
     "net, trainer = Net(), L.Trainer(max_epochs=2, **quiet)\ntrainer.fit(net, train)\n"
     "trainer.test(net, valid, verbose=False)"),
)  # fmt: skip

AUTOLOGGED = """\
import json, sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
mlflow.autolog(log_models=False, silent=True)
if "lightning" in sys.argv[2]:  # the universal one does not take hold of it
    mlflow.pytorch.autolog(log_models=False, silent=True)
exec(compile(sys.argv[2], "<cell>", "exec"), {"__name__": "__main__"})
"""
# A fit of milliseconds has metrics on its training data left out where the machine is busy: here it is not.
SETTINGS = "training_metrics_ms = 5000\n"
TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")


@dataclass(frozen=True)
class Logged:
    """One run: its parameters, and of each metric the points in order."""

    params: dict[str, str]
    metrics: dict[str, list[tuple[int, float]]]
    is_child: bool


@dataclass(frozen=True)
class Difference:
    """Something that autologging logs and we do not, or not with that value."""

    library: str
    script: str
    name: str
    theirs: str
    ours: str


@dataclass
class Count:
    """Of one library: how many names are there, and how many are the same here."""

    params: int = 0
    same_params: int = 0
    metrics: int = 0
    same_metrics: int = 0


def main() -> None:
    """Run everything, or one library alone, write the table, and say what differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="LIBRARY", help="the rows of the other libraries stay as they are")
    only: str | None = parser.parse_args().only
    counts: dict[str, Count] = {}
    differences: list[Difference] = []
    with tempfile.TemporaryDirectory(prefix="parity") as scratch:
        empty = Path(scratch) / "empty.db"
        _runs(f"sqlite:///{empty}")  # MLflow takes seconds to make one
        scripts = [script for script in SCRIPTS if only in (None, script[0])]
        for number, (library, name, source) in enumerate(scripts):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            for database in ("theirs.db", "ours.db"):
                shutil.copy(empty, folder / database)
            theirs, ours = autologged(folder, DATA + source), captured(folder, DATA + source)
            count = counts.setdefault(library, Count())
            found = list(_compared(library, name, theirs, ours, count))
            differences += found
            print(f"{library}, {name}: {len(theirs)} runs, {len(found)} differences", flush=True)
    TABLE.write_text(_table(counts, differences, _rows_but(only) if only is not None else ([], [])), "utf-8")
    print(json.dumps({library: vars(count) for library, count in counts.items()}))


def autologged(folder: Path, source: str) -> list[Logged]:
    """Return what autologging makes of a script, oldest run first."""
    uri = f"sqlite:///{folder / 'theirs.db'}"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", AUTOLOGGED, uri, source], check=True, cwd=folder, capture_output=True
    )
    return _runs(uri)


def captured(folder: Path, source: str) -> list[Logged]:
    """Return what our recorder writes of the same script as a cell."""
    root = new_project(folder / "project")
    (root / ".cellmill").mkdir()
    (root / ".cellmill" / "settings.toml").write_text(SETTINGS)
    kernel = start_kernel(root, folder / "home")
    try:
        kernel.run(source)
    finally:
        kernel.end()
    uri = f"sqlite:///{folder / 'ours.db'}"
    project = Project(root)
    record(load_sessions(project), MlflowRunStore(project, uri))
    return _runs(uri)


def _runs(uri: str) -> list[Logged]:
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    found = client.search_runs(experiments, order_by=["attributes.start_time ASC"])
    return [
        Logged(
            params=dict(run.data.params),
            metrics={
                name: sorted((m.step, m.value) for m in client.get_metric_history(run.info.run_id, name))
                for name in run.data.metrics
            },
            is_child="mlflow.parentRunId" in run.data.tags,
        )
        for run in found
    ]


def _compared(
    library: str, script: str, theirs: list[Logged], ours: list[Logged], count: Count
) -> Iterator[Difference]:
    for their in theirs:
        like = [run for run in ours if run.is_child == their.is_child]
        our = max(like, key=lambda run: _likeness(their, run), default=Logged({}, {}, False))
        for name, value in their.params.items():
            count.params += 1
            count.same_params += (same := our.params.get(name) == value)
            if not same:
                yield Difference(library, script, f"parameter {name}", value, our.params.get(name, "not there"))
        for name, points in their.metrics.items():
            count.metrics += 1
            count.same_metrics += (same := _same(points, our.metrics.get(name)))
            if not same:
                yield Difference(
                    library, script, f"metric {name}", _shown(points), _shown(our.metrics.get(name)) or "not there"
                )


def _likeness(their: Logged, our: Logged) -> int:
    return sum(our.params.get(name) == value for name, value in their.params.items())


def _same(theirs: list[tuple[int, float]], ours: list[tuple[int, float]] | None) -> bool:
    """Return whether each point is there, but for the last two digits: the order of a sum is not the same."""
    if ours is None or len(ours) != len(theirs):
        return False
    return all(
        step == our_step and (value == our or abs(value - our) <= 1e-12 * max(abs(value), 1.0) or value != value != our)
        for (step, value), (our_step, our) in zip(theirs, ours, strict=True)
    )


def _shown(points: Any) -> str:
    if not points:
        return ""
    return f"{points[-1][1]:.6g}" + (f" ({len(points)} points)" if len(points) > 1 else "")


def _explained(difference: Difference) -> str:
    name = difference.name.partition(" ")[2]
    if name in TIMES:
        return "how long something took is not the same twice"
    if difference.theirs == "<class 'inspect._empty'>":
        return "autologging's word for a `**kwargs` that nothing was given to: no parameter"
    if difference.ours == "not there":
        return "missing"
    return "the value differs"


def _rows_but(library: str) -> tuple[list[str], list[str]]:
    """Return the rows of the table as it is, of counts and of differences, those of one library left out."""
    counts, _, differences = TABLE.read_text("utf-8").partition("## Differences")

    def rows(text: str) -> list[str]:
        return [
            line for line in text.splitlines() if line[:2] == "| " and line.split(" ")[1] not in ("library", library)
        ]

    return rows(counts), rows(differences)


def _table(
    counts: dict[str, Count], differences: list[Difference], kept: tuple[list[str], list[str]] = ([], [])
) -> str:
    lines = [
        "# Parity with autologging",
        "",
        "Made by `python -m benchmarks.parity`, which runs the same scripts under `mlflow.autolog()` and under capture",
        "and looks for every parameter and metric that autologging logs in our run, by name and value. Curves are the",
        "same only if each of their points is. `training_metrics_ms` is raised for it, so that a busy machine says",
        "nothing of what is measured.",
        "",
        "| library | parameters | the same here | metrics | the same here |",
        "|---|---|---|---|---|",
    ]
    lines += kept[0]
    lines += [
        f"| {library} | {count.params} | {count.same_params} | {count.metrics} | {count.same_metrics} |"
        for library, count in counts.items()
    ]
    lines += ["", "## Differences", ""]
    if not differences and not kept[1]:
        return "\n".join([*lines, "None.", ""])
    lines += ["| library | script | name | autologging | here | why |", "|---|---|---|---|---|---|"]
    lines += kept[1]
    lines += [
        f"| {d.library} | {d.script} | `{d.name}` | {_cell(d.theirs)} | {_cell(d.ours)} | {_explained(d)} |"
        for d in differences
    ]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    text = " ".join(text.replace("|", "\\|").split())
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"


if __name__ == "__main__":
    main()
