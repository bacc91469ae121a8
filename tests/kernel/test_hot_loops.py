"""A model that predicts in a loop, row by row: its metric stays what it was, and the record stays short."""

import pytest
from tests.kernel.kernels import Kernel

ROUNDS = 1_500
STREAM = """\
from sklearn.metrics import mean_absolute_error
truth = y_test.to_numpy(float)
print(truth[:0].tolist())
model = Ridge().fit(X_train.to_numpy(), y_train)
rows = X_test.to_numpy()
"""
ROUND = f"""\
for i in range({ROUNDS}):
    p = model.predict(rows[[i % 20]])
    error = mean_absolute_error(truth[[i % 20]], p + i)
"""
THINNED = (
    "mean_absolute_error_rows was measured more than 500 times in one place: of the points after those some are kept, "
    "the last one among them"
)


@pytest.mark.parametrize("ends", ["print(error)", "print(error)\n1 / 0"])
def test_of_very_many_points_of_one_place_some_are_kept_and_the_last(kernel: Kernel, ends: str) -> None:
    trained = kernel.run(STREAM)
    measured = kernel.run(ROUND + ends, may_fail=True)

    run = kernel.run_of(trained)
    assert run.last_metrics == {"mean_absolute_error_rows": float(measured.stdout)}
    assert 500 < len(run.metrics) < 600
    assert run.incomplete == (THINNED,)
    assert [metric.at_ms for metric in run.metrics] == sorted(metric.at_ms for metric in run.metrics)


def test_each_cell_begins_a_curve_anew(kernel: Kernel) -> None:
    trained = kernel.run(STREAM)
    for _ in range(2):
        kernel.run(ROUND.replace(str(ROUNDS), "300"))

    run = kernel.run_of(trained)
    assert (len(run.metrics), run.incomplete) == (600, ())


def test_the_data_keep_their_names_where_one_line_is_given_several_in_turn(kernel: Kernel) -> None:
    trained = kernel.run(STREAM + "train, test = X_train.to_numpy(), X_test.to_numpy()")
    kernel.run("""\
def score(data, truth):
    return model.score(data, truth)
for i in range(100):
    score(train, y_train)
    score(test, y_test)
""")

    run = kernel.run_of(trained)
    names = [metric.name for metric in run.metrics]
    assert {name: names.count(name) for name in names} == {"Ridge_score_train": 100, "Ridge_score_test": 100}
