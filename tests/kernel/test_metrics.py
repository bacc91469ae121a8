"""Whose metric is it? What is measured in later cells finds its model, and what is no model's finds none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from tests.kernel.conftest import DATA, IMPORTS

if TYPE_CHECKING:
    from tests.kernel.conftest import StartKernel
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


def test_what_is_measured_on_a_part_of_the_rows_does_not_replace_what_is_measured_on_all(kernel: Kernel) -> None:
    kernel.run("from sklearn.metrics import accuracy_score")
    trained = kernel.run("model = LogisticRegression(C=0.001).fit(X_train, y_train)")
    kernel.run("predicted = model.predict(X_test)\nlow = X_test.a.to_numpy() < 0.5")
    (whole,) = numbers(kernel.run("print([accuracy_score(y_test, predicted)])"))
    by_group = "print([accuracy_score(y_test[low == of], predicted[low == of]) for of in (True, False)])"
    of_groups = numbers(kernel.run(by_group))

    of_first_rows = numbers(kernel.run("print([accuracy_score(y_test[:1], predicted[:1])])"))
    assert whole not in (*of_groups, *of_first_rows)
    assert kernel.run_of(trained).last_metrics == {
        "accuracy_score_X_test": whole,
        "accuracy_score-2_X_test": of_first_rows[-1],
    }


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


def test_a_curve_and_a_matrix_are_no_numbers_and_no_metrics(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS + "prediction = bold.predict(X_test)")
    kernel.run(
        "sklearn.metrics.confusion_matrix(y_test, prediction)\n"
        "sklearn.metrics.roc_curve(y_test, prediction)\n"
        "sklearn.metrics.f1_score(y_test, prediction, average=None)"
    )
    assert kernel.runs_of(trained)[1].metrics == ()


COST = "def cost(truth, given):\n    return 7.0\n"
SCORERS = """\
import sklearn.metrics as m
print(m.get_scorer("accuracy")(careful, X_test, y_test))
print(m.get_scorer("neg_log_loss")(careful, X_test, y_test))
print(m.make_scorer(f1_score, average="macro")(estimator=careful, X=X_test, y_true=y_test))
print(m.make_scorer(cost)(bold, X_test, y_test))
print(m.check_scoring(bold)(bold, X_test, y_test))
print(*m.check_scoring(bold, scoring=["precision", "recall"])(bold, X_train, y_train).values())
"""


def test_a_scorer_measures_the_model_that_it_is_called_on(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS)
    values = numbers(kernel.run(COST + SCORERS))

    names = [
        ["accuracy_score_X_test", "neg_log_loss_X_test", "f1_score_X_test"],
        ["cost_X_test", "LogisticRegression_score_X_test", "precision_score_X_train", "recall_score_X_train"],
    ]
    assert [run.last_metrics for run in kernel.runs_of(trained)] == [
        dict(zip(names[0], values[:3], strict=True)),
        dict(zip(names[1], values[3:], strict=True)),
    ]


def test_a_scorer_and_its_function_are_one_metric(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS)
    kernel.run("f1_score(y_test, bold.predict(X_test), average='macro')")
    kernel.run("sklearn.metrics.get_scorer('f1_macro')(bold, X_test, y_test)")

    assert [metric.name for metric in kernel.runs_of(trained)[1].metrics] == ["f1_score_X_test"] * 2


def test_what_a_function_of_the_library_measures_on_its_way_is_no_metric(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS + "from sklearn.inspection import permutation_importance")
    kernel.run("permutation_importance(bold, X_test, y_test, n_repeats=2)")
    kernel.run("permutation_importance(bold, X_test, y_test, n_repeats=2, scoring='f1')")

    assert [run.metrics for run in kernel.runs_of(trained)] == [(), ()]


REPORTED = [
    "accuracy",
    *(f"{average}_avg_{of}" for average in ("macro", "weighted") for of in ("precision", "recall", "f1_score")),
]


def test_a_report_is_the_figures_over_all_classes_as_exact_as_it_says_them(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS + "from sklearn.metrics import classification_report")
    names = "['no', 'accuracy']"
    kernel.run(f"print(classification_report(y_test, careful.predict(X_test), target_names={names}))")
    said = kernel.run(
        "report = classification_report(y_test, list(bold.predict(X_test)), output_dict=True)\n"
        "print([report['accuracy'], *[report[a + ' avg'][f] for a in ('macro', 'weighted') "
        "for f in ('precision', 'recall', 'f1-score')]])"
    )
    exact = kernel.run("print(accuracy_score(y_test, list(careful.predict(X_test))))")

    printed, of_dict = (run.last_metrics for run in kernel.runs_of(trained))
    assert of_dict == dict(zip([f"{name}_X_test" for name in REPORTED], numbers(said), strict=True))
    assert printed.keys() - of_dict.keys() == {"accuracy_score_X_test"}
    assert printed["accuracy_X_test"] == round(numbers(exact)[0], 2)


def test_a_report_of_some_of_the_labels_has_a_micro_average_and_no_accuracy(kernel: Kernel) -> None:
    trained = kernel.run(TWO_MODELS)
    kernel.run("print(sklearn.metrics.classification_report(y_test, bold.predict(X_test), labels=[1]))")

    found = kernel.runs_of(trained)[1].last_metrics
    assert "accuracy_X_test" not in found
    assert found["macro_avg_recall_X_test"] == round(found["weighted_avg_recall_X_test"], 2)


LATE = """\
import inspect
from sklearn.metrics import accuracy_score as measure, log_loss
from sklearn.model_selection import cross_val_score
signatures = [str(inspect.signature(f)) for f in (measure, log_loss, cross_val_score)]
sources = [inspect.getsource(f) for f in (measure, log_loss, cross_val_score)]
"""


def test_functions_that_were_imported_by_name_before_capture_came_are_seen(start: StartKernel) -> None:
    kernel = start()
    kernel.run("%unload_ext cellmill")
    kernel.run(LATE)
    codes = kernel.run("[id(f.__code__) for f in (measure, log_loss, cross_val_score)]").result
    kernel.run("%load_ext cellmill")
    kernel.run(IMPORTS + DATA)
    trained = kernel.run("model = LogisticRegression().fit(X_train, y_train)")
    measured = kernel.run("print(measure(y_test, model.predict(X_test)))")
    validated = kernel.run("cross_val_score(Ridge(), X, y)")
    failed = kernel.run("measure(y_test, [1])", may_fail=True)
    same = kernel.run(
        "print(signatures == [str(inspect.signature(f)) for f in (measure, log_loss, cross_val_score)],\n"
        "      sources == [inspect.getsource(f) for f in (measure, log_loss, cross_val_score)])"
    )
    runs = {run.short_class: run for run in kernel.runs}
    kernel.run("%unload_ext cellmill")

    assert (trained.status, validated.status, failed.error) == ("ok", "ok", "ValueError")
    assert "cellmill" not in failed.traceback
    assert same.stdout == "True True\n"
    assert runs["LogisticRegression"].last_metrics["accuracy_score_X_test"] == numbers(measured)[0]
    assert runs["Ridge"].kind == "validation"
    assert kernel.run("[id(f.__code__) for f in (measure, log_loss, cross_val_score)]").result == codes


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
