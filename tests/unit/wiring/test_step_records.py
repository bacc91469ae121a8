"""What is kept of a step that has ended."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cellmill.capture.journal import append_once
from cellmill.core.event_parts import CHANGED_MEANWHILE, FileUse, Module
from cellmill.core.events import Event, ExecutionFinished, ExecutionStarted, FilesDigested, SessionStarted
from cellmill.core.ids import ExecutionId, SessionId
from cellmill.core.ports import StepEnded
from cellmill.core.project import Project
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.wiring.pipeline_records import write_record
from cellmill.wiring.situations import Wanted, situation_of
from cellmill.wiring.step_records import Begun, begin, record_of, stamps_before


@pytest.fixture
def folder(project: Project) -> Path:
    made = project.root / "pipelines" / "p"
    made.mkdir(parents=True)
    (made / "pipeline.yaml").write_text(
        "version: 1\nsteps:\n  fit: {notebook: fit.ipynb, for_each: {parameter: rate, in: [1, 2]}}\n"
    )
    save(made, "x = rate")
    return made


def save(folder: Path, source: str) -> None:
    cells = [new_code_cell("c0", "rate = 0", metadata={"tags": ["parameters"]}), new_code_cell("c1", source)]
    (folder / "fit.ipynb").write_bytes(as_bytes(new_notebook(cells, {})))


def test_an_item_is_known_by_the_code_that_it_ran_though_the_next_one_ran_another(folder: Path) -> None:
    now = situation_of(folder, Wanted())
    step = now.pipeline.step("fit")
    first = Begun(step, "fit.0", 1, SessionId("a"), {"rate": 1}, now.read_again(step))
    save(folder, "x = rate + 1")
    second = Begun(step, "fit.1", 2, SessionId("b"), {"rate": 2}, now.read_again(step))
    said = []
    for begun in (first, second):
        record, words = record_of(now, begun, StepEnded(begun.key, "ok", 0, 1), None)
        write_record(now.project, "p", record)
        said.append("fit.ipynb was changed while it ran: the next run runs step fit.0 again." in words)
    assert said == [True, False]
    planned = {one.key: one.words for one in situation_of(folder, Wanted()).plan()}
    assert planned == {"fit.0": "runs: its source changed", "fit.1": "nothing to do"}


def test_an_output_that_stands_there_from_before_is_told(folder: Path, project: Project) -> None:
    document = folder / "pipeline.yaml"
    document.write_text(document.read_text().replace("fit.ipynb,", "fit.ipynb, writes: [a.csv, b.csv, c.csv, d],"))
    now = situation_of(folder, Wanted())
    step = now.pipeline.step("fit")
    for name in ("a.csv", "b.csv"):
        (project.root / name).write_text("of an earlier run")
    (project.root / "d").mkdir()
    stood = stamps_before(project.root, step)
    (project.root / "b.csv").write_text("of this one")
    (project.root / "c.csv").write_text("of this one")
    begun = Begun(step, "fit.0", 1, SessionId("a"), {"rate": 1}, now.code(step), stood=stood)
    record, words = record_of(now, begun, StepEnded("fit.0", "ok", 0, 1), None)
    assert record.outcome == "ok"
    assert [word for word in words if "did not write" in word] == [
        "Step fit.0 did not write a.csv: what stands there is from before."
    ]


AGES_AGO = 1_600_000_000


def write(path: Path, text: str, *, at_s: float | None = None) -> str:
    """Write a file, long ago or now, and return its digest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if at_s is not None:
        os.utime(path, (at_s, at_s))
    return hashlib.sha256(text.encode()).hexdigest()


class Alone:
    """A pipeline of one step, which runs as the tests tell it."""

    def __init__(self, project: Project, reads: str = "") -> None:
        self.project = project
        self.folder = project.root / "pipelines" / "q"
        self.folder.mkdir(parents=True)
        (self.folder / "pipeline.yaml").write_text(
            f"version: 1\nsteps:\n  fit: {{notebook: fit.ipynb, reads: [{reads}]}}\n"
        )
        save(self.folder, "x = 1")
        self._count = 0

    def runs(self, *ends: dict[str, Any], meanwhile: Callable[[], object] = lambda: None) -> tuple[str, ...]:
        """Run the step; what its cells used is told by fields of their ends. Returns what was said."""
        self._count += 1
        session, now = SessionId(f"s{self._count}"), situation_of(self.folder, Wanted())
        begun = begin(now, now.pipeline.step("fit"), "fit", None, session, {})
        started_ms = round(time.time() * 1000)
        meanwhile()
        ended_ms = round(time.time() * 1000) + 1000
        started: Event = SessionStarted(
            session=session, at_ms=0, pid=1, process_started_s=None, host="h", kernel="k", started_by="engine",
            root=str(self.project.root), cwd=str(self.folder), notebook=None, python="3.11", executable="", platform="",
            cellmill="",
        )  # fmt: skip
        sources = [end.pop("source", "") for end in ends]
        digested = [end.pop("digested", ()) for end in ends]
        events = [started]
        for index, (fields, files, source) in enumerate(zip(ends, digested, sources, strict=True)):
            execution = ExecutionId(f"e{index}")
            events.append(ExecutionStarted(execution, 0, index, source, None))
            events.append(ExecutionFinished(execution, ended_ms, "ok", **fields))
            events.append(FilesDigested(execution, ended_ms, files))
        append_once(self.project.journal(session), *events)
        record, words = record_of(now, begun, StepEnded("fit", "ok", started_ms, ended_ms), None)
        write_record(self.project, "q", record)
        return words

    @property
    def plan(self) -> str:
        """What is to happen to the step now."""
        return situation_of(self.folder, Wanted()).plan()[0].words


def used(path: Path, digest: str | None, note: str | None = None) -> dict[str, Any]:
    """Return the end of a cell that read a file."""
    return {"files": (FileUse(str(path), "read", 1),), "digested": (FileUse(str(path), "read", 1, digest, note),)}


def test_what_was_changed_while_a_step_used_it_runs_it_again(project: Project) -> None:
    step, data = Alone(project), project.root / "data.csv"
    old, new = (write(data, text, at_s=AGES_AGO) for text in ("old", "new"))
    module = {"modules": (Module("data", str(data), new, CHANGED_MEANWHILE),)}
    twice = [{"modules": (Module("data", str(data), digest),)} for digest in (old, new)]
    told = ("data.csv was changed while step fit ran: the next run runs it again.",)
    for ends in ([used(data, None, CHANGED_MEANWHILE)], [used(data, old), used(data, new)], [module], twice):
        write(project.root / "data.csv", "something else")
        step.runs(used(data, "0" * 64))  # nothing is known of before
        write(data, "new", at_s=AGES_AGO)
        assert step.runs(*ends) == told
        assert step.plan == "runs: data.csv was changed while it ran"
    assert step.runs(used(data, new)) == ()
    assert step.plan == "nothing to do"


def test_what_was_never_read_through_and_changed_since_runs_its_step_again(project: Project) -> None:
    step, data = Alone(project), project.root / "large.bin"
    write(data, "x")
    os.utime(data, (time.time() + 3600, time.time() + 3600))  # later than the cell ended
    step.runs({"files": (FileUse(str(data), "read", 1),)})
    assert step.plan == "runs: large.bin was changed while it ran"


def test_a_file_that_a_step_makes_anew_as_it_was_is_the_same(project: Project) -> None:
    step, data = Alone(project), project.root / "data.csv"
    new = write(data, "new", at_s=AGES_AGO)
    step.runs(used(data, None, CHANGED_MEANWHILE))
    assert step.runs(used(data, None, CHANGED_MEANWHILE)) == ()
    assert step.plan == "nothing to do"
    own = {"files": (FileUse(str(data), "read", 1, None, CHANGED_MEANWHILE), FileUse(str(data), "written", 1, new))}
    assert step.runs(own) == ()
    assert step.plan == "nothing to do"


def test_what_is_declared_to_be_read_is_known_as_it_was_when_the_step_began(project: Project) -> None:
    step, folder = Alone(project, "conf.cfg, data"), project.root / "data"
    write(folder / "a.csv", "old")
    write(project.root / "conf.cfg", "old")
    step.runs(meanwhile=lambda: write(project.root / "conf.cfg", "newer"))
    assert step.plan == "runs: conf.cfg was changed while it ran"
    step.runs(meanwhile=lambda: write(folder / "b.csv", "new"))
    assert step.plan == "runs: data was changed while it ran"
    out = {"files": (FileUse(str(folder / "out.csv"), "written", 1),)}
    for _ in range(2):
        step.runs(
            dict(out), meanwhile=lambda: [write(folder / "out.csv", "o"), write(folder / "__pycache__" / "m", "m")]
        )
        assert step.plan == "nothing to do"


def test_of_more_files_than_are_told_the_folder_is_looked_at(project: Project) -> None:
    step, folder = Alone(project), project.root / "pictures"
    write(folder / "cat" / "1.png", "cat")
    more = {"more_files_in": (str(folder),)}
    step.runs(dict(more))
    assert [step.plan, step.plan] == ["nothing to do", "nothing to do"]
    write(folder / "cat" / "1.png", "dog")
    assert step.plan == "runs: pictures changed"
    step.runs(dict(more))
    write(folder / "eel" / "1.png", "eel")
    assert step.plan == "runs: pictures changed"
    step.runs(dict(more), meanwhile=lambda: write(folder / "eel" / "1.png", "pike", at_s=time.time() + 1))
    assert step.plan == "runs: pictures was changed while it ran"


def test_of_a_folder_that_holds_the_project_nothing_can_be_known(project: Project) -> None:
    step = Alone(project)
    (words,) = step.runs({"more_files_in": (str(project.root),)})
    assert words.startswith("Step fit read more files in . than are told one by one, so it runs each time.")
    assert step.plan == "runs: it read more files in . than are told one by one"


def test_a_file_that_comes_to_a_folder_which_was_looked_through_runs_the_step_again(project: Project) -> None:
    step, folder = Alone(project), project.root / "data"
    digest = write(folder / "2013.csv", "2013")
    looks = {"source": "for path in glob(f'{DATA}/*.csv'): read_csv(path)", **used(folder / "2013.csv", digest)}
    step.runs(dict(looks))
    write(folder / "notes.txt", "not what was read")
    assert step.plan == "nothing to do"
    write(folder / "2014.csv", "2014")
    write(folder / "2015.csv", "2015")
    assert step.plan == "runs: data/2014.csv and 1 more are new in data/*.csv"
    step.runs(dict(looks))
    assert step.plan == "nothing to do"
    (folder / "2014.csv").unlink()
    assert step.plan == "runs: data/2014.csv is gone from data/*.csv"


def test_without_a_look_through_its_folder_a_file_beside_does_not_count(project: Project) -> None:
    step, data = Alone(project), project.root / "data" / "2013.csv"
    step.runs({"source": "frame = read_csv('../../data/2013.csv')", **used(data, write(data, "2013"))})
    write(project.root / "data" / "2014.csv", "2014")
    assert step.plan == "nothing to do"


def test_files_that_are_named_by_a_pattern_count_though_nobody_was_heard_to_read_them(project: Project) -> None:
    step, folder = Alone(project), project.root / "data"
    write(folder / "2013.csv", "2013")
    time.sleep(0.01)
    scans = {"source": "frame = pl.scan_csv('../../data/*.csv').collect()"}
    step.runs(dict(scans))
    assert step.plan == "nothing to do"
    write(folder / "2013.csv", "2012")
    assert step.plan == "runs: data/2013.csv changed"
    time.sleep(0.01)
    step.runs(dict(scans))
    write(folder / "2014.csv", "2014")
    assert step.plan == "runs: data/2014.csv is new in data/*.csv"


def test_a_folder_that_is_named_like_a_file_is_looked_at_as_a_whole(project: Project) -> None:
    step, folder = Alone(project), project.root / "sales.parquet"
    write(folder / "part-0", "0")
    time.sleep(0.01)
    step.runs({"source": "frame = pd.read_parquet('../../sales.parquet')"})
    assert step.plan == "nothing to do"
    write(folder / "part-1", "1")
    assert step.plan == "runs: sales.parquet changed"
    makes = {"source": "frame.to_parquet('../../sales.parquet', partition_cols=['year'])"}
    step.runs(makes, meanwhile=lambda: write(folder / "part-1", "2", at_s=time.time() + 1))
    write(folder / "part-1", "3")
    assert step.plan == "nothing to do"  # what a step makes is none of what it reads
