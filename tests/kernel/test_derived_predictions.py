"""Metrics of what was made of a prediction, cells later: the right model's, or nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kernel.kernels import Kernel

TWO = """\
from sklearn.metrics import f1_score
import pandas as pd
one = LogisticRegression(C=0.001).fit(X_train, y_train)
two = LogisticRegression(C=1000.0).fit(X_train, y_train)
"""


def test_through_threshold_and_frame_across_cells_a_metric_finds_its_model(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p1 = one.predict_proba(X_test)[:, 1]; p2 = two.predict_proba(X_test)[:, 1]")
    kernel.run("labels = (p1 > 0.4).astype(int); others = (p2 > 0.4).astype(int)")
    kernel.run("results = pd.DataFrame({'y': list(y_test), 'p': labels, 'q': others, 'none': 1})")
    kernel.run("f1_score(results['y'], results['p'])")

    assert [len(run.metrics) for run in kernel.runs_of(trained)] == [1, 0]
    kernel.run("f1_score(results['y'], results['q'])\nf1_score(results['y'], results['none'])")
    assert [len(run.metrics) for run in kernel.runs_of(trained)] == [1, 1]


def test_a_mixture_and_a_name_bound_anew_are_nobodys(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict(X_test); q = two.predict(X_test)")
    kernel.run("both = list((p + q) // 2); mine = list(p)")
    kernel.run("mine = list(y_test)")
    kernel.run("f1_score(y_test, both)\nf1_score(y_test, mine)")

    assert [run.metrics for run in kernel.runs_of(trained)] == [(), ()]


def test_what_was_predicted_before_a_retraining_is_the_former_runs(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict_proba(X_test)[:, 1] > 0.5")
    again = kernel.run("one.fit(X_test, y_test)")
    kernel.run("f1_score(y_test, p.astype(int))")

    assert [len(run.metrics) for run in kernel.runs_of(trained, again)] == [1, 0, 0]


def test_in_a_loop_each_model_gets_the_metric_of_its_own_threshold(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("for model in (one, two):\n    f1_score(y_test, model.predict_proba(X_test)[:, 1] > 0.5)")

    assert [len(run.metrics) for run in kernel.runs_of(trained)] == [1, 1]


def test_what_a_function_predicted_is_known_cells_later(kernel: Kernel) -> None:
    trained = kernel.run(TWO + "def decide(model, rows):\n    return [int(p > 0.5) for p in model.predict(rows)]")
    kernel.run("p = decide(one, X_test)\nboth = [decide(model, X_test) for model in (one, two)]")
    kernel.run("two.predict(X_test)\nf1_score(y_test, p)\nf1_score(y_test, both[0])")

    assert [len(run.metrics) for run in kernel.runs_of(trained)] == [1, 0]
