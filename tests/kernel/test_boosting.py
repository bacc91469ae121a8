"""Trainings of xgboost, lightgbm and catboost: native and through their estimators, one run each."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.conftest import StartKernel
    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

from tests.kernel.kernels import new_project, start_kernel

# As users do, in no order in particular: the libraries come before scikit-learn here.
IMPORTS = """\
import xgboost as xgb
import lightgbm as lgb
import catboost
import numpy as np
import pandas as pd
import sklearn.metrics
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
X = pd.DataFrame(np.random.RandomState(0).rand(120, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1).astype(int)
X_train, X_test, y_train, y_test = X[:80], X[80:], y[:80], y[80:]
"""


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = start_kernel(
        new_project(tmp_path_factory.mktemp("boosting") / "project"), home, environment={"OMP_NUM_THREADS": "1"}
    )
    try:
        kernel.run(IMPORTS)
        yield kernel
    finally:
        kernel.end()


XGBOOST = """\
dtrain, dtest = xgb.DMatrix(X_train, label=y_train), xgb.DMatrix(X_test, label=y_test)
seen = {}
booster = xgb.train({"objective": "binary:logistic", "max_depth": 2}, dtrain, num_boost_round=30,
                    evals=[(dtrain, "train"), (dtest, "valid")], evals_result=seen, early_stopping_rounds=3,
                    verbose_eval=False)
[round(float(v), 12) for v in seen["valid"]["logloss"]]
"""
LIGHTGBM = """\
train, valid = lgb.Dataset(X_train, label=y_train), lgb.Dataset(X_test, label=y_test)
seen = {}
callbacks = [lgb.record_evaluation(seen), lgb.early_stopping(3, verbose=False)]
booster = lgb.train({"objective": "binary", "verbose": -1, "num_leaves": 4}, train, num_boost_round=30,
                    valid_sets=[valid], valid_names=["valid"], callbacks=callbacks)
assert len(callbacks) == 2
[round(float(v), 12) for v in seen["valid"]["binary_logloss"]]
"""


@pytest.mark.parametrize(
    ("library", "cell", "curve", "given", "data"),
    [
        ("xgboost", XGBOOST, "valid-logloss", {"max_depth": "2", "num_boost_round": "30"}, "X_train"),
        ("lightgbm", LIGHTGBM, "valid-binary_logloss", {"num_leaves": "4", "num_boost_round": "30"}, "X_train"),
    ],
    ids=["xgboost", "lightgbm"],
)
def test_a_native_training_is_one_run_with_its_parameters_curves_data_and_booster(
    kernel: Kernel, library: str, cell: str, curve: str, given: dict[str, str], data: str
) -> None:
    answer = kernel.run(cell)
    run = kernel.run_of(answer)

    assert (run.library, run.model_class, run.status) == (library, f"{library}.Booster", "finished")
    assert given.items() <= parameters(run).items()
    seen = eval(answer.result or "[]")
    points = [round(m.value, 12) for m in run.metrics if m.name == curve]
    assert points[:-1] == seen  # what early stopping went back to is said once more, as autologging does
    assert points[-1] == min(seen)
    assert run.last_metrics["best_iteration"] in (seen.index(min(seen)), seen.index(min(seen)) + 1)
    (use,) = run.data
    assert (use.name, use.target, use.rows, [c.name for c in use.columns]) == (data, "y_train", 80, ["a", "b", "c"])
    assert run.model is not None
    assert run.model.flavor == library
    assert run.model.example_sha256 is not None
    assert (run.model_note, run.incomplete) == (None, ())


def test_a_matrix_of_an_expression_is_described_as_what_it_was_made_of(kernel: Kernel) -> None:
    """Nobody holds `X_train.iloc[:60]` any more when the training begins, nor what a function made of it."""
    trained = kernel.run(
        "def matrix(part):\n    part = part[['a', 'b']]\n    return xgb.DMatrix(part, label=y_train[:len(part)])\n"
        "for made in (xgb.DMatrix(X_train.iloc[:60], label=y_train[:60]), "
        "xgb.QuantileDMatrix(X_train.iloc[:50], label=y_train[:50]), "
        "xgb.DMatrix(X_train.iloc[20:].values, y_train[20:]), matrix(X_train)):\n"
        "    booster = xgb.train({'objective': 'binary:logistic'}, made, 2)\n"
    )
    uses = [use for run in kernel.runs_of(trained) for use in run.data]
    assert [(use.kind, use.rows, len(use.columns)) for use in uses] == [
        ("pandas", 60, 3), ("pandas", 50, 3), ("numpy", 60, 3), ("pandas", 80, 2),
    ]  # fmt: skip
    assert len({use.digest for use in uses}) == 4
    assert [use.name for use in uses][:3] == ["X_train"] * 3


def test_a_boosters_prediction_is_its_runs(kernel: Kernel) -> None:
    trained = kernel.run(XGBOOST)
    kernel.run("probability = booster.predict(dtest)\nsklearn.metrics.roc_auc_score(y_test, probability)")

    run = kernel.run_of(trained)
    assert run.last_metrics["roc_auc_score_X_test"] > 0.5
    assert [(use.name, use.rows) for use in run.data if use.context == "evaluation"] == [("X_test", 40)]


@pytest.mark.parametrize(
    ("fit", "model", "curve"),
    [
        (
            "xgb.XGBClassifier(n_estimators=4).fit(X_train, y_train, eval_set=[(X_test, y_test)], verbose=False)",
            "xgboost.sklearn.XGBClassifier",
            "validation_0-logloss",
        ),
        (
            "lgb.LGBMClassifier(n_estimators=4, verbose=-1).fit(X_train, y_train, eval_set=[(X_test, y_test)])",
            "lightgbm.sklearn.LGBMClassifier",
            "valid_0-binary_logloss",
        ),
        (
            "catboost.CatBoostClassifier(iterations=4, verbose=False, allow_writing_files=False)"
            ".fit(X_train, y_train, eval_set=(X_test, y_test))",
            "catboost.core.CatBoostClassifier",
            "validation-Logloss",
        ),
    ],
    ids=["xgboost", "lightgbm", "catboost"],
)
def test_an_estimators_fit_is_one_run_with_its_evaluation_history(
    kernel: Kernel, fit: str, model: str, curve: str
) -> None:
    run = kernel.run_of(kernel.run(f"model = {fit}"))

    assert (run.model_class, run.status, run.library) == (model, "finished", model.partition(".")[0])
    assert [m.step for m in run.metrics if m.name == curve] == [0, 1, 2, 3]
    assert run.model is not None
    assert run.model.flavor == run.library


def test_an_estimators_run_knows_what_its_native_training_was_given(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("model = xgb.XGBClassifier(n_estimators=4).fit(X_train, y_train)"))
    assert parameters(run)["num_boost_round"] == "4"
    assert parameters(run)["objective"] == "binary:logistic"
    run = kernel.run_of(kernel.run("model = lgb.LGBMRegressor(n_estimators=4, verbose=-1).fit(X_train, y_train)"))
    assert parameters(run)["num_boost_round"] == "4"


@pytest.mark.parametrize(
    "fit",
    [
        "GridSearchCV(xgb.XGBClassifier(n_estimators=2), {'max_depth': [1, 2]}, cv=2).fit(X_train, y_train)",
        "make_pipeline(StandardScaler(), lgb.LGBMClassifier(n_estimators=2, verbose=-1)).fit(X_train, y_train)",
    ],
)
def test_estimators_within_others_make_no_runs_of_their_own(kernel: Kernel, fit: str) -> None:
    runs = [run for run in kernel.runs_of(kernel.run(f"model = {fit}")) if run.kind != "trial"]
    assert [run.library for run in runs] == ["sklearn"]


@pytest.mark.parametrize(
    "cell",
    [
        "xgb.cv({'objective': 'binary:logistic'}, xgb.DMatrix(X_train, label=y_train), 3, nfold=2)",
        "lgb.cv({'objective': 'binary', 'verbose': -1}, lgb.Dataset(X_train, label=y_train), 3, nfold=2)",
    ],
    ids=["xgboost", "lightgbm"],
)
def test_a_native_cross_validation_is_a_run_without_a_model(kernel: Kernel, cell: str) -> None:
    run = kernel.run_of(kernel.run(f"result = {cell}"))

    assert (run.kind, run.status, run.model) == ("validation", "finished", None)
    (mean,) = {m.name for m in run.metrics if m.name.startswith(("test-", "valid ")) and m.name.endswith("-mean")}
    assert [m.step for m in run.metrics if m.name == mean] == [0, 1, 2]


def test_a_native_training_that_fails_is_a_failed_run(kernel: Kernel) -> None:
    answer = kernel.run("xgb.train({'objective': 'no:such'}, xgb.DMatrix(X_train, label=y_train))", may_fail=True)
    assert answer.error == "XGBoostError"
    assert kernel.run_of(answer).status == "failed"
    assert "cellmill" not in answer.traceback


def test_an_interrupted_training_keeps_the_rounds_that_it_had(kernel: Kernel) -> None:
    stop = """\
class Stop(xgb.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        if epoch == 3:
            raise KeyboardInterrupt
dtrain = xgb.DMatrix(X_train, label=y_train)
xgb.train({'objective': 'binary:logistic'}, dtrain, 9, evals=[(dtrain, 'train')], callbacks=[Stop()], verbose_eval=0)
"""
    run = kernel.run_of(kernel.run(stop, may_fail=True))
    assert run.status == "interrupted"
    assert [m.step for m in run.metrics if m.name == "train-logloss"] == [0, 1, 2]


AUTOLOGGED = """\
import mlflow
import xgboost as xgb
import numpy as np
mlflow.xgboost.autolog(log_models=False, silent=True)
X = np.random.RandomState(0).rand(80, 3)
y = (X[:, 0] > 0.5).astype(int)
dtrain = xgb.DMatrix(X, label=y)
booster = xgb.train({"objective": "binary:logistic"}, dtrain, 4, evals=[(dtrain, "train")], verbose_eval=False)
runs = mlflow.MlflowClient().search_runs(["0"])
len(runs), len(mlflow.MlflowClient().get_metric_history(runs[0].info.run_id, "train-logloss"))
"""


def test_autologging_of_a_native_training_goes_on_and_it_is_one_run_of_ours_too(
    start: StartKernel, empty_database: Path
) -> None:
    kernel = start(environment={"OMP_NUM_THREADS": "1"})
    shutil.copy(empty_database, kernel.root / "mlflow.db")
    answer = kernel.run(AUTOLOGGED)
    run = kernel.run_of(answer)

    assert answer.result == "(1, 4)"
    assert [m.step for m in run.metrics if m.name == "train-logloss"] == [0, 1, 2, 3]
    assert [tracked.system for tracked in run.tracked] == ["mlflow"]


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}


def test_trainings_by_functions_imported_before_capture_came_are_seen(start: StartKernel) -> None:
    kernel = start(environment={"OMP_NUM_THREADS": "1"})
    kernel.run("%unload_ext cellmill")
    kernel.run(IMPORTS + "from lightgbm import cv, train as grow\nfrom xgboost import train as climb")
    kernel.run("%load_ext cellmill")
    native = kernel.run(
        "one = grow({'verbose': -1}, lgb.Dataset(X_train, label=y_train), 3)\n"
        "two = climb({'max_depth': 2}, xgb.DMatrix(X_train, label=y_train), 3)"
    )
    validated = kernel.run("cv({'verbose': -1}, lgb.Dataset(X_train, label=y_train), 3);")
    wrapped = kernel.run("lgb.LGBMClassifier(n_estimators=3, verbose=-1).fit(X_train, y_train)")
    failed = kernel.run("grow({'verbose': -1}, 'no data', 3)", may_fail=True)

    assert [(run.library, run.kind, run.status) for run in kernel.runs] == [
        ("lightgbm", "fit", "finished"),
        ("xgboost", "fit", "finished"),
        ("lightgbm", "validation", "finished"),
        ("lightgbm", "fit", "finished"),
        ("lightgbm", "fit", "failed"),
    ]
    assert [answer.status for answer in (native, validated, wrapped, failed)] == ["ok", "ok", "ok", "error"]
    assert "cellmill" not in failed.traceback
