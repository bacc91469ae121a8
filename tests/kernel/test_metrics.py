"""Whose metric is it? What is measured in later cells finds its model, and what is no model's finds none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.kernel.kernels import Answer, Kernel

TWO_MODELS = """\
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

careful = LogisticRegression(C=0.001).fit(X_train, y_train)
bold = LogisticRegression(C=1000.0).fit(X_train, y_train)
"""


def test_a_score_in_a_later_cell_belongs_to_the_run_of_its_model(kernel: Kernel) -> None:
    trained = kernel.run("model = Ridge().fit(X_train, y_train)", cell="train")
    kernel.run("print('something else')", cell="aside")
    scored = kernel.run("model.score(X_test, y_test)", cell="score")

    run = kernel.run_of(trained)
    assert f"{run.last_metrics['Ridge_score_X_test']!r}" == scored.result
    assert [(part.execution.cell, part.part) for part in run.executions] == [
        ("train", "trained"),
        ("score", "evaluated"),
    ]
    assert [(use.name, use.context, use.rows) for use in run.data] == [
        ("X_train", "training", 40),
        ("X_test", "evaluation", 20),
    ]


def test_each_of_two_models_gets_its_own_metrics(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS)
    kernel.run("of_careful, of_bold = careful.predict(X_test), bold.predict(X_test)")
    measured = kernel.run("print([accuracy_score(y_test, of_bold), accuracy_score(y_test, of_careful)])")

    bold, careful = numbers(measured)
    assert bold != careful
    assert [run.last_metrics for run in kernel.runs_of(trained)] == [
        {"accuracy_score_X_test": careful},
        {"accuracy_score_X_test": bold},
    ]


@pytest.mark.parametrize(
    "prediction",
    [
        "model.predict_proba(X_test)[:, 1]",
        "model.predict_proba(X_test)[:20][:, 1]",
        "model.predict_proba(X_test).T[1]",
        "model.decision_function(X_test)",
        "model.predict_log_proba(X_test)[:, -1]",
    ],
)
def test_a_view_into_a_prediction_is_still_its_models(kernel: Kernel, prediction: str) -> None:
    trained = kernel.run(
        "from sklearn.metrics import roc_auc_score\nmodel = LogisticRegression().fit(X_train, y_train)"
    )
    kernel.run(f"prediction = {prediction}")
    measured = kernel.run("print(sklearn.metrics.roc_auc_score(y_test, prediction))")

    assert kernel.run_of(trained).last_metrics == {"roc_auc_score_X_test": numbers(measured)[0]}


def test_the_same_metric_on_two_data_sets_is_two_metrics(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS)
    measured = kernel.run(
        "print([accuracy_score(v, careful.predict(u)) for u, v in [(X_train, y_train), (X_test, y_test)]])"
    )

    on_train, on_test = numbers(measured)
    assert on_train != on_test
    assert kernel.runs_of(trained)[0].last_metrics == {
        "accuracy_score_X_train": on_train,
        "accuracy_score_X_test": on_test,
    }


def test_a_metric_with_other_settings_is_another_metric_and_keeps_its_name(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS + "prediction = careful.predict(X_test)")
    cell = "print([f1_score(y_test, prediction), f1_score(y_test, prediction, average='macro')])"
    once = kernel.run(cell)
    again = kernel.run(cell)

    metrics = kernel.runs_of(trained)[0].metrics
    assert [metric.name for metric in metrics] == ["f1_score_X_test", "f1_score-2_X_test"] * 2
    assert [metric.value for metric in metrics] == numbers(once) + numbers(again)


def test_keyword_arguments_say_nothing_new(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS + "prediction = bold.predict(X_test)")
    kernel.run("accuracy_score(y_test, prediction)")
    kernel.run("accuracy_score(y_pred=prediction, y_true=y_test)")

    assert [metric.name for metric in kernel.runs_of(trained)[1].metrics] == ["accuracy_score_X_test"] * 2


@pytest.mark.parametrize(
    "imported",
    [
        ("from sklearn.metrics import mean_absolute_error as measure", ""),
        ("", "from sklearn.metrics import mean_absolute_error as measure"),
        ("", "import sklearn.metrics as m\nmeasure = m.mean_absolute_error"),
        ("", "from sklearn.metrics._regression import mean_absolute_error as measure"),
    ],
    ids=["before the training", "after it", "by its module", "from where it is defined"],
)
def test_a_metric_is_seen_however_its_function_was_imported(kernel: Kernel, imported: tuple[str, str]) -> None:
    before, after = imported
    trained = kernel.run(f"{before}\nmodel = Ridge().fit(X_train, y_train)")
    measured = kernel.run(f"{after}\nprint(measure(y_test, model.predict(X_test)))")

    assert kernel.run_of(trained).last_metrics == {"mean_absolute_error_X_test": numbers(measured)[0]}


@pytest.mark.parametrize(
    "cell",
    [
        "decided = (model.predict_proba(X_test)[:, 1] > 0.4).astype(int)\nprint(measure(y_test, decided))",
        "print(measure(y_test, list(model.predict(X_test))))",
        "frame = X_test.assign(p=model.predict(X_test))\nprint(measure(y_test, frame['p']))",
        "def decide(rows):\n    return 1 - model.predict(rows)\n\nprint(measure(y_test, decide(X_test)))",
    ],
)
def test_what_is_made_of_a_prediction_in_the_same_cell_is_its_models(kernel: Kernel, cell: str) -> None:
    trained = kernel.run(
        "from sklearn.metrics import accuracy_score as measure\nmodel = LogisticRegression().fit(X_train, y_train)"
    )
    measured = kernel.run(cell)

    assert list(kernel.run_of(trained).last_metrics.values()) == numbers(measured)


@pytest.mark.parametrize(
    "other",
    ["np.zeros(len(y_test))", "[int(y_train.mean() > 0.5)] * len(y_test)", "y_test.to_numpy()[::-1]"],
    ids=["a constant", "the laziest forecast", "the truth"],
)
def test_a_figure_of_something_else_beside_a_prediction_is_not_the_models(kernel: Kernel, other: str) -> None:
    trained = kernel.run(
        "from sklearn.metrics import accuracy_score\nmodel = LogisticRegression().fit(X_train, y_train)"
    )
    measured = kernel.run(
        "prediction = model.predict(X_test)\n"
        f"other = {other}\n"
        "print([accuracy_score(y_test, other), accuracy_score(y_test, prediction), accuracy_score(y_test, other)])"
    )

    values = [metric.value for metric in kernel.run_of(trained).metrics]
    assert values == [numbers(measured)[1]]


def test_a_prediction_of_two_models_together_is_neithers(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS)
    kernel.run("both = (careful.predict(X_test) + bold.predict(X_test)) // 2\naccuracy_score(y_test, both)")

    assert [run.metrics for run in kernel.runs_of(trained)] == [(), ()]


def test_a_report_a_curve_and_a_matrix_are_no_numbers_and_no_metrics(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS + "prediction = bold.predict(X_test)")
    kernel.run(
        "sklearn.metrics.confusion_matrix(y_test, prediction)\n"
        "sklearn.metrics.classification_report(y_test, prediction)\n"
        "sklearn.metrics.roc_curve(y_test, prediction)\n"
        "sklearn.metrics.f1_score(y_test, prediction, average=None)"
    )
    assert kernel.runs_of(trained)[1].metrics == ()


def test_in_a_loop_over_models_each_keeps_its_own_metric(kernel: Kernel) -> None:
    answer = kernel.run(
        """
from sklearn.metrics import mean_squared_error

for alpha in (0.1, 10.0):
    model = Ridge(alpha=alpha).fit(X_train, y_train)
    print(mean_squared_error(y_test, model.predict(X_test)))
"""
    )
    found = [run.last_metrics for run in kernel.runs_of(answer)]
    assert found == [{"mean_squared_error_X_test": value} for value in numbers(answer)]


def test_a_metric_in_a_function_is_named_by_what_the_function_calls_its_data(kernel: Kernel) -> None:
    trained = kernel.run(
        """
from sklearn.metrics import r2_score

def evaluate(model, rows, truth):
    return r2_score(truth, model.predict(rows))

model = Ridge().fit(X_train, y_train)
"""
    )
    kernel.run("evaluate(model, X_test.iloc[:10], y_test[:10])")
    assert list(kernel.run_of(trained).last_metrics) == ["r2_score_rows"]


def test_after_a_refit_metrics_belong_to_the_new_run(kernel: Kernel) -> None:
    first = kernel.run("model = Ridge(alpha=1.0).fit(X_train, y_train)")
    kernel.run("model.score(X_test, y_test)")
    second = kernel.run("model.set_params(alpha=50.0).fit(X_train, y_train)")
    kernel.run("model.score(X_test, y_test)")

    old, new = kernel.run_of(first), kernel.run_of(second)
    assert len(old.metrics) == len(new.metrics) == 1
    assert old.last_metrics != new.last_metrics


@pytest.mark.parametrize(
    "trained_again",
    [
        ["%cellmill pause", "model.fit(X_test, 1 - y_test)", "%cellmill resume"],
        ["Pipeline([('scale', StandardScaler()), ('model', model)]).fit(X_test, 1 - y_test)"],
        ["def unseen():\n    model.fit(X_test, 1 - y_test)", "for _ in range(60):\n    unseen()"],
    ],
    ids=["while paused", "inside another model", "more often in a cell than is kept"],
)
def test_a_model_trained_again_unseen_is_no_longer_its_first_runs(kernel: Kernel, trained_again: list[str]) -> None:
    trained = kernel.run("model = LogisticRegression().fit(X_train, y_train)")
    for cell in trained_again:
        kernel.run(cell)
    kernel.run("model.score(X_test, y_test)")

    assert kernel.run_of(trained).metrics == ()


def test_the_clusters_that_a_fit_predict_returned_are_its_models(kernel: Kernel) -> None:
    trained = kernel.run("labels = KMeans(2, n_init=1, random_state=0).fit_predict(X)")
    measured = kernel.run("print(sklearn.metrics.silhouette_score(X, labels))")

    assert kernel.run_of(trained).last_metrics == {"silhouette_score_X": numbers(measured)[0]}


def test_a_metric_that_is_not_a_number_is_kept_as_such(kernel: Kernel) -> None:
    trained = kernel.run("model = Ridge().fit(X_train, y_train)")
    kernel.run("sklearn.metrics.r2_score(y_test[:1], model.predict(X_test[:1]))")

    (value,) = kernel.run_of(trained).last_metrics.values()
    assert math.isnan(value)


def test_a_model_that_no_run_made_has_no_metrics(kernel: Kernel) -> None:
    before = len(kernel.runs)
    kernel.run("import copy, pickle\nmodel = Ridge().fit(X_train, y_train)")
    kernel.run("pickle.loads(pickle.dumps(model)).score(X_test, y_test)")

    (run,) = kernel.runs[before:]
    assert run.metrics == ()


def numbers(answer: Answer) -> list[float]:
    """What a cell printed, as the numbers it is."""
    return [float(word) for word in answer.stdout.replace("[", " ").replace("]", " ").replace(",", " ").split()]
