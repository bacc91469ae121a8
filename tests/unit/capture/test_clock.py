"""A clock that is set back, or jumps: the order of the journal is the truth, and times are only shown."""

from dataclasses import replace

import pytest
from tests.stories import Story, a_training

from cellmill.core.project import Project
from cellmill.core.runs import Run

HOUR_MS = 3_600_000


def without_times(run: Run) -> Run:
    """Return a run as if it had taken no time."""
    parts = tuple(replace(part, execution=replace(part.execution, started_ms=0, ended_ms=0)) for part in run.executions)
    metrics = tuple(replace(metric, at_ms=0) for metric in run.metrics)
    return replace(run, started_ms=0, ended_ms=0, executions=parts, metrics=metrics)


@pytest.mark.parametrize("jump_ms", [-HOUR_MS, -24 * HOUR_MS, 24 * HOUR_MS])
@pytest.mark.parametrize("before", ["load", "fit", "score"])
def test_a_clock_that_jumps_in_mid_session_changes_no_run(project: Project, jump_ms: int, before: str) -> None:
    steady, jumping = Story(project), Story(project)
    for story, jump in ((steady, 0), (jumping, jump_ms)):
        story.ran("load", "alpha = 0.5\nX_train, y_train = load()")
        story.now_ms += jump if before == "load" else 0
        with story.cell("fit", "model = Ridge(alpha=alpha).fit(X_train, y_train)"):
            story.now_ms += jump if before == "fit" else 0
            run = story.trains("aa00000001")
        story.now_ms += jump if before == "score" else 0
        with story.cell("score", "model.score(X_test, y_test)"):
            story.measures(run, "score", 0.5)

    assert [one.execution for one in jumping.fold().executions] == ["load", "fit", "score"]
    assert [without_times(one) for one in jumping.runs()] == [without_times(one) for one in steady.runs()]
    assert [one.status for one in jumping.runs()] == ["finished"]


def test_of_two_trainings_the_later_in_the_journal_holds_the_metric_though_the_clock_says_otherwise(
    story: Story,
) -> None:
    a_training(story, "aa00000001")
    story.now_ms -= HOUR_MS
    second = a_training(story, "aa00000002")
    with story.cell("late", "model.score(X_val, y_val)"):
        story.measures(second, "late", 0.25)

    by_id = {run.run: run for run in story.runs()}
    assert "late" not in by_id["aa00000001"].last_metrics  # type: ignore[index]
    assert by_id[second].last_metrics["late"] == 0.25
