"""Metrics of what was made of a prediction, cells later: the right model's, or nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kernel.kernels import Kernel

    from cellmill.core.runs import Run

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

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [1, 0]
    kernel.run("f1_score(results['y'], results['q'])\nf1_score(results['y'], results['none'])")
    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [1, 1]


def test_a_mixture_and_a_name_bound_anew_are_nobodys(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict(X_test); q = two.predict(X_test)")
    kernel.run("both = list((p + q) // 2); mine = list(p)")
    kernel.run("mine = list(y_test)")
    kernel.run("f1_score(y_test, both)\nf1_score(y_test, mine)")

    assert [measured(run) for run in kernel.runs_of(trained)] == [[], []]


def test_what_was_predicted_before_a_retraining_is_the_former_runs(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict_proba(X_test)[:, 1] > 0.5")
    again = kernel.run("one.fit(X_test, y_test)")
    kernel.run("f1_score(y_test, p.astype(int))")

    assert [len(measured(run)) for run in kernel.runs_of(trained, again)] == [1, 0, 0]


def test_in_a_loop_each_model_gets_the_metric_of_its_own_threshold(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("for model in (one, two):\n    f1_score(y_test, model.predict_proba(X_test)[:, 1] > 0.5)")

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [1, 1]


def test_what_a_function_predicted_is_known_cells_later(kernel: Kernel) -> None:
    trained = kernel.run(TWO + "def decide(model, rows):\n    return [int(p > 0.5) for p in model.predict(rows)]")
    kernel.run("p = decide(one, X_test)\nboth = [decide(model, X_test) for model in (one, two)]")
    kernel.run("two.predict(X_test)\nf1_score(y_test, p)\nf1_score(y_test, both[0])")

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [1, 0]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["rmse = np.sqrt(np.mean((y_test - p) ** 2))"], ["rmse"]),
        (["errors = y_test - p", "mae = float(np.abs(errors).mean())"], ["mae"]),
        (["results = {}\nresults['hits'] = (p == y_test).mean()"], ["hits"]),
        (["from sklearn.metrics import f1_score\nf1 = f1_score(y_test, p)"], ["f1_score_X_test"]),
        (["from sklearn.metrics import f1_score\nf1 = round(100 * f1_score(y_test, p), 2)"], ["f1_score_X_test"]),
        (["def rate(m):\n    return (m.predict(X_test) == y_test).mean()\naccuracy = rate(one)"], ["accuracy"]),
        (["threshold = np.quantile(p, 0.9)\nmean = p.mean()\nn = float(len(p))\nhits = (p == y_test).sum()"], []),
        (["if True:\n    rate = (p == y_test).mean()"], []),
        (["q = two.predict(X_test)\ngain = (p == y_test).mean() - (q == y_test).mean()"], []),
        (["two.fit(np.c_[X_train, one.predict(X_train)], y_train)\nscore = cross_val_score(two, X, y).mean()"], []),
    ],
)
def test_a_number_assigned_from_a_prediction_and_the_truth_is_a_metric(
    kernel: Kernel, cells: list[str], names: list[str]
) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict(X_test)")
    for cell in cells:
        kernel.run(cell)

    one, two = kernel.runs_of(trained)
    assert (measured(one), measured(two)) == (names, [])


def test_a_function_imported_before_cellmill_gives_a_metric_named_by_its_variable(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict(X_test)\nimported_before = lambda y, p: float((y == p).mean())")
    kernel.run("rate = imported_before(y_test, p)")

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [1, 0]


EVALUATE = """\
def evaluate(m, rows, y):
    p = m.predict_proba(rows)[:, 1]
    decided = p > 0.4
    return f1_score(y, decided.astype(int))

def report(y, p, *, limit=0.5):
    decided = [int(each > limit) for each in p]
    return f1_score(y, decided)

def together(rows):
    return (one.predict(rows) + two.predict(rows)) // 2

def maybe(m, y, p=None):
    if p is None:
        p = m.predict(X_test) > 0.5
    return f1_score(y, p)
"""


@pytest.mark.parametrize(
    ("cell", "counts"),
    [
        ("evaluate(one, X_test, y_test)", [1, 0]),
        ("evaluate(one, X_test, y_test); evaluate(two, X_test, y_test)", [1, 1]),
        ("[evaluate(m, X_test, y_test) for m in (one, two)]", [1, 1]),
        ("[f1_score(y_test, m.predict(X_test) > 0) for m in (one, two)]", [1, 1]),
        ("{n: f1_score(y_test, list(p)) for n, p in {'one': labels, 'two': others}.items()}", [0, 0]),
        ("report(y_test, labels)", [1, 0]),
        ("report(y_test, p=others, limit=0.1)\nreport(y_test, labels)", [1, 1]),
        ("report(y_test, *[labels])", [0, 0]),
        ("report(y_test, list(y_test)); report(y_test, labels + others)", [0, 0]),
        ("f1_score(y_test, together(X_test)); report(y_test, together(X_test))", [0, 0]),
        ("maybe(one, y_test); maybe(None, y_test, list(y_test))", [0, 0]),
        (
            "for m in (one, two):\n    p = m.predict(X_test)\n    d = p > 0\n    f1_score(y_test, d)",
            [1, 1],
        ),
        ("d = labels\nfor m in (two, one):\n    f1_score(y_test, d)\n    d = list(m.predict(X_test))", [0, 0]),
        ("d = 0\nfor m in (two, one):\n    d = d + m.predict(X_test)\nf1_score(y_test, d > 0)", [0, 0]),
        ("kept = {}\nfor m in (two, one):\n    kept[m] = list(m.predict(X_test))\nf1_score(y_test, kept[one])", [0, 0]),
        ("f1_score(y_test, pd.Series(labels).tolist())\nf1_score(y_test, np.round(others))", [1, 1]),
        ("got = evaluate(one, X_test, y_test)", [1, 0]),
        ("f1_score(y_test, list(labels)); f1_score(y_test, [*others])", [1, 1]),
        ("for _ in [0]: f1_score(y_test, list(labels)); d = [*others]; f1_score(y_test, d)", [1, 1]),
        ("d = labels\nfor m in (one, two):\n    d = list(m.predict(X_test))\nf1_score(y_test, d)", [0, 1]),
        (
            "d = labels\nfor m in (two, 0):\n    d = [*m.predict(X)]\n    if m is two: break\nf1_score(y, d)",
            [0, 1],
        ),
        (
            "d = others\nfor m in (one, two):\n    if m is two: continue\n    d = m.predict(X) > 0\nf1_score(y, d)",
            [0, 0],
        ),
        ("d = labels\nfor m in []:\n    d = list(m.predict(X_test))\nf1_score(y_test, d)", [0, 0]),
    ],
)
def test_each_call_finds_the_model_whose_prediction_it_was_given(kernel: Kernel, cell: str, counts: list[int]) -> None:
    trained = kernel.run(TWO + EVALUATE)
    kernel.run("p1 = one.predict_proba(X_test)[:, 1]; p2 = two.predict_proba(X_test)[:, 1]")
    kernel.run("labels = (p1 > 0.4).astype(int); others = (p2 > 0.4).astype(int)")
    kernel.run(cell)

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == counts


def test_after_a_loop_over_models_a_later_cell_measures_the_last_one(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict(X_test) > 0.5")
    kernel.run("of = {}\nfor m in (one, two):\n    p = m.predict(X_test) > 0.5\n    of[m] = f1_score(y_test, p)")
    kernel.run("best = max(of.values())")
    kernel.run("sklearn.metrics.accuracy_score(y_test, p)")

    assert [measured(run) for run in kernel.runs_of(trained)] == [
        ["f1_score_X_test"],
        ["f1_score_X_test", "accuracy_score_X_test"],
    ]


def measured(run: Run) -> list[str]:
    """The metrics of a run's model, but for those of its training data."""
    return [metric.name for metric in run.metrics if not metric.name.startswith("training_")]
