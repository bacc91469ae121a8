"""Models made of models, and models that train at the same time: each is one run, with its own metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.kernel.kernels import kernel_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

IMPORTS = """\
import threading
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as ImbalancedPipeline, make_pipeline as make_imbalanced
from sklearn.ensemble import RandomForestClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
X = pd.DataFrame(np.random.RandomState(0).rand(120, 3), columns=["a", "b", "c"])
y = (X.a + X.b > 1.3).astype(int)
X_train, X_test, y_train, y_test = X[:80], X[80:], y[:80], y[80:]
parts = [("tree", DecisionTreeClassifier(max_depth=2)), ("bayes", make_pipeline(StandardScaler(), GaussianNB()))]
"""


@pytest.fixture(scope="module")
def kernel(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    root = tmp_path_factory.mktemp("composites") / "project"
    with kernel_with(root, home, settings="training_metrics_ms = 0.0\n", cell=IMPORTS) as kernel:
        yield kernel


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (
            "make_imbalanced(StandardScaler(), SMOTE(random_state=0), LogisticRegression())",
            "imblearn.pipeline.Pipeline",
        ),
        ("ImbalancedPipeline([('more', RandomOverSampler()), ('rest', make_pipeline(LogisticRegression()))])", None),
        ("StackingClassifier(parts, LogisticRegression())", "sklearn.ensemble.StackingClassifier"),
        ("StackingClassifier(parts, StackingClassifier(parts), n_jobs=2)", None),
        ("VotingClassifier(parts, n_jobs=2)", None),
        ("make_imbalanced(SMOTE(random_state=0), StackingClassifier(parts))", None),
        ("make_pipeline(StandardScaler(), make_pipeline(StackingClassifier(parts)))", "sklearn.pipeline.Pipeline"),
    ],
    ids=[
        "SMOTE",
        "a pipeline in a pipeline",
        "a stack",
        "a stack of stacks",
        "a vote",
        "a stack after SMOTE",
        "a stack in pipelines",
    ],
)
def test_a_model_made_of_models_is_one_run_and_everything_measured_is_its_own(
    kernel: Kernel, model: str, name: str | None
) -> None:
    trained = kernel.run(f"model = {model}\nmodel.fit(X_train, y_train)")
    kernel.run("model.score(X_test, y_test)")
    kernel.run("accuracy_score(y_test, model.predict(X_test))")
    kernel.run("model.named_steps if hasattr(model, 'named_steps') else model.named_estimators_")

    run = kernel.run_of(trained)
    assert name in (None, run.model_class)
    assert (run.status, run.incomplete, run.kind) == ("finished", (), "fit")
    assert sorted(run.last_metrics) == sorted([f"{run.short_class}_score_X_test", "accuracy_score_X_test"])
    assert [(use.name, use.context, use.rows) for use in run.data] == [
        ("X_train", "training", 80),
        ("X_test", "evaluation", 40),
    ]
    assert run.model is not None


def test_a_search_over_an_imbalanced_pipeline_has_its_candidates_as_trials_alone(kernel: Kernel) -> None:
    answer = kernel.run(
        "search = GridSearchCV(make_imbalanced(SMOTE(random_state=0), LogisticRegression()),\n"
        "                      {'logisticregression__C': [0.1, 10.0]}, cv=2).fit(X_train, y_train)"
    )
    search = kernel.run_of(answer)
    assert (search.kind, search.short_class, len(kernel.trials_of(search))) == ("search", "GridSearchCV", 2)


POOL = """\
def train(depth):
    model = {kind}
    model.fit(X_train, y_train)
    return model, model.score(X_test, y_test)

with ThreadPoolExecutor({threads}) as pool:
    found = list(pool.map(train, [1, 2, 3, 4, 5, 6]))
print(*[score for _, score in found])
"""


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("kind", "depth"),
    [
        ("DecisionTreeClassifier(max_depth=depth, random_state=0)", "max_depth"),
        ("RandomForestClassifier(4, max_depth=depth, n_jobs=2, random_state=0)", "max_depth"),
        ("make_imbalanced(SMOTE(random_state=0), DecisionTreeClassifier(max_depth=depth, random_state=0))", "decision"),
        ("StackingClassifier([('tree', DecisionTreeClassifier(max_depth=depth))], cv=2)", "tree__max_depth"),
    ],
    ids=["trees", "forests", "pipelines", "stacks"],
)
def test_fits_in_a_pool_of_threads_are_a_run_each_with_the_metric_of_its_own(
    kernel: Kernel, kind: str, depth: str, threads: int
) -> None:
    answer = kernel.run(POOL.format(kind=kind, threads=threads))
    runs = kernel.runs_of(answer)

    def depth_of(run: Run) -> str:
        return next(p.value for p in run.parameters if p.name.startswith(depth) and p.name.endswith("max_depth"))

    measured = {depth_of(run): list(run.last_metrics.values()) for run in runs}
    assert [run.status for run in runs] == ["finished"] * 6
    assert measured == {str(each): [float(word)] for each, word in zip(range(1, 7), answer.stdout.split(), strict=True)}


def test_a_failing_thread_fails_its_own_run_alone(kernel: Kernel) -> None:
    answer = kernel.run(
        "def train(labels):\n    return LogisticRegression().fit(X_train, labels)\n"
        "with ThreadPoolExecutor(2) as pool:\n"
        "    jobs = [pool.submit(train, labels) for labels in (y_train, y_train[:3], y_train)]\n"
        "[job.exception() is None for job in jobs]"
    )
    assert answer.result == "[True, False, True]"
    assert sorted(run.status for run in kernel.runs_of(answer)) == ["failed", "finished", "finished"]


def test_the_main_thread_trains_beside_a_pool_and_neither_takes_the_others_runs(kernel: Kernel) -> None:
    answer = kernel.run(
        "begun, go_on = threading.Event(), threading.Event()\n"
        "class Waits(LogisticRegression):\n"
        "    def fit(self, X, y):\n"
        "        begun.set(); go_on.wait(30)\n"
        "        return super().fit(X, y)\n"
        "pool = ThreadPoolExecutor(1)\n"
        "job = pool.submit(Waits().fit, X_train, y_train)\n"
        "begun.wait(30)\n"
        "mine = Ridge().fit(X_train, y_train)\n"
        "go_on.set()\n"
        "job.result()\n"
        "pool.shutdown()"
    )
    found = sorted((run.short_class, run.status) for run in kernel.runs_of(answer))
    assert found == [("Ridge", "finished"), ("Waits", "finished")]
