"""Events folded into executions and runs."""

import itertools
import random

import pytest
from tests.stories import FRAME, HELD_OUT, MODEL, NO_MEMORY, RIDGE, Story, a_training

from cellmill.capture.runs import fold
from cellmill.core.event_parts import Failure, FileUse, Outcome
from cellmill.core.events import (
    CaptureFailed,
    CapturePaused,
    CaptureResumed,
    CurveMeasured,
    Event,
    ExecutionEnded,
    ExecutionFinished,
    ExecutionStarted,
    FilesDigested,
    MetricMeasured,
    NotebookExecuted,
    NotebookNamed,
    SessionEnded,
    TrainingFinished,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.project import Project
from cellmill.core.runs import Metric, Parameter, Run, RunStatus

VALUE_ERROR = Failure("ValueError", "no rows")


def parts(run: Run) -> list[tuple[str, str]]:
    return [(part.execution.execution, part.part) for part in run.executions]


def notebook_parameters(run: Run) -> dict[str, str]:
    return {p.name: p.value for p in run.parameters if p.source == "notebook"}


# --- one run


def test_a_run_is_its_training_with_what_fed_it_and_what_evaluated_it(story: Story) -> None:
    story.ran("words", "print('hello')")
    run = a_training(story)
    story.ran("plot", "plot(X_train)")
    [found] = story.runs()
    assert found == Run(
        run=run,
        session=story.session,
        notebook="work.ipynb",
        library="sklearn",
        model_class=RIDGE,
        status="finished",
        started_ms=found.started_ms,
        ended_ms=found.started_ms + 1000,
        parameters=(Parameter("alpha", "0.5", "notebook"), Parameter("tol", "0.0001")),
        metrics=(Metric("Ridge_score_X_test", 0.75, 0, found.metrics[0].at_ms),),
        data=(FRAME, HELD_OUT),
        executions=found.executions,
        model=MODEL,
        model_note=None,
        error=None,
        incomplete=(),
        executed_notebook=None,
        surroundings=found.surroundings,
    )
    assert parts(found) == [("load", "fed"), ("fit", "trained"), ("score", "evaluated")]
    assert (found.short_class, found.last_metrics) == ("Ridge", {"Ridge_score_X_test": 0.75})


STATUSES: list[tuple[Outcome | None, bool, RunStatus]] = [
    (None, True, "running"),
    (None, False, "interrupted"),
    ("ok", True, "finished"),
    ("ok", False, "finished"),
    ("error", True, "failed"),
    ("error", False, "failed"),
    ("interrupted", True, "interrupted"),
    ("interrupted", False, "interrupted"),
]


@pytest.mark.parametrize(("outcome", "is_alive", "status"), STATUSES)
def test_how_a_run_stands_is_told_by_its_training_and_its_kernel(
    story: Story, outcome: Outcome | None, is_alive: bool, status: RunStatus
) -> None:
    story.begins("fit", "model.fit(X, y)")
    run = story.training_begins("aa00000001")
    if outcome is not None:
        story.says(TrainingFinished(run, story.tick(), outcome, VALUE_ERROR if outcome == "error" else None))
    [found] = story.runs(is_alive=is_alive)
    assert (found.status, found.error) == (status, VALUE_ERROR if outcome == "error" else None)


@pytest.mark.parametrize("is_alive", [True, False])
def test_what_fed_a_training_is_known_before_its_cell_ends(story: Story, is_alive: bool) -> None:
    story.ran("aside", "z = 1")
    story.ran("load", "alpha = 0.5\nX, y = load()")
    story.begins("fit", "%matplotlib inline\nmodel = Ridge(alpha).fit(X, y)")
    story.training_begins("aa00000001")
    [found] = story.runs(is_alive=is_alive)
    assert parts(found) == [("load", "fed"), ("fit", "trained")]
    assert notebook_parameters(found) == {"alpha": "0.5"}


def test_a_kernel_that_dies_between_a_reply_and_the_rest_of_its_end_has_run_the_cell(story: Story) -> None:
    story.ran("load", "X, y = load()")
    fit = story.begins("fit", "model.fit(X, y)")
    story.training_begins("aa00000001")
    ended_ms = story.tick()
    story.says(ExecutionEnded(fit, ended_ms, "ok"))
    assert [execution.outcome for execution in story.fold(is_alive=True).executions] == ["ok", None]
    [_, dead] = story.fold().executions
    assert (dead.outcome, dead.ended_ms) == ("ok", ended_ms)
    assert dead.reads == {"X", "y", "model"}
    assert parts(story.runs()[0]) == [("load", "fed"), ("fit", "trained")]


def test_digests_of_files_are_kept_whether_they_come_before_the_end_or_after(story: Story) -> None:
    use = FileUse("/data/x.csv", "read", 3)
    known = FileUse("/data/x.csv", "read", 3, "d" * 64)
    for name in ("before", "after"):
        execution = story.begins(name, "open('/data/x.csv').read()")
        told: list[Event] = [
            FilesDigested(execution, story.tick(), (known,)),
            ExecutionFinished(execution, story.tick(), "ok", files=(use,)),
        ]
        for event in told if name == "before" else told[::-1]:
            story.says(event)
    assert [execution.files for execution in story.fold().executions] == [(known,), (known,)]


def test_a_cell_that_is_no_python_and_does_not_end_uses_no_names(story: Story) -> None:
    story.says(ExecutionStarted(ExecutionId("odd"), story.tick(), 1, "x = = 1", None))
    [found] = story.fold().executions
    assert (found.outcome, found.reads, found.writes) == ("interrupted", frozenset(), frozenset())


def test_a_kernel_that_was_seen_to_end_writes_no_more(story: Story) -> None:
    story.begins("fit", "model.fit(X, y)")
    story.training_begins("aa00000001")
    story.is_told(SessionEnded(story.tick(), "restarted"))
    session = story.fold(is_alive=True)
    assert (session.ended, session.runs[0].status) == ("restarted", "interrupted")
    assert [execution.outcome for execution in session.executions] == ["interrupted"]


def test_a_kernel_that_nobody_saw_die_has_died(story: Story) -> None:
    story.ran("load", "x = 1")
    assert (story.fold(is_alive=False).ended, story.fold(is_alive=True).ended) == ("died", None)


def test_a_model_that_was_not_kept_says_why(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        story.trains("aa00000001", model=None, note="the setting keep_models is off")
    [found] = story.runs()
    assert (found.status, found.model, found.model_note) == ("finished", None, "the setting keep_models is off")


# --- several


def test_the_same_variable_fitted_again_is_another_run(story: Story) -> None:
    story.ran("load", "X, y = load()")
    with story.cell("first", "model = Ridge(alpha=1).fit(X, y)"):
        first = story.trains("aa00000001")
    with story.cell("second", "model = Ridge(alpha=2).fit(X, y)"):
        second = story.trains("aa00000002")
    with story.cell("score", "model.score(X, y)"):
        story.measures(second, "r2", 0.5)
    one, two = story.runs()
    assert (one.run, parts(one), one.last_metrics) == (first, [("load", "fed"), ("first", "trained")], {})
    assert (two.run, two.last_metrics) == (second, {"r2": 0.5})
    assert parts(two) == [("load", "fed"), ("second", "trained"), ("score", "evaluated")]


def test_a_cell_run_twice_makes_two_executions_and_two_runs(story: Story) -> None:
    for name, run in (("fit-1", "aa00000001"), ("fit-2", "aa00000002")):
        with story.cell(name, "model = Ridge().fit(X, y)", cell="cell-fit"):
            story.trains(run)
    assert [parts(run) for run in story.runs()] == [[("fit-1", "trained")], [("fit-2", "trained")]]
    assert [execution.cell for execution in story.fold().executions] == ["cell-fit", "cell-fit"]


def test_two_trainings_of_one_cell_share_what_fed_them(story: Story) -> None:
    story.ran("load", "X, y = load()")
    with story.cell("fit", "a = Ridge().fit(X, y)\nb = Lasso().fit(X, y)"):
        story.trains("aa00000001")
        story.trains("aa00000002", "sklearn.linear_model.Lasso")
    assert [parts(run) for run in story.runs()] == [[("load", "fed"), ("fit", "trained")]] * 2


def test_a_model_is_evaluated_cells_later(story: Story) -> None:
    run = a_training(story)
    story.ran("other", "x = 1")
    with story.cell("report", "mean_absolute_error(y_test, model.predict(X_test))"):
        story.measures(run, "mean_absolute_error_X_test", 12.5)
    [found] = story.runs()
    assert parts(found)[-2:] == [("score", "evaluated"), ("report", "evaluated")]
    assert found.last_metrics == {"Ridge_score_X_test": 0.75, "mean_absolute_error_X_test": 12.5}


def test_the_newest_value_of_a_metric_counts_and_the_others_are_kept(story: Story) -> None:
    with story.cell("fit", "train(model)"):
        run = story.training_begins("aa00000001")
        for step, loss in enumerate([3.0, 2.0, 1.0]):
            story.measures(run, "loss", loss, step=step)
        story.says(TrainingFinished(run, story.tick(), "ok"))
    [found] = story.runs()
    assert [(metric.step, metric.value) for metric in found.metrics] == [(0, 3.0), (1, 2.0), (2, 1.0)]
    assert found.last_metrics == {"loss": 1.0}


def test_data_seen_twice_is_told_once(story: Story) -> None:
    run = a_training(story)
    with story.cell("again", "model.score(X_test, y_test)"):
        story.evaluates(run)
    assert story.runs()[0].data == (FRAME, HELD_OUT)


def test_a_failed_cell_that_fed_a_training_takes_part(story: Story) -> None:
    story.ran("load", "X, y = load()")
    story.ran("clean", "X = clean(X)", outcome="error", error=VALUE_ERROR)
    with story.cell("fit", "model = Ridge().fit(X, y)"):
        story.trains("aa00000001")
    assert parts(story.runs()[0]) == [("load", "fed"), ("clean", "fed"), ("fit", "trained")]


def test_a_training_in_a_cell_that_nobody_saw_begin_is_a_run_all_the_same(story: Story) -> None:
    story.trains("aa00000001")
    assert [(run.status, parts(run)) for run in story.runs()] == [("finished", [])]


def test_what_is_said_of_a_run_that_nobody_knows_is_passed_over(story: Story) -> None:
    stranger = RunId("ff00000000")
    story.measures(stranger, "r2", 1.0)
    story.evaluates(stranger)
    story.says(TrainingFinished(stranger, story.tick(), "ok"))
    assert story.runs() == ()


# --- parameters


def test_the_notebooks_own_literals_that_flowed_into_a_training_are_parameters(story: Story) -> None:
    story.ran("parameters", "alpha = 0.5\nmonths = [1, 2]\nunused = 3")
    story.ran("settings", "%matplotlib inline\nrows = 1_000")
    story.ran("load", "X, y = load(months, rows)")
    with story.cell("fit", "intercept = True\nmodel = Ridge(alpha, fit_intercept=intercept).fit(X, y)"):
        story.trains("aa00000001", params={"alpha": "0.5", "tol": "0.0001"})
    story.ran("later", "colour = 'blue'")
    assert story.runs()[0].parameters == (
        Parameter("alpha", "0.5", "notebook"),
        Parameter("rows", "1000", "notebook"),
        Parameter("intercept", "True", "notebook"),
        Parameter("months", "[1, 2]", "notebook"),
        Parameter("tol", "0.0001"),
    )


def test_where_the_notebook_and_the_estimator_differ_the_estimator_knows(story: Story) -> None:
    story.ran("parameters", "alpha = 0.5")
    with story.cell("fit", "model = Ridge(alpha * 2).fit(X, y)"):
        story.trains("aa00000001", params={"alpha": "1.0"})
    assert story.runs()[0].parameters == (Parameter("alpha", "1.0"),)


def test_the_value_that_a_training_saw_is_the_last_one_before_it(story: Story) -> None:
    for name, run, depth in (("a", "aa00000001", 2), ("b", "aa00000002", 4)):
        story.ran(f"set-{name}", f"depth = {depth}")
        with story.cell(f"fit-{name}", "model = Tree(depth).fit(X, y)"):
            story.trains(run)
    story.ran("set-c", "depth = 8")
    assert [notebook_parameters(run) for run in story.runs()] == [{"depth": "2"}, {"depth": "4"}]


def test_papermills_parameters_come_after_the_defaults_that_they_replace(story: Story) -> None:
    story.ran("defaults", "depth = 2\nrate = 0.1", tags=("parameters",))
    story.ran("injected", "depth = 4", tags=("injected-parameters",))
    with story.cell("fit", "model = Tree(depth, rate).fit(X, y)"):
        story.trains("aa00000001")
    assert notebook_parameters(story.runs()[0]) == {"rate": "0.1", "depth": "4"}


@pytest.mark.parametrize("name", ["password", "db_password", "API_KEY", "openai_token", "client_secret", "credentials"])
def test_a_secret_is_no_parameter(story: Story, name: str) -> None:
    story.ran("secret", f"{name} = 'hunter2'\nhost = 'desk'")
    story.ran("connect", f"X, y = load(host, {name})")
    with story.cell("fit", "model = Ridge().fit(X, y)"):
        story.trains("aa00000001")
    [found] = story.runs()
    assert found.parameters == (Parameter("host", "desk", "notebook"),)
    assert parts(found)[0] == ("secret", "fed")


def test_what_a_search_found_stands_beside_what_it_was_given(story: Story) -> None:
    with story.cell("fit", "search.fit(X, y)"):
        run = story.training_begins("aa00000001", params={"cv": "5", "alpha": "[1, 2]"})
        story.says(TrainingFinished(run, story.tick(), "ok", params={"best_alpha": "2"}))
    assert story.runs()[0].parameters == (
        Parameter("cv", "5"),
        Parameter("alpha", "[1, 2]"),
        Parameter("best_alpha", "2"),
    )


# --- headless


def executed(story: Story, failed: str | None = None) -> None:
    error = VALUE_ERROR if failed is not None else None
    execution = ExecutionId(failed) if failed is not None else None
    story.is_told(NotebookExecuted(story.tick(), "out.ipynb", "7" * 64, execution, error))


def fit(story: Story, name: str, run: str) -> RunId:
    with story.cell(name, f"{name} = Ridge().fit(X, y)"):
        return story.trains(run)


def test_the_executed_notebook_goes_with_every_run(story: Story) -> None:
    fit(story, "one", "aa00000001")
    fit(story, "two", "aa00000002")
    executed(story)
    assert [(run.status, run.executed_notebook) for run in story.runs()] == [("finished", "7" * 64)] * 2


def test_a_notebook_that_failed_did_not_come_to_the_end_of_its_last_run(story: Story) -> None:
    fit(story, "one", "aa00000001")
    fit(story, "two", "aa00000002")
    story.ran("report", "1 / 0", outcome="error", error=VALUE_ERROR)
    executed(story, failed="report")
    assert [(run.status, run.error) for run in story.runs()] == [("finished", None), ("failed", VALUE_ERROR)]


def test_nor_of_the_run_that_it_was_evaluating(story: Story) -> None:
    one = fit(story, "one", "aa00000001")
    fit(story, "two", "aa00000002")
    fit(story, "three", "aa00000003")
    with story.cell("report", "one.score(X, y); 1 / 0", outcome="error", error=VALUE_ERROR):
        story.measures(one, "r2", 0.5)
    executed(story, failed="report")
    assert [run.status for run in story.runs()] == ["failed", "finished", "failed"]


def test_a_training_that_failed_by_itself_keeps_its_own_error(story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)", outcome="error", error=NO_MEMORY):
        run = story.training_begins("aa00000001")
        story.says(TrainingFinished(run, story.tick(), "error", NO_MEMORY))
    executed(story, failed="fit")
    assert [(run.status, run.error) for run in story.runs()] == [("failed", NO_MEMORY)]


def test_the_engine_names_the_cells_that_it_ran(story: Story) -> None:
    execution = story.ran("load", "x = 1")
    story.names_cell(execution, "cell-7", "parameters")
    [found] = story.fold().executions
    assert (found.cell, found.tags) == ("cell-7", ("parameters",))


# --- the notebook's name, and pauses


def test_runs_move_with_their_notebook_when_it_is_renamed(story: Story) -> None:
    a_training(story)
    story.is_told(NotebookNamed(story.tick(), str(story.project.root / "deep" / "new.ipynb")))
    session = story.fold()
    assert (session.notebook, session.runs[0].notebook) == ("deep/new.ipynb", "deep/new.ipynb")


def test_the_last_name_counts_whoever_said_it_first(story: Story) -> None:
    early, late = story.tick(), story.tick()
    story.is_told(NotebookNamed(late, str(story.project.root / "late.ipynb")))
    story.says(NotebookNamed(early, str(story.project.root / "early.ipynb")))
    for events in itertools.permutations([*story.inside, *story.outside]):
        session = fold(events, story.project, is_alive=False)
        assert session is not None
        assert session.notebook == "late.ipynb"


def test_a_notebook_that_nobody_has_named_has_no_name(project: Project) -> None:
    story = Story(project, notebook=None)
    a_training(story)
    assert (story.fold().notebook, story.runs()[0].notebook) == (None, None)


def test_a_pause_lasts_until_it_is_resumed(story: Story) -> None:
    seen = [story.fold().paused]
    story.says(CapturePaused(story.tick()))
    seen.append(story.fold().paused)
    story.says(CaptureResumed(story.tick()))
    seen.append(story.fold().paused)
    assert seen == [False, True, False]


# --- what went wrong with us


def test_a_fault_of_ours_marks_the_runs_that_it_touched(story: Story) -> None:
    one = fit(story, "one", "aa00000001")
    fit(story, "two", "aa00000002")
    story.ran("aside", "z = 1")
    story.says(CaptureFailed(story.tick(), "predicted", "TypeError: no", None, one))
    story.says(CaptureFailed(story.tick(), "after the cell", "KeyError: 1", ExecutionId("two")))
    story.says(CaptureFailed(story.tick(), "after the cell", "KeyError: 1", ExecutionId("two")))
    story.says(CaptureFailed(story.tick(), "after the cell", "KeyError: 2", ExecutionId("aside")))
    assert [run.incomplete for run in story.runs()] == [
        ("predicted: TypeError: no",),
        ("after the cell: KeyError: 1",),
    ]


# --- the fold itself


def test_without_its_start_a_session_cannot_be_told(story: Story) -> None:
    a_training(story)
    assert fold(story.inside[1:], story.project, is_alive=True) is None
    assert fold([], story.project, is_alive=True) is None


def test_a_start_written_again_changes_nothing(story: Story) -> None:
    a_training(story)
    story.is_told(NotebookNamed(story.tick(), str(story.project.root / "new.ipynb")))
    before = story.fold()
    story.is_told(story.inside[0])
    assert story.fold() == before


@pytest.mark.parametrize("seed", range(5))
def test_the_two_journals_may_be_read_in_any_interleaving(story: Story, seed: int) -> None:
    a_training(story)
    for execution in ("load", "fit", "score"):
        story.names_cell(ExecutionId(execution), f"named-{execution}", "tag")
    story.is_told(NotebookNamed(story.tick(), str(story.project.root / "new.ipynb")))
    story.is_told(SessionEnded(story.tick(), "shut down"))
    executed(story, failed="score")
    whole = story.fold()
    inside, outside, mixed = list(story.inside), list(story.outside), []
    choice = random.Random(seed)
    while inside or outside:
        source = choice.choice([journal for journal in (inside, outside) if journal])
        mixed.append(source.pop(0))
    assert fold(mixed, story.project, is_alive=True) == whole


def test_metrics_are_told_in_the_order_of_their_time(story: Story) -> None:
    run = a_training(story)
    story.says(MetricMeasured(run, ExecutionId("fit"), 1, "early", 1.0))
    assert list(story.runs()[0].last_metrics) == ["early", "Ridge_score_X_test"]


def test_a_curve_so_far_counts_only_where_the_kernel_died(story: Story) -> None:
    with story.cell("fit", "train()") as execution:
        run = story.training_begins("aa00000001")
        story.says(CurveMeasured(run, execution, story.tick(), "loss", (3.0, 2.0), (1, 2), so_far=True))
        story.says(CurveMeasured(run, execution, story.tick(), "loss", (3.0, 2.0, 1.0), (1, 2, 3), so_far=True))
        [alive], [dead] = story.runs(is_alive=True), story.runs()
        assert (alive.status, alive.metrics) == ("running", ())
        assert (dead.status, [metric.step for metric in dead.metrics]) == ("interrupted", [1, 2, 3])

        story.says(CurveMeasured(run, execution, story.tick(), "loss", (3.0, 1.0), (1, 4)))
        assert [metric.step for metric in story.runs()[0].metrics] == [1, 4]


def test_a_trial_so_far_counts_only_where_its_search_never_ended(story: Story) -> None:
    with story.cell("search", "study.optimize(objective)") as execution:
        search = story.training_begins("aa00000001")
        trial = TrainingStarted(
            RunId("bb00000001"), execution, story.tick(), "optuna", "Trial", kind="trial", parent=search, so_far=True
        )
        story.says(trial)
        story.says(TrainingFinished(trial.run, story.tick(), "ok"))
        assert [run.run for run in story.runs(is_alive=True)] == [search]
        assert {run.run: run.status for run in story.runs()} == {search: "interrupted", trial.run: "finished"}

        story.says(TrainingFinished(search, story.tick(), "ok"))
        assert [run.run for run in story.runs()] == [search]
