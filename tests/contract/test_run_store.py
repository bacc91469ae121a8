"""What every `RunStore` does. The one in memory may be trusted elsewhere because it passes here."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from tests.contract.bench import Bench, Kept, files
from tests.stories import FRAME, HELD_OUT, NO_MEMORY, Story, a_training

from cellmill.core.event_parts import Column, DataUse, ModelBlob
from cellmill.core.events import TrainingFinished
from cellmill.core.ids import RunId, SessionId
from cellmill.core.ports import Recorded, RunFiles
from cellmill.core.runs import DataSource, Parameter, Run

RUN = RunId("aa00000001")


def put(bench: Bench, run: Run, *, digest: str = "d", known: Recorded | None = None, **documents: bytes) -> Recorded:
    return bench.store.put(run, files(bench.project, run, **documents), digest=digest, known=known)


def test_a_session_that_it_has_never_seen_holds_nothing(bench: Bench) -> None:
    assert bench.store.recorded(SessionId("20260101T000000-ffffffff")) == {}


def test_a_run_is_kept_with_all_that_is_known_of_it(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    [run] = story.runs()
    recorded = put(bench, run, executions=b"{}", notebook=b"[]")
    assert recorded == Recorded(RUN, recorded.store_id, "d")
    assert bench.store.recorded(story.session) == {RUN: recorded}
    assert bench.look(recorded.store_id) == Kept(
        status="finished",
        notebook="work.ipynb",
        params={"alpha": "0.5", "tol": "0.0001"},
        metrics={"Ridge_score_X_test": [(0, 0.75)]},
        data={("X_train", "d1", "training"), ("X_test", "d2", "evaluation")},
        documents={"cellmill/executions.ipynb": b"{}", "cellmill/notebook.ipynb": b"[]"},
        ended_ms=run.ended_ms,
    )


def test_twice_is_as_good_as_once(bench: Bench, story: Story, model: ModelBlob) -> None:
    run_id = a_training(story, model=model)
    for step in range(3):
        story.measures(run_id, "loss", 1.0 / (step + 1), step=step)
    [run] = story.runs()
    first = put(bench, run, executions=b"{}")
    seen = bench.look(first.store_id)
    again = put(bench, run, known=first, executions=b"{}")
    assert (again, bench.look(again.store_id)) == (first, seen)
    assert bench.store.recorded(story.session) == {RUN: first}


class Broken(Mapping[str, bytes]):
    """Documents of which the second cannot be read: the disk went away."""

    def __getitem__(self, path: str) -> bytes:
        if path == "cellmill/b.ipynb":
            raise OSError(5, "Input/output error")
        return b"{}"

    def __iter__(self) -> Iterator[str]:
        return iter(("cellmill/a.ipynb", "cellmill/b.ipynb"))

    def __len__(self) -> int:
        return 2


def test_a_put_that_was_interrupted_is_mended_by_the_next(bench: Bench, story: Story, model: ModelBlob) -> None:
    a_training(story, model=model)
    [run] = story.runs()
    whole = files(bench.project, run, a=b"{}", b=b"{}")
    with pytest.raises(Exception, match="Input/output error"):
        bench.store.put(run, replace(whole, documents=Broken()), digest="d", known=None)
    half = bench.store.recorded(story.session).get(RUN)
    assert half is None or half.digest != "d"
    mended = bench.store.put(run, whole, digest="d", known=half)
    assert bench.store.recorded(story.session) == {RUN: mended}
    assert half is None or mended.store_id == half.store_id
    kept = bench.look(mended.store_id)
    assert (kept.status, kept.metrics, set(kept.documents)) == (
        "finished",
        {"Ridge_score_X_test": [(0, 0.75)]},
        {"cellmill/a.ipynb", "cellmill/b.ipynb"},
    )


def test_a_run_goes_on_where_it_was(bench: Bench, story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        run = story.training_begins(RUN, params={"alpha": "0.5"}, data=(FRAME,))
        story.measures(run, "loss", 2.0)
        first = put(bench, story.runs(is_alive=True)[0], digest="running", a=b"old")
        running = bench.look(first.store_id)
        story.measures(run, "loss", 1.0, step=1)
        story.says(TrainingFinished(run, story.tick(), "ok", params={"best_alpha": "0.1"}))
    with story.cell("score", "model.score(X_test, y_test)"):
        story.evaluates(run)
    [whole] = story.runs()
    second = put(bench, whole, digest="finished", known=first, a=b"new")
    assert (running.status, running.ended_ms, running.metrics) == ("running", None, {"loss": [(0, 2.0)]})
    assert second == Recorded(RUN, first.store_id, "finished")
    assert bench.look(second.store_id) == Kept(
        status="finished",
        notebook="work.ipynb",
        params={"alpha": "0.5", "best_alpha": "0.1"},
        metrics={"loss": [(0, 2.0), (1, 1.0)]},
        data={("X_train", "d1", "training"), ("X_test", "d2", "evaluation")},
        documents={"cellmill/a.ipynb": b"new"},
        ended_ms=whole.ended_ms,
    )


@pytest.mark.parametrize("how", ["ok", "error", "interrupted", "died"])
def test_how_a_run_ended_is_kept(bench: Bench, story: Story, how: str) -> None:
    story.begins("fit", "model.fit(X, y)")
    run = story.training_begins(RUN)
    match how:
        case "ok":
            story.says(TrainingFinished(run, story.tick(), "ok"))
        case "error":
            story.says(TrainingFinished(run, story.tick(), "error", NO_MEMORY))
        case "interrupted":
            story.says(TrainingFinished(run, story.tick(), "interrupted"))
    [found] = story.runs()
    assert bench.look(put(bench, found).store_id).status == found.status


def test_metrics_keep_their_steps_and_may_be_no_number(bench: Bench, story: Story) -> None:
    with story.cell("fit", "train(model)"):
        run = story.trains(RUN, model=None)
        for step, loss in enumerate([3.0, math.nan, -1e-300]):
            story.measures(run, "loss", loss, step=step)
        story.measures(run, "never", math.nan)
    kept = bench.look(put(bench, story.runs()[0]).store_id).metrics
    assert repr(kept) == repr({"loss": [(0, 3.0), (1, math.nan), (2, -1e-300)], "never": [(0, math.nan)]})


@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "later"])
def test_a_model_that_is_evaluated_on_its_training_data_too(bench: Bench, story: Story, is_late: bool) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        run = story.trains(RUN, data=(FRAME,), model=None)
    known = put(bench, story.runs()[0]) if is_late else None
    with story.cell("score", "model.score(X, y)"):
        story.evaluates(run, replace(FRAME, context="evaluation"))
        story.evaluates(run, HELD_OUT)
    recorded = put(bench, story.runs()[0], known=known)
    # MLflow knows one use of a data set in a run; the training's is the one to keep.
    told = {(name, context) for name, _, context in bench.look(recorded.store_id).data}
    assert ("X_train", "training") in told
    assert ("X_test", "evaluation") in told


STRANGE = {
    "scale=1": "equals",
    "größe": "not ASCII",
    "a//b": "no path",
    "..": "nor this",
    "/c": "nor this",
    "x" * 400: "long",
    "x" * 300 + "y": "as long, and alike",
    "": "empty",
    "empty": "",
    "long": "v" * 10_000,
    "lines": "a\nb",
    "a=b": "one of two that",
    "a?b": "may become the same",
}


def test_names_and_values_that_it_does_not_take_as_they_are_do_not_stop_it(bench: Bench, story: Story) -> None:
    with story.cell("fit", "model.fit(X, y)"):
        run_id = story.trains(RUN, params=STRANGE, model=None)
        for name in STRANGE:
            story.measures(run_id, name, 1.0)
    [run] = story.runs()
    recorded = put(bench, run)
    again = put(bench, run, known=recorded)
    kept = bench.look(again.store_id)
    assert kept.params["empty"] == ""
    assert len(kept.params) >= len(STRANGE) - 2
    assert len(kept.metrics) >= len(STRANGE) - 2


def test_a_great_many_parameters_and_points_are_all_kept(bench: Bench, story: Story) -> None:
    with story.cell("fit", "train(model)"):
        run_id = story.trains(RUN, params={f"p{n}": str(n) for n in range(250)}, model=None)
    [run] = story.runs()
    story.measures(run_id, "loss", 0.5)
    [metric] = story.runs()[0].metrics
    many = tuple(replace(metric, step=step, at_ms=metric.at_ms + step) for step in range(2_100))
    kept = bench.look(put(bench, replace(run, metrics=many)).store_id)
    assert len(kept.params) == 250
    assert [step for step, _ in kept.metrics["loss"]] == list(range(2_100))


def test_runs_of_another_session_are_not_told(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    put(bench, story.runs()[0])
    other = Story(bench.project, session=f"{story.session}x")
    a_training(other, "bb00000001", model=None)
    put(bench, other.runs()[0])
    assert set(bench.store.recorded(story.session)) == {RUN}
    assert set(bench.store.recorded(other.session)) == {"bb00000001"}


def test_a_run_that_a_user_deleted_is_told_as_deleted(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    recorded = put(bench, story.runs()[0])
    bench.delete(recorded.store_id)
    assert bench.store.recorded(story.session) == {RUN: replace(recorded, is_deleted=True)}


def test_a_model_whose_pickle_is_gone_does_not_stop_its_run(bench: Bench, story: Story, model: ModelBlob) -> None:
    a_training(story, model=model)
    [run] = story.runs()
    gone = RunFiles(model=bench.project.blobs / "gone", documents={})
    recorded = bench.store.put(run, gone, digest="d", known=None)
    assert bench.look(recorded.store_id).status == "finished"
    assert bench.store.recorded(story.session) == {RUN: recorded}


def test_a_parameter_never_changes_but_new_ones_come(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    [run] = story.runs()
    first = put(bench, run)
    more = replace(run, parameters=(*run.parameters, Parameter("late", "1")))
    kept = bench.look(put(bench, more, known=first).store_id)
    assert kept.params == {"alpha": "0.5", "tol": "0.0001", "late": "1"}


def test_a_run_that_was_fed_by_very_many_files_is_put_whole(bench: Bench, story: Story) -> None:
    a_training(story, model=None)
    [run] = story.runs()
    leaves = tuple(DataSource("file", f"/data/leaves/ä{'n' * 40}/{number}.jpg") for number in range(2_000))
    kept = bench.look(put(bench, replace(run, sources=leaves)).store_id)
    assert (kept.status, len(kept.data)) == ("finished", 2)


def test_a_wide_frame_is_data_like_any_other(bench: Bench, story: Story) -> None:
    wide = DataUse("X", "training", "w", 5, tuple(Column(f"column {n}", "double") for n in range(500)))
    with story.cell("fit", "model.fit(X, y)"):
        story.trains(RUN, data=(wide,), model=None)
    assert bench.look(put(bench, story.runs()[0]).store_id).data == {("X", "w", "training")}
