"""What makes a run: the outermost `fit` of whatever predicts, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cellmill.core.events import TrainingStarted

if TYPE_CHECKING:
    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

# The same cell defines an estimator and fits it, as people do who write their own.
MAJORITY = """\
class Majority(ClassifierMixin, BaseEstimator):
    def __init__(self, bias=0):
        self.bias = bias

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.answer_ = int(y.mean() > 0.5) + self.bias
        return self

    def predict(self, X):
        return np.full(len(X), self.answer_)
"""


def test_a_fit_is_a_run_with_its_class_parameters_and_data(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("model = LogisticRegression(C=0.5).fit(X_train, y_train)"))

    assert (run.library, run.model_class, run.status) == (
        "sklearn",
        "sklearn.linear_model.LogisticRegression",
        "finished",
    )
    assert parameters(run)["C"] == "0.5"
    assert parameters(run)["max_iter"] == "100"
    (data,) = run.data
    assert (data.name, data.target, data.context, data.rows) == ("X_train", "y_train", "training", 40)
    assert [(column.name, column.type) for column in data.columns] == [(name, "double") for name in "abc"]
    assert (run.metrics, run.error, run.incomplete) == ((), None, ())


def test_its_model_is_kept_with_what_it_takes_to_load_it_and_five_rows_of_its_input(kernel: Kernel) -> None:
    run = kernel.run_of(kernel.run("model = LogisticRegression().fit(X_train, y_train)"))

    assert run.model is not None
    assert run.model.flavor == "sklearn"
    assert {requirement.partition("==")[0] for requirement in run.model.requirements} >= {"scikit-learn", "numpy"}
    model, example = (kernel.project.blobs / str(name) for name in (run.model.sha256, run.model.example_sha256))
    assert model.stat().st_size == run.model.size_bytes
    assert example.exists()


@pytest.mark.parametrize(
    ("source", "model"),
    [
        ("make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)", "Pipeline"),
        ("GridSearchCV(LogisticRegression(), {'C': [0.1, 1]}, cv=2).fit(X, y)", "GridSearchCV"),
        (
            "GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {'ridge__alpha': [1]}, cv=2).fit(X, y)",
            "GridSearchCV",
        ),
        ("RandomForestClassifier(n_estimators=4, n_jobs=2).fit(X, y)", "RandomForestClassifier"),
        ("BaggingClassifier(LogisticRegression(), n_estimators=3).fit(X, y)", "BaggingClassifier"),
        (
            "VotingClassifier([('a', LogisticRegression()), ('b', RandomForestClassifier(3))]).fit(X, y)",
            "VotingClassifier",
        ),
        ("KMeans(2, n_init=1).fit(X)", "KMeans"),
        ("KMeans(2, n_init=1).fit_predict(X)", "KMeans"),
        ("make_pipeline(StandardScaler(), KMeans(2, n_init=1)).fit_predict(X)", "Pipeline"),
        ("make_pipeline(StandardScaler(), KMeans(2, n_init=1)).fit_transform(X)", "Pipeline"),
        ("from sklearn.mixture import GaussianMixture; GaussianMixture(2).fit_predict(X)", "GaussianMixture"),
        ("from sklearn.feature_selection import RFE; RFE(LogisticRegression()).fit(X, y)", "RFE"),
        ("from sklearn.neighbors import NearestNeighbors; NearestNeighbors().fit(X)", "NearestNeighbors"),
        ("cross_val_score(LogisticRegression(), X, y, cv=3)", "LogisticRegression"),
        ("cross_validate(make_pipeline(StandardScaler(), Ridge()), X, y, cv=3)", "Pipeline"),
        ("%time LogisticRegression().fit(X, y)", "LogisticRegression"),
        ("import asyncio; await asyncio.sleep(0); LogisticRegression().fit(X, y)", "LogisticRegression"),
    ],
)
def test_however_many_models_a_call_fits_inside_it_is_one_run(kernel: Kernel, source: str, model: str) -> None:
    run = kernel.run_of(kernel.run(source))
    assert (run.short_class, run.status) == (model, "finished")


@pytest.mark.parametrize(
    "source",
    [
        "StandardScaler().fit(X)",
        "StandardScaler().fit_transform(X)",
        "make_pipeline(StandardScaler(), StandardScaler()).fit(X)",
        "from sklearn.decomposition import PCA; PCA(2).fit_transform(X)",
        "from sklearn.preprocessing import LabelEncoder; LabelEncoder().fit_transform(y)",
        # These fit models inside, hundreds of them at times, to transform data with.
        "from sklearn.feature_selection import SelectFromModel; SelectFromModel(LogisticRegression()).fit(X, y)",
        "from sklearn.experimental import enable_iterative_imputer\n"
        "from sklearn.impute import IterativeImputer\n"
        "IterativeImputer().fit(X); IterativeImputer().fit_transform(X)",
        # These leave no model behind.
        "cross_val_predict(LogisticRegression(), X, y)",
        "learning_curve(LogisticRegression(), X, y, train_sizes=[0.5, 1.0], cv=2)",
        "LogisticRegression(C=2).get_params()",
    ],
)
def test_what_only_prepares_or_looks_makes_no_run(kernel: Kernel, source: str) -> None:
    assert kernel.runs_of(kernel.run(source)) == []


def test_fitting_again_makes_another_run(kernel: Kernel) -> None:
    first = kernel.run("model = LogisticRegression().fit(X_train, y_train)")
    second = kernel.run("model.set_params(C=9.0).fit(X, y)")

    assert [parameters(run)["C"] for run in kernel.runs_of(first, second)] == ["1.0", "9.0"]
    assert kernel.run_of(second).data[0].name == "X"


def test_each_fit_of_a_loop_is_a_run(kernel: Kernel) -> None:
    answer = kernel.run("for alpha in (1.0, 2.0, 3.0):\n    Ridge(alpha=alpha).fit(X, y)")
    assert [parameters(run)["alpha"] for run in kernel.runs_of(answer)] == ["1.0", "2.0", "3.0"]


def test_each_call_of_a_function_that_fits_is_a_run(kernel: Kernel) -> None:
    kernel.run("def train(alpha):\n    rows = X[:30]\n    return Ridge(alpha=alpha).fit(rows, y[:30])")
    answer = kernel.run("models = [train(1.0), train(2.0)]")

    runs = kernel.runs_of(answer)
    assert [parameters(run)["alpha"] for run in runs] == ["1.0", "2.0"]
    assert {run.data[0].name for run in runs} == {"rows"}


def test_fits_that_run_at_the_same_time_in_threads_of_the_users_own_are_runs_each(kernel: Kernel) -> None:
    answer = kernel.run(
        """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

together = Barrier(3, timeout=30)

class Waiting(Ridge):
    def fit(self, X, y):
        together.wait()  # no fit goes on before all three have begun
        return super().fit(X, y)

with ThreadPoolExecutor(3) as pool:
    list(pool.map(lambda alpha: Waiting(alpha=alpha).fit(X, y), [1.0, 2.0, 3.0]))
"""
    )
    runs = kernel.runs_of(answer)
    assert sorted(parameters(run)["alpha"] for run in runs) == ["1.0", "2.0", "3.0"]
    assert {run.status for run in runs} == {"finished"}


def test_the_parts_of_an_ensemble_fitted_in_a_thread_of_the_users_own_are_not_runs(kernel: Kernel) -> None:
    answer = kernel.run(
        """
from threading import Thread

thread = Thread(target=lambda: RandomForestClassifier(n_estimators=6, n_jobs=2).fit(X, y))
thread.start()
thread.join()
"""
    )
    assert [run.short_class for run in kernel.runs_of(answer)] == ["RandomForestClassifier"]


def test_a_search_says_what_it_found_and_its_best_estimator_is_the_same_model(kernel: Kernel) -> None:
    trained = kernel.run("search = GridSearchCV(Ridge(), {'alpha': [0.001, 1000.0]}, cv=3).fit(X_train, y_train)")
    kernel.run("search.best_estimator_.score(X_test, y_test)")

    run = kernel.run_of(trained)
    assert parameters(run)["best_alpha"] == "0.001"
    assert parameters(run)["estimator__alpha"] == "1.0"
    assert list(run.last_metrics) == ["best_cv_score", "Ridge_score_X_test"]


def test_a_search_in_worker_processes_fits_a_class_from_a_cell_and_is_one_run(kernel: Kernel) -> None:
    answer = kernel.run(MAJORITY + "search = GridSearchCV(Majority(), {'bias': [0, 1]}, cv=2, n_jobs=2).fit(X, y)")
    assert (kernel.run_of(answer).short_class, kernel.run_of(answer).status) == ("GridSearchCV", "finished")


def test_a_cross_validation_keeps_its_scores_and_says_why_there_is_no_model(kernel: Kernel) -> None:
    answer = kernel.run("scores = cross_val_score(LogisticRegression(), X, y, cv=4)\nprint(scores.tolist())")

    run = kernel.run_of(answer)
    scores = [metric.value for metric in run.metrics if metric.name == "cross_val_score"]
    assert str(scores) == answer.stdout.strip()
    assert [metric.step for metric in run.metrics if metric.name == "cross_val_score"] == [0, 1, 2, 3]
    assert run.last_metrics["cross_val_score_mean"] == pytest.approx(sum(scores) / 4)
    assert list(run.last_metrics) == ["cross_val_score_mean", "cross_val_score"]
    assert list(run.telling_metrics) == ["cross_val_score_mean"]
    assert (run.model, run.model_note) == (None, "a cross-validation keeps none of the models that it fits")


def test_a_cross_validation_of_several_scores_keeps_each(kernel: Kernel) -> None:
    answer = kernel.run(
        "cross_validate(LogisticRegression(), X, y, cv=2, scoring=['accuracy', 'roc_auc'], return_train_score=True)"
    )
    means = {name for name in kernel.run_of(answer).last_metrics if name.endswith("_mean")}
    assert means == {
        f"cross_validate_{part}_{score}_mean" for part in ("test", "train") for score in ("accuracy", "roc_auc")
    }


def test_an_estimator_defined_in_a_cell_is_seen_like_scikit_learns(kernel: Kernel) -> None:
    trained = kernel.run(MAJORITY + "model = Majority(bias=2).fit(X_train, y_train)")
    kernel.run("model.score(X_test, y_test)")

    run = kernel.run_of(trained)
    assert (run.model_class, parameters(run), run.status) == ("Majority", {"bias": "2"}, "finished")
    assert list(run.last_metrics) == ["Majority_score_X_test"]


def test_a_fit_that_calls_its_parents_is_one_run(kernel: Kernel) -> None:
    answer = kernel.run(
        """
class Louder(Ridge):
    def fit(self, X, y):
        return super().fit(X, y * 2)

Louder().fit(X, y)
"""
    )
    assert [run.short_class for run in kernel.runs_of(answer)] == ["Louder"]


def test_a_fit_that_raises_is_a_failed_run_with_the_error(kernel: Kernel) -> None:
    answer = kernel.run("LogisticRegression().fit(X, y[:3])", may_fail=True)

    run = kernel.run_of(answer)
    assert answer.error == "ValueError"
    assert run.error is not None
    assert (run.status, run.error.type, run.error.message) == ("failed", "ValueError", answer.message)
    assert run.model is None


def test_a_fit_that_the_user_interrupts_is_an_interrupted_run(kernel: Kernel) -> None:
    execution = kernel.begin(
        """
import time

class Slow(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        time.sleep(60)

    def predict(self, X):
        return X

Slow().fit(X, y)
"""
    )
    kernel.wait_until(
        lambda: any(isinstance(event, TrainingStarted) and event.execution == execution for event in kernel.events)
    )
    kernel.interrupt()
    answer = kernel.wait(execution)

    assert answer.error == "KeyboardInterrupt"
    assert kernel.run_of(answer).status == "interrupted"


def parameters(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}
