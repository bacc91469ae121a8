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


MIX = """\
def mix(m, n):
    p = m.predict(X_test)
    p |= n.predict(X_test)
    return f1_score(y_test, p)
"""


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        (["p += two.predict(X_test); p //= 2", "f1_score(y_test, p)"], [0, 0]),
        (["p += two.predict(X_test)", "p //= 2\nf1_score(y_test, list(p))"], [0, 0]),
        (["p[p == 1] = two.predict(X_test)[p == 1]\nf1_score(y_test, p)"], [0, 0]),
        (["np.add(p, q, out=p)\nf1_score(y_test, p > 0)"], [0, 0]),
        (["np.copyto(p, q, where=q > 0); f1_score(y_test, p)"], [0, 0]),
        (["c += q; f1_score(y_test, c > 0)"], [0, 0]),
        (["p |= q\ndef rate(y, p):\n    return f1_score(y, p)\nrate(y_test, p)"], [0, 0]),
        (["p |= q; [f1_score(y_test, each) for each in (p, q)]"], [0, 1]),
        (["m, n = one, two\n%time p = m.predict(X_test); p |= n.predict(X_test); f1_score(y_test, p)"], [0, 0]),
        ([MIX, "mix(one, two)\nmix(one, one)"], [1, 0]),
        (["of = {'p': p}\nof['p'] |= q\nf1_score(y_test, of['p'])"], [0, 0]),
        (["r = p\nr |= q", "p = one.predict(X_test); f1_score(y_test, p)"], [1, 0]),
        (["p |= q; p = one.predict(X_test); f1_score(y_test, p)"], [1, 0]),
        (["p[p < 0] = 0; p *= 2; p //= 2", "f1_score(y_test, p)"], [1, 0]),
        (["for m in (one, two):\n    p = m.predict(X_test); p -= p.min(); f1_score(y_test, p > 0)"], [1, 1]),
        (["p[5:] = one.predict(X_test[5:]); f1_score(y_test, p); f1_score(y_test, list(p))"], [2, 0]),
        (["of = {}; of['one'] = p; of['two'] = q; f1_score(y_test, of['one'])", "f1_score(y_test, of['two'])"], [1, 1]),
        (["of = {}\nfor m in (one, two): of[m] = m.predict(X_test)", "for m in of: f1_score(y_test, of[m])"], [1, 1]),
        (["of = []\nfor m in (one, two): of.append(m.predict(X_test))", "[f1_score(y_test, a) for a in of]"], [1, 1]),
    ],
)
def test_what_is_changed_in_place_is_its_models_until_another_is_mixed_in(
    kernel: Kernel, cells: list[str], counts: list[int]
) -> None:
    trained = kernel.run(TWO)
    kernel.run("p, q = one.predict(X_test), two.predict(X_test); c = one.predict_proba(X_test)[:, 1]")
    for cell in cells:
        kernel.run(cell)

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == counts


FILLS = """\
def fill(frame, model):
    frame["p"] = model.predict(X_test)

def look(frame, model):
    return f1_score(frame["y"], model.predict(X_test))
"""


@pytest.mark.parametrize(
    ("cell", "counts"),
    [("fill(df, two)", [0, 0]), ("look(df, two)", [1, 1]), ("other = df; other['p'] = two.predict(X_test)", [0, 1])],
)
def test_a_column_that_may_have_been_filled_anew_is_not_the_former_models(
    kernel: Kernel, cell: str, counts: list[int]
) -> None:
    trained = kernel.run(TWO + FILLS)
    kernel.run("df = pd.DataFrame({'y': list(y_test)}); df['p'] = one.predict(X_test)")
    kernel.run(cell)
    kernel.run("f1_score(df['y'], df['p'])")

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == counts


def test_a_module_that_is_given_a_prediction_does_not_keep_it(kernel: Kernel) -> None:
    trained = kernel.run(TWO)
    kernel.run("p = one.predict(X_test)\nnp.testing.assert_array_equal(p, p)")
    kernel.run("q = two.predict(X_test)\nf1_score(y_test, np.array(q > 0.5))")
    kernel.run("rate = np.mean(q == y_test)")

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [0, 2]


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


SCORE = (
    "from sklearn.metrics import roc_auc_score\np = one.predict_proba(X_test)[:, 1]\nprint(roc_auc_score(y_test, p))"
)
RESAMPLED = """\
draw = np.random.RandomState(0).permutation
scores = []
for i in range({rounds}):
    score = roc_auc_score({truth}, {prediction})
    scores.append(score)
print(scores[0])
"""
REPEATED = (
    "roc_auc_score_X_test was measured 20 times and more in one place with no new prediction in between, as in a "
    "bootstrap: what it was before counts"
)


@pytest.mark.parametrize("prediction", ["p", "[*p]"])
def test_of_many_measurements_of_one_prediction_in_one_place_none_counts(kernel: Kernel, prediction: str) -> None:
    trained = kernel.run(TWO)
    known = float(kernel.run(SCORE).stdout)
    kernel.run(RESAMPLED.format(rounds=60, truth="draw(y_test)", prediction=prediction))

    run, _ = kernel.runs_of(trained)
    assert (run.last_metrics, len(measured(run))) == ({"roc_auc_score_X_test": known}, 21)
    assert run.incomplete == (REPEATED,)


def test_where_nothing_was_measured_before_the_first_of_them_counts(kernel: Kernel) -> None:
    trained = kernel.run(TWO + "from sklearn.metrics import roc_auc_score\np = one.predict_proba(X_test)[:, 1]")
    cell = RESAMPLED.format(rounds=60, truth="draw(y_test)", prediction="list(p)")
    first = float(kernel.run(f"def many():\n    {cell.replace(chr(10), chr(10) + '    ')}\nmany()").stdout)

    assert kernel.runs_of(trained)[0].last_metrics == {"roc_auc_score_X_test": first}


@pytest.mark.parametrize(
    ("cell", "counts"),
    [
        ("for i in range(60): f1_score(y_test, one.predict(X_test) > i)", [60, 0]),
        ("for p in answers: f1_score(y_test, p)", [15, 15]),
        ("for p in answers: f1_score(y_test, [*p])", [15, 15]),
        ("[f1_score(y_test, [*p]) for p in answers]", [15, 15]),
        ("def rate(p): return f1_score(y_test, [*p])\nfor p in answers: rate(p)", [15, 15]),
        ("for p in answers: view = p[:]; f1_score(y_test, [*view])", [15, 15]),
    ],
)
def test_a_loop_over_predictions_measures_each(kernel: Kernel, cell: str, counts: list[int]) -> None:
    """In one place, by turns of two models: what was found of one call is not taken for the next."""
    trained = kernel.run(TWO)
    kernel.run("answers = [m.predict(X_test) for m in [one, two] * 15]")
    kernel.run(cell)

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == counts


@pytest.mark.parametrize(
    ("cells", "one", "two"),
    [
        (["%%time\n\nl = [*one.predict(X_test)]\nf1_score(y_test, l)"], 1, 0),
        (["%%time\nl = [*one.predict(X_test)]\nhits = (np.array(l) == y_test).mean()", "f1_score(y_test, l)"], 2, 0),
        (["%time l = [*one.predict(X_test)]\n%time k = [*two.predict(X_test)]\nf1_score(y_test, l)"], 1, 0),
        (["m = one\n%time l = [*m.predict(X)]\nm = two\n%time l = [*m.predict(X)]", "f1_score(y, l)"], 0, 1),
        (["l = %time [*two.predict(X_test)]\n%time f1_score(y_test, l)"], 0, 1),
        (["l = [*one.predict(X)]\nk = [*two.predict(X)]", "%time f1_score(y, l)\nl = k\n%time f1_score(y, l)"], 1, 1),
        (["%%time\ndef f(m):\n    return f1_score(y_test, [*m.predict(X_test)])\nr = f(two)"], 0, 1),
        (["%%time\ndef f(m):\n    return f1_score(y_test, [*m.predict(X_test)])", "f(two)"], 0, 0),
        (["l = [*one.predict(X)]", "%prun -q l = [*two.predict(X)]", "f1_score(y, l)"], 0, 0),
        (["%%capture out\nl = [*one.predict(X_test)]\nf1_score(y_test, l)", "f1_score(y_test, l)"], 2, 0),
        (["%timeit -n 1 -r 1 l = [*one.predict(X_test)]", "%%time\nf1_score(y_test, list(y_test))"], 0, 0),
    ],
)
def test_what_a_magic_runs_is_followed_as_the_cell_is(kernel: Kernel, cells: list[str], one: int, two: int) -> None:
    trained = kernel.run(TWO)
    for cell in cells:
        kernel.run(cell)

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == [one, two]


FOLDS = """\
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold
oof, series, df = np.zeros(60), pd.Series(np.zeros(60)), X.assign(y=y, oof=0)
for tr, va in KFold(3).split(X):
    m = LogisticRegression().fit(X.iloc[tr], y.iloc[tr])
    {}
"""


@pytest.mark.parametrize(
    ("round_", "counts"),
    [
        ("oof[va] = m.predict_proba(X.iloc[va])[:, 1]; f1_score(y.iloc[va], oof[va] > 0.5)", [1, 1, 1]),
        ("series.iloc[va] = m.predict(X.iloc[va]); f1_score(y[va], series.iloc[va])", [1, 1, 1]),
        ("df.loc[va, 'oof'] = m.predict(X.iloc[va]); f1_score(df.loc[va, 'y'], df.loc[va, 'oof'])", [1, 1, 1]),
        ("oof[va] = m.predict(X.iloc[va]); [f1_score(y[va], oof[va]) for va in [tr]]", [1, 0, 0]),
        ("oof[va] = m.predict(X.iloc[va]); va = tr; f1_score(y[va], oof[va])", [1, 0, 0]),
    ],
)
def test_each_fold_is_measured_by_its_own_rows_of_one_array(kernel: Kernel, round_: str, counts: list[int]) -> None:
    trained = kernel.run(FOLDS.format(round_) + "f1_score(y, oof > 0.5)")

    assert [len(measured(run)) for run in kernel.runs_of(trained)] == counts


BATCHES = """\
import copy
def evaluate(m):
    p = []
    for i in range(0, 20, 5):
        p.extend(m.predict(X_test[i : i + 5]))
    return f1_score(y_test, p)

def again():
    return evaluate(one)

def mixture(m, others):
    p = [*m.predict(X_test)]
    while others:
        p = [a | b for a, b in zip(p, m.predict(X_test))]
        m, *others = others
    return f1_score(y_test, p)

def deeper(models):
    p = []
    for m in models[:1]:
        p += [*m.predict(X_test)]
    if len(models) > 1:
        deeper(models[1:])
    return f1_score(y_test, p)

def answers(m):
    for i in range(4):
        yield m.predict(X_test)[i]
"""


@pytest.mark.parametrize(
    ("cell", "counts"),
    [
        ("for m in (one, two): evaluate(m)", [1, 1]),
        ("evaluate(one); evaluate(two); evaluate(m=one)", [2, 1]),
        ("for C in (1, 2):\n    one.fit(X_train, y_train)\n    evaluate(one)", [0, 0, 1, 1]),
        ("for C in (1, 2):\n    one.fit(X_train, y_train)\n    again()", [0, 0, 1, 1]),
        ("mixture(one, [two, two])", [0, 0]),
        ("deeper([one, two])", [0, 1]),
        ("f1_score(y_test[:4], [a | b for a, b in zip(answers(one), answers(two))])", [0, 0]),
        ("for m in (one, copy.deepcopy(two)): evaluate(m)", [1, 0]),
        (
            "for m in (one, copy.deepcopy(two)):\n    p = [*m.predict(X_test)]\n    f1_score(y_test, p)",
            [1, 0],
        ),
    ],
)
def test_each_call_of_a_function_is_of_the_model_that_it_asks(kernel: Kernel, cell: str, counts: list[int]) -> None:
    trained = kernel.run(TWO + BATCHES)
    measuring = kernel.run(cell)

    assert [len(measured(run)) for run in kernel.runs_of(trained, measuring)] == counts


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        (["a = KMeans(2, n_init=1).fit(X)\nsilhouette_score(X, a.labels_)"], [1]),
        (["a = DBSCAN(0.3, min_samples=2).fit(X)", "df['c'] = a.labels_", "silhouette_score(X, df['c'])"], [1]),
        (["a.fit(X)\nl = [*a.labels_]\nhits = (np.array(l) == y).mean()", "silhouette_score(X, l)"], [2]),
        (["for k in (2, 3): a = KMeans(k, n_init=1).fit(X); silhouette_score(X, a.labels_)"], [1, 1]),
        (
            ["for k in (2, 3):\n    a = KMeans(k, n_init=1).fit(X)\n    l = [*a.labels_]\n    silhouette_score(X, l)"],
            [1, 1],
        ),
        (["l = [*KMeans(2, n_init=1).fit(X).labels_]\na.fit(X)\nm = [*a.labels_]\nsilhouette_score(X, l)"], [1, 0]),
        (["a.fit(X)\nl = [*a.labels_]\na.fit(X)", "silhouette_score(X, l)"], [1, 0]),
        (["a.fit(X)", "l = [*a.labels_]\na = KMeans(3, n_init=1).fit(X)", "silhouette_score(X, l)"], [1, 0]),
        (["a.fit(X)\ndef again(): a.fit(X)", "again()\nl = [*a.labels_]", "silhouette_score(X, l)"], [0, 0]),
        (["def again(): a.fit(X)", "a.fit(X)\nagain()\nl = [*a.labels_]", "silhouette_score(X, l)"], [0, 0]),
        (["a.fit(X)\nrate = a.transform(X).min() / len(X)\nn = a.inertia_ - X.a.mean()"], [0]),
    ],
)
def test_the_labels_of_a_clusterer_are_its_answers(kernel: Kernel, cells: list[str], counts: list[int]) -> None:
    kernel.run("from sklearn.cluster import DBSCAN; from sklearn.metrics import silhouette_score\ndf = X.copy()")
    kernel.run("a = KMeans(2, n_init=1)")
    ran = [kernel.run(cell) for cell in cells]

    assert [len(measured(run)) for run in kernel.runs_of(*ran)] == counts


def measured(run: Run) -> list[str]:
    """The metrics of a run's model, but for those of its training data."""
    return [metric.name for metric in run.metrics if not metric.name.startswith("training_")]
