"""Runs, as they cross to the browser."""

import json
import math
from dataclasses import replace

import pytest
from tests.stories import FRAME, HELD_OUT, MODEL, NO_MEMORY, Story, a_training

from cellmill.core.events import CaptureFailed, TrainingFinished
from cellmill.core.runs import Metric
from cellmill.wire.runs import (
    RunDetail,
    RunList,
    RunSummary,
    WireExecution,
    WireMetric,
    WireParameter,
    run_detail,
    run_list,
    run_summary,
)


def test_a_run_in_a_list_is_told_in_short(story: Story) -> None:
    run = a_training(story)
    story.says(CaptureFailed(story.tick(), "predicted", "TypeError: no", None, run))
    [found] = story.runs()
    assert run_summary(found, store_id="m1") == RunSummary(
        run=run,
        kind="fit",
        parent=None,
        trials=0,
        notebook="work.ipynb",
        model_class="sklearn.linear_model.Ridge",
        library="sklearn",
        status="finished",
        started_ms=found.started_ms,
        ended_ms=found.ended_ms,
        metrics=[WireMetric(name="Ridge_score_X_test", value=0.75, points=1)],
        has_model=True,
        recorded=True,
        incomplete=["predicted: TypeError: no"],
        cells=["cell-load", "cell-fit", "cell-score"],
        trained_in=found.executions[1].execution.execution,
        differing=[],
        judgement=None,
        judged_ms=None,
        judged_reason=None,
        replaying=False,
        replay_waits=False,
        replay_problem=None,
    )


def test_of_a_cross_validation_a_list_tells_the_mean_and_not_the_last_fold(story: Story) -> None:
    a_training(story)
    measured = (("r2_mean", 0.5), ("r2", 0.25), ("r2", 0.75), ("f1", 1.0))
    folds = tuple(Metric(name, value, step=at, at_ms=at) for at, (name, value) in enumerate(measured))
    fit = replace(story.runs()[0], metrics=folds)
    validation = replace(fit, kind="validation")
    assert [metric.name for metric in run_summary(validation, store_id=None).metrics] == ["r2_mean", "f1"]
    assert [metric.name for metric in run_summary(fit, store_id=None).metrics] == ["r2_mean", "r2", "f1"]
    assert [(m.name, m.points) for m in run_detail(validation, store_id=None).metrics][1] == ("r2", 2)


def test_a_run_is_told_whole(story: Story) -> None:
    a_training(story)
    [found] = story.runs()
    detail = run_detail(found, store_id=None)
    assert (detail.recorded, detail.store_id, detail.session) == (False, None, story.session)
    assert detail.parameters == [
        WireParameter(name="alpha", value="0.5", source="notebook"),
        WireParameter(name="tol", value="0.0001", source="estimator"),
    ]
    assert [(data.name, data.context, data.rows, data.target) for data in detail.data] == [
        (FRAME.name, "training", FRAME.rows, "y_train"),
        (HELD_OUT.name, "evaluation", HELD_OUT.rows, None),
    ]
    assert detail.executions[1] == WireExecution(
        execution="fit",
        number=2,
        cell="cell-fit",
        source="model = Ridge(alpha=alpha).fit(X_train, y_train)",
        part="trained",
        outcome="ok",
        started_ms=found.executions[1].execution.started_ms,
        ended_ms=found.executions[1].execution.ended_ms,
        outputs=[],
        more_outputs=False,
    )
    assert (detail.model_bytes, detail.model_note, detail.error) == (MODEL.size_bytes, None, None)


def test_a_run_under_way_has_no_end(story: Story) -> None:
    story.begins("fit", "model.fit(X, y)")
    story.training_begins("aa00000001")
    [found] = story.runs(is_alive=True)
    detail = run_detail(found, store_id=None)
    assert (detail.status, detail.ended_ms, detail.has_model, detail.executions[0].outcome) == (
        "running",
        None,
        False,
        None,
    )


def test_a_run_that_failed_says_with_what(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)", outcome="error", error=NO_MEMORY):
        run = story.training_begins("aa00000001")
        story.says(TrainingFinished(run, story.tick(), "error", NO_MEMORY))
    detail = run_detail(story.runs()[0], store_id=None)
    assert detail.error is not None
    assert (detail.status, detail.error.type, detail.error.message) == ("failed", "MemoryError", "64 GiB")


@pytest.mark.parametrize(
    ("value", "sent"),
    [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (0.5, 0.5), (3.0, 3.0)],
)
def test_a_metric_for_which_json_has_no_number_is_sent_as_text(story: Story, value: float, sent: object) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        run = story.trains("aa00000001")
        for step in range(3):
            story.measures(run, "loss", value, step=step)
    detail = run_detail(story.runs()[0], store_id=None)
    body = json.loads(detail.model_dump_json(), parse_constant=_refused)
    assert body["metrics"] == [{"name": "loss", "value": sent, "points": 3}]
    assert RunDetail.model_validate_json(detail.model_dump_json()) == detail


def test_a_list_of_runs_comes_back_as_it_was(story: Story) -> None:
    a_training(story)
    runs = RunList(notebook=None, runs=[run_summary(run, store_id=None) for run in story.runs()], total=1)
    assert RunList.model_validate_json(runs.model_dump_json()) == runs


def _refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON: a browser would not read it")


def test_in_a_list_a_run_is_told_by_what_tells_it_from_others_of_its_class_and_notebook(story: Story) -> None:
    for number, params in enumerate(({"alpha": "1", "tol": "0"}, {"alpha": "2", "tol": "0"})):
        with story.cell(f"fit {number}", "model.fit(X, y)"):
            story.trains(f"cc0000000{number}", params=params)
    with story.cell("other", "other.fit(X, y)"):
        story.trains("dd00000000", "sklearn.linear_model.Lasso", params={"alpha": "3"})
    listed = run_list(None, [(run, None) for run in story.runs()], most=10).runs
    assert {run.run: {p.name: p.value for p in run.differing} for run in listed} == {
        "cc00000000": {"alpha": "1"},
        "cc00000001": {"alpha": "2"},
        "dd00000000": {},
    }
    assert len({run.trained_in for run in listed}) == 3
