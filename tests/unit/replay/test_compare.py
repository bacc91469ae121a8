"""Runs side by side."""

import math

import pytest
from tests.stories import Story

from cellmill.core.errors import NoRuns
from cellmill.core.runs import Run
from cellmill.replay.compare import Comparison, Row, best_run, compare, direction, try_direction

NAN, INF = math.nan, math.inf


def runs(story: Story, *metrics: dict[str, float]) -> tuple[Run, ...]:
    """Return a run for each set of metrics, numbered from 0 in its parameter `alpha`."""
    for number, values in enumerate(metrics):
        with story.cell(f"fit-{number}", "model.fit(X, y)"):
            run = story.trains(f"aa0000000{number}", params={"alpha": str(number), "tol": "0.0001"})
            for name, value in values.items():
                story.measures(run, name, value)
    return story.runs()


def test_parameters_are_told_where_they_differ_and_metrics_always(story: Story) -> None:
    pair = runs(story, {"r2_score": 0.5, "max_error": 9.0}, {"r2_score": 0.7})
    assert compare(pair) == Comparison(
        runs=pair,
        parameters=(Row("alpha", ("0", "1")),),
        metrics=(Row("r2_score", (0.5, 0.7), best=1), Row("max_error", (9.0, None))),
    )


def test_a_parameter_that_one_run_lacks_differs(story: Story) -> None:
    with story.cell("a", "model.fit(X, y)"):
        story.trains("aa00000001", params={"depth": "3"})
    with story.cell("b", "model.fit(X, y)"):
        story.trains("aa00000002")
    assert compare(story.runs()).parameters == (Row("depth", ("3", None)),)


def test_nothing_is_compared_with_nothing(story: Story) -> None:
    assert compare(()) == Comparison((), (), ())
    [alone] = runs(story, {"r2_score": 0.5})
    assert compare((alone,)) == Comparison((alone,), (), (Row("r2_score", (0.5,)),))


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("r2_score", (0.5, 0.7), 1),
        ("mean_absolute_error", (0.5, 0.7), 0),
        ("r2_score", (NAN, 0.1, 0.2), 2),
        ("log_loss", (NAN, 0.2, 0.1), 2),
        ("log_loss", (INF, 0.2), 1),
        ("r2_score", (0.5, 0.5), None),
        ("r2_score", (0.5, NAN), None),
        ("r2_score", (0.5, 0.7, 0.7), 1),
        ("mean_squared_error", (0.5, 0.3, 0.3), 1),
    ],
)
def test_the_best_value_is_marked_where_there_is_one(
    story: Story, name: str, values: tuple[float, ...], best: int | None
) -> None:
    [row] = compare(runs(story, *({name: value} for value in values))).metrics
    assert row.best == best


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("mean_absolute_error_X_test", "lower"),
        ("max_error", "lower"),
        ("log_loss", "lower"),
        ("RMSE", "lower"),
        ("d2_absolute_error_score", "higher"),
        ("neg_mean_squared_error", "higher"),
        ("neg_log_loss", "higher"),
        ("accuracy_score", "higher"),
        ("r2", "higher"),
        ("f1", "higher"),
        ("roc_auc_score", "higher"),
        ("Ridge_score_X_test", "higher"),
        ("hamming_loss", "lower"),
        ("brier_score_loss-2_X_test", "lower"),
        ("validation_0-logloss", "lower"),
        ("cross_validate_test_neg_mean_squared_error_mean", "higher"),
        ("r2_score_error_frame", "lower"),  # cannot be told from a metric of that name
        ("accuracy_score_of_loss_frame", "higher"),
        ("maestro", "higher"),
        ("rmsle", "lower"),
        ("val_nll", "lower"),
        ("test_err", "lower"),
        ("cost", "lower"),
        ("brier", "lower"),
        ("cross_entropy_X_test", "lower"),
        ("neg_log_likelihood", "lower"),
        ("log_likelihood", "higher"),
        ("auc_of_loss_frame", "higher"),
    ],
)
def test_the_name_of_a_metric_says_which_way_it_is_better(metric: str, way: str) -> None:
    assert direction(metric) == way


def test_of_a_name_that_tells_nothing_no_way_is_told() -> None:
    assert [try_direction(name) for name in ("value", "result_X_test", "maestro", "")] == [None] * 4
    assert [try_direction(name) for name in ("accuracy", "val_auc", "loss")] == ["higher", "higher", "lower"]


def test_the_best_run_is_told_by_a_metric(story: Story) -> None:
    found = runs(story, {"r2_score": NAN}, {"r2_score": 0.2, "max_error": 3.0}, {"r2_score": 0.9, "max_error": 4.0}, {})
    assert best_run(found, "r2_score") is found[2]
    assert best_run(found, "max_error") is found[1]


def test_where_none_has_measured_it_there_is_no_best_run(story: Story) -> None:
    found = runs(story, {"r2_score": NAN}, {})
    with pytest.raises(NoRuns, match="with the metric 'r2_score'"):
        best_run(found, "r2_score")
    with pytest.raises(NoRuns):
        best_run((), "r2_score")
