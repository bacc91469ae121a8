"""A run that its user deletes: from every list, from the store, and its blobs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.bench import Bench
from tests.stories import Story, a_training
from typer.testing import CliRunner

from cellmill.capture.blobs import blob_path, keep_blob
from cellmill.capture.sessions import load_sessions
from cellmill.cli import app, runs
from cellmill.core.errors import UnknownRun
from cellmill.core.event_parts import ModelBlob, Module
from cellmill.core.events import (
    ExecutionFinished,
    ExecutionStarted,
    GitSeen,
    SessionEnded,
    SessionStarted,
    TrainingFinished,
    TrainingStarted,
)
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.project import Project
from cellmill.wiring.deleting import delete_run
from cellmill.wiring.marks import pending
from cellmill.wiring.projects import run_store
from cellmill.wiring.recorder import record

COMMANDS_COME_FROM = (runs,)  # importing it gives the command to `app`


def a_model(project: Project, content: bytes) -> ModelBlob:
    return ModelBlob(keep_blob(project, content), len(content), "none")


def test_what_only_the_deleted_run_kept_is_removed(bench: Bench, story: Story) -> None:
    shared, alone = a_model(story.project, b"shared"), a_model(story.project, b"alone")
    a_training(story, "aa00000001", model=shared)
    a_training(story, "bb00000001", model=alone)
    a_training(story, "cc00000001", model=shared)
    story.write()
    sessions = load_sessions(story.project)
    before = record(sessions, bench.store)
    assert [delete_run(sessions, run).blobs for run in ("aa", "bb")] == [0, 1]
    assert [run.run for run in sessions.runs()] == ["cc00000001"]
    assert blob_path(story.project, shared.sha256).exists()
    assert not blob_path(story.project, alone.sha256).exists()
    assert pending(sessions, bench.store.uri) == (story.session,)
    record(sessions, bench.store)
    deleted = {run: held.is_deleted for run, held in bench.store.recorded(story.session).items()}
    assert deleted == {RunId("aa00000001"): True, RunId("bb00000001"): True, RunId("cc00000001"): False}
    assert before.keys() == deleted.keys()
    assert pending(sessions, bench.store.uri) == ()


@pytest.mark.parametrize("has_ended", [True, False])
def test_with_the_last_run_of_a_session_goes_what_was_around_it(
    story: Story, project: Project, has_ended: bool
) -> None:
    diff, state, source, shared = (keep_blob(project, name) for name in (b"diff", b"state", b"source", b"shared"))
    story.says(GitSeen(story.tick(), "abc", "main", diff))
    fit, source_of_fit = ExecutionId("fit"), "model = Ridge().fit(X, y)"
    story.says(ExecutionStarted(fit, story.tick(), 1, source_of_fit, None, random={"random": state}))
    story.says(TrainingStarted(RunId("aa00000001"), fit, story.tick(), "sklearn", "Ridge"))
    story.says(TrainingFinished(RunId("aa00000001"), story.tick(), "ok"))
    modules = (Module("mine", "mine.py", source), Module("other", "other.py", shared))
    story.says(ExecutionFinished(fit, story.tick(), "ok", (), (), modules=modules))
    if has_ended:
        story.is_told(SessionEnded(story.tick(), "shut down"))
    else:  # of a kernel of another machine nobody knows better
        started = story.inside[0]
        assert isinstance(started, SessionStarted)
        story.inside[0] = replace(started, host="elsewhere")
    story.write()
    another = Story(project, session="20260109T000000-bb")
    imports = another.begins("b", "import other")
    another.says(ExecutionFinished(imports, another.tick(), "ok", (), (), modules=modules[1:]))
    another.write()
    delete_run(load_sessions(project), "aa")
    left = {sha256 for sha256 in (diff, state, source, shared) if blob_path(project, sha256).exists()}
    assert left == ({shared} if has_ended else {diff, state, source, shared})


def test_a_search_takes_its_trials_with_it(story: Story) -> None:
    search = a_training(story, "aa00000001", model=None)
    fit = story.begins("trial", "search.fit(X, y)")
    story.says(TrainingStarted(RunId("bb00000001"), fit, story.tick(), "sklearn", "Ridge", kind="trial", parent=search))
    story.write()
    sessions = load_sessions(story.project)
    assert len(sessions.runs()) == 2
    assert delete_run(sessions, search).trials == 1
    assert sessions.runs() == ()
    with pytest.raises(UnknownRun):
        sessions.run("bb")


def test_it_stays_deleted_for_whoever_reads_the_journal_next(story: Story, tmp_path: Path) -> None:
    a_training(story, "aa00000001", model=None)
    story.write()
    delete_run(load_sessions(story.project), "aa")
    assert load_sessions(story.project).runs() == ()


def test_a_search_and_its_trial_may_both_be_named_and_a_run_twice(sqlite: str, story: Story) -> None:
    search = a_training(story, "aa00000001", model=None)
    fit = story.begins("trial", "search.fit(X, y)")
    story.says(TrainingStarted(RunId("bb00000001"), fit, story.tick(), "sklearn", "Ridge", kind="trial", parent=search))
    a_training(story, "cc00000001", model=None)
    story.write()
    store = run_store(story.project)
    record(load_sessions(story.project), store)
    named = ["aa", "bb", "aa00000001", "cc", "bb"]
    said = CliRunner().invoke(app, ["delete", *named, "--json", "--folder", str(story.project.root)])
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout) == [
        {"run": "aa00000001", "trials": 1, "blobs": 0, "freed_bytes": 0},
        {"run": "cc00000001", "trials": 0, "blobs": 0, "freed_bytes": 0},
    ]
    assert {held.is_deleted for held in store.recorded(story.session).values()} == {True}
    assert load_sessions(story.project).runs() == ()
