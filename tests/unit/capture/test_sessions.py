"""Every session of a project, read from its journals."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.stories import HELD_OUT, Story, a_process, a_training

from cellmill.capture import sessions as sessions_module
from cellmill.capture.journal import append_late, append_once
from cellmill.capture.sessions import Sessions, choose_run, is_alive, load_sessions, session_ids
from cellmill.core.errors import AmbiguousRun, UnknownRun
from cellmill.core.events import DataEvaluated, MetricMeasured, RunDeleted, RunMeasured, SessionEnded, SessionStarted
from cellmill.core.project import Project
from cellmill.core.runs import Metric, Run


def ids(runs: tuple[Run, ...]) -> list[str]:
    return [run.run for run in runs]


def test_a_project_without_journals_has_no_sessions(project: Project) -> None:
    assert (session_ids(project), load_sessions(project).all()) == ((), ())


def test_sessions_are_told_in_the_order_of_their_start(project: Project) -> None:
    for session in ("20260102T000000-bb", "20260101T000000-aa"):
        a_story = Story(project, session=session)
        a_story.is_told(SessionEnded(a_story.tick(), "shut down"))
        a_story.write()
    (project.journals / "notes.txt").write_text("not a journal")
    assert [session.session for session in load_sessions(project).all()] == [
        "20260101T000000-aa",
        "20260102T000000-bb",
    ]


def test_what_was_written_since_is_read_and_nothing_else(story: Story) -> None:
    sessions = Sessions(story.project)
    story.write()
    assert sessions.poll() == {story.session}
    assert sessions.poll() == set()
    a_training(story)
    story.write()
    assert sessions.poll() == {story.session}
    assert ids(sessions.runs()) == ["aa00000001"]
    story.is_told(SessionEnded(story.tick(), "shut down"))
    story.write()
    assert sessions.poll() == {story.session}
    assert sessions.poll() == set()
    assert sessions.all() == load_sessions(story.project).all() == (story.fold(),)


def test_a_journal_that_was_removed_is_forgotten_and_one_begun_anew_under_its_name_is_read_whole(story: Story) -> None:
    story.write()
    begun = story.project.journal(story.session).read_bytes()
    a_training(story)
    story.write()
    journal = story.project.journal(story.session)
    whole = journal.read_bytes()
    sessions = Sessions(story.project)
    sessions.poll()
    journal.rename(journal.with_suffix(".old"))  # its inode is not given to another
    journal.write_bytes(begun)
    assert sessions.poll() == {story.session}
    assert sessions.runs() == ()
    journal.rename(journal.with_suffix(".older"))
    journal.write_bytes(whole + whole[-1:])  # longer than what was read before
    assert sessions.poll() == {story.session}
    assert ids(sessions.runs()) == ["aa00000001"]
    shutil.rmtree(story.project.folder)
    assert [sessions.poll(), sessions.poll()] == [{story.session}, set()]
    assert (sessions.all(), sessions.readers()) == ((), {})


def test_an_ended_session_whose_last_line_is_torn_is_read_once_and_again_when_it_grows(story: Story) -> None:
    """As a full disk leaves it: looked at several times a second, it would be news each time."""
    a_training(story)
    story.write()
    journal = story.project.journal(story.session)
    torn = journal.read_bytes().splitlines(keepends=True)[-1]
    journal.write_bytes(journal.read_bytes()[:-20])
    sessions = Sessions(story.project)
    assert [sessions.poll() for _ in range(3)] == [{story.session}, set(), set()]
    whole_bytes = journal.stat().st_size - (len(torn) - 20)
    assert sessions.readers()[story.session].size_bytes == (whole_bytes, 0)
    append_once(story.project.outside_journal(story.session), SessionEnded(story.tick(), "shut down"))
    assert [sessions.poll() for _ in range(3)] == [{story.session}, set(), set()]
    assert [session.ended for session in sessions.all()] == ["shut down"]


def test_what_another_session_measures_of_a_run_is_the_runs(story: Story) -> None:
    run = a_training(story)
    story.is_told(SessionEnded(story.tick(), "shut down"))
    story.write()
    sessions = load_sessions(story.project)
    [before] = sessions.runs()
    read_bytes = sessions.readers()[story.session].size_bytes

    later = Story(story.project, session="20260102T030405-00000002", notebook="evaluate.ipynb")
    at_ms = story.now_ms + 10_000
    with later.cell("evaluate", "rmse = error(model)") as execution:
        later.says(RunMeasured(run, story.session, at_ms))
    later.write()
    beside = story.project.measured(story.session) / f"{later.session}.jsonl"
    other = replace(HELD_OUT, name="X_later")
    append_once(
        beside,
        MetricMeasured(run, execution, at_ms, "rmse", 2.5, session=later.session),
        DataEvaluated(run, execution, at_ms, other, session=later.session),
    )

    # Who reads the later session alone, to record it, reads the other one as well.
    alone = Sessions(story.project)
    assert alone.poll(later.session) == {later.session, story.session}
    assert alone.measured_by(later.session) == (story.session,)
    # Who had read the other one, which has ended, reads on.
    assert sessions.poll() == {later.session, story.session}
    [after] = sessions.runs()
    assert after == replace(
        before,
        metrics=(*before.metrics, Metric("rmse", 2.5, 0, at_ms, later.session)),
        data=(*before.data, other),
    )
    assert alone.runs() == sessions.runs() == load_sessions(story.project).runs()
    assert sessions.readers()[story.session].size_bytes == (*read_bytes, beside.stat().st_size)
    assert sessions.poll() == set()


def test_the_journal_from_outside_may_be_there_first(story: Story) -> None:
    sessions = Sessions(story.project)
    append_once(story.project.outside_journal(story.session), SessionEnded(story.tick(), "shut down"))
    assert session_ids(story.project) == ()
    sessions.poll()
    assert sessions.all() == ()
    story.write()
    sessions.poll()
    assert [session.ended for session in sessions.all()] == ["shut down"]


def test_runs_are_told_newest_first_and_by_notebook(project: Project) -> None:
    one = Story(project, notebook="one.ipynb", session="20260101T000000-aa")
    two = Story(project, notebook="two.ipynb", session="20260102T000000-bb")
    two.now_ms += 60_000
    a_training(one, "aa00000001")
    a_training(one, "aa00000002")
    a_training(two, "bb00000001")
    one.write()
    two.write()
    sessions = load_sessions(project)
    assert ids(sessions.runs()) == ["bb00000001", "aa00000002", "aa00000001"]
    assert ids(sessions.runs("one.ipynb")) == ["aa00000002", "aa00000001"]
    assert ids(sessions.runs("three.ipynb")) == []
    assert sessions.run("bb").run == "bb00000001"


def test_a_kernel_that_dies_is_noticed_though_it_wrote_nothing(project: Project) -> None:
    with a_process() as kernel:
        story = Story(project, pid=kernel.pid)
        story.begins("fit", "model.fit(X, y)")
        story.training_begins("aa00000001")
        story.write()
        sessions = load_sessions(project)
        before = [run.status for run in sessions.runs()]
    assert (before, sessions.poll()) == (["running"], {story.session})
    assert [run.status for run in sessions.runs()] == ["interrupted"]
    assert sessions.poll() == set()


# --- is it alive


def the_start(story: Story) -> SessionStarted:
    started = story.inside[0]
    assert isinstance(started, SessionStarted)
    return started


def test_a_pid_that_another_process_has_by_now_is_not_the_kernel(project: Project) -> None:
    assert is_alive(the_start(Story(project, is_alive=True)))
    assert not is_alive(the_start(Story(project, is_alive=False)))


def test_a_kernel_whose_start_is_unknown_is_told_by_its_pid_alone(project: Project) -> None:
    started = the_start(Story(project))
    mine = SessionStarted(**{**vars(started), "process_started_s": None})
    assert mine.pid == os.getpid()
    assert is_alive(mine)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not is_alive(SessionStarted(**{**vars(mine), "pid": gone.pid}))


def test_of_a_kernel_on_another_machine_the_best_is_hoped(project: Project) -> None:
    assert is_alive(SessionStarted(**{**vars(the_start(Story(project))), "host": "elsewhere"}))


# --- choosing


@pytest.fixture
def three(project: Project) -> tuple[Run, ...]:
    story = Story(project)
    for run in ("aa00000001", "aa11000001", "bb00000001"):
        a_training(story, run)
    return story.runs()


@pytest.mark.parametrize("begins_with", ["bb", "BB", "b", "bb00000001"])
def test_as_much_of_an_id_as_no_other_has_is_enough(three: tuple[Run, ...], begins_with: str) -> None:
    assert choose_run(three, begins_with).run == "bb00000001"


def test_several_that_begin_so_are_named(three: tuple[Run, ...]) -> None:
    with pytest.raises(AmbiguousRun) as raised:
        choose_run(three, "aa")
    assert raised.value.matches == ("aa00000001", "aa11000001")


@pytest.mark.parametrize("begins_with", ["cc", "", "bb000000012"])
def test_none_that_begins_so_is_said_with_those_that_are_known(three: tuple[Run, ...], begins_with: str) -> None:
    with pytest.raises(UnknownRun) as raised:
        choose_run(three, begins_with)
    assert raised.value.known == ("aa00000001", "aa11000001", "bb00000001")


def test_a_folder_that_cannot_be_read_for_a_moment_loses_nothing(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    a_training(story)
    story.write()
    sessions = load_sessions(story.project)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(os, "listdir", refuse)
    monkeypatch.setattr(os, "stat", refuse)
    assert sessions.poll() == set()
    assert ids(sessions.runs()) == ["aa00000001"]


# --- looked at all the time


@pytest.fixture
def resting(project: Project, monkeypatch: pytest.MonkeyPatch) -> tuple[Sessions, Story]:
    """Five sessions that ended long ago, of which the first has a run; and the sessions that were read."""
    monkeypatch.setattr(sessions_module, "RESTS_AFTER_S", 0.0)
    monkeypatch.setattr(sessions_module, "TICK_S", 0.0)
    stories = [Story(project, session=f"20260102T03040{number}-0000000{number}") for number in range(5)]
    a_training(stories[0])
    for each in stories:
        each.is_told(SessionEnded(each.tick(), "shut down"))
        each.write()
    sessions = Sessions(project)
    assert sessions.look() == {each.session for each in stories}
    return sessions, stories[0]


def _told(function: Callable[..., Any], asked: list[str]) -> Callable[..., Any]:
    def told(path: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(str(path))
        return function(path, *args, **kwargs)

    return told


def test_sessions_that_ended_cost_nothing_while_nothing_changes(
    resting: tuple[Sessions, Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, _ = resting
    asked: list[str] = []
    for name in ("stat", "listdir"):
        monkeypatch.setattr(os, name, _told(getattr(os, name), asked))
    looks = [sessions.look() for _ in range(3)]

    assert looks == [set()] * 3
    assert asked == [str(sessions.project.journals)] * 3


def test_a_late_word_is_heard_at_once(resting: tuple[Sessions, Story]) -> None:
    sessions, story = resting
    (run,) = sessions.runs()
    append_late(story.project.outside_journal(story.session), RunDeleted(run.run, story.tick()))

    assert sessions.look() == {story.session}
    assert sessions.runs() == ()


def test_a_journal_that_grows_after_its_end_is_read_again_within_a_minute(
    resting: tuple[Sessions, Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, story = resting
    a_training(story, "bb00000002")
    story.write()
    assert sessions.look() == set()
    monkeypatch.setattr(sessions_module, "LOOK_AT_ALL_EVERY_S", 0.0)
    assert sessions.look() == {story.session}
    assert len(sessions.runs()) == 2


@pytest.mark.parametrize("kept_awake_by", ["RESTS_AFTER_S", "TICK_S"])
def test_what_comes_soon_after_an_end_or_a_change_is_read_at_once(
    story: Story, monkeypatch: pytest.MonkeyPatch, kept_awake_by: str
) -> None:
    for name in ("RESTS_AFTER_S", "TICK_S"):
        monkeypatch.setattr(sessions_module, name, 600.0 if name == kept_awake_by else 0.0)
    story.is_told(SessionEnded(story.tick(), "shut down"))
    story.write()
    sessions = Sessions(story.project)
    sessions.look()
    sessions.look()
    a_training(story)
    story.write()

    assert sessions.look() == {story.session}


def test_a_new_session_and_what_it_measures_of_an_ended_one_are_read_at_once(resting: tuple[Sessions, Story]) -> None:
    sessions, story = resting
    (run,) = sessions.runs()
    later = Story(story.project, session="20260103T030405-00000009", is_alive=True)
    later.write()
    os.utime(story.project.journals, (2e9, 2e9))  # as its file's name has done, if not within one tick
    assert sessions.look() == {later.session}
    later.says(RunMeasured(run.run, story.session, later.tick()))
    later.write()
    sessions.look()
    point = MetricMeasured(run.run, None, later.tick(), "r2", 0.5, session=later.session)
    append_once(story.project.measured(story.session) / f"{later.session}.jsonl", point)
    os.utime(story.project.journals, (2e9, 2e9))

    assert sessions.look() == {story.session}
    assert sessions.run(run.run).last_metrics["r2"] == 0.5
