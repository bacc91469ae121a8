"""How a pipeline stands, and what is wrong with it, before anything runs."""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cellmill.cli.idle import try_idle
from cellmill.core.errors import CellmillError, UnknownParameter, WrongParameterType
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_errors import (
    BadCondition,
    BadPipeline,
    NoStepTakes,
    PipelineUnderWay,
    StepNotReady,
    UnknownStep,
)
from cellmill.core.pipeline_runs import FileSeen, StepRecord
from cellmill.core.ports import Progress, StepEnded, StepTask
from cellmill.core.project import Project
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.wiring.looking import look
from cellmill.wiring.pipeline_records import alone, read_records, write_record
from cellmill.wiring.pipelines import PipelineStop, run_pipeline
from cellmill.wiring.ready import check_ready
from cellmill.wiring.situations import Situation, Wanted, situation_of

DOCUMENT = """
version: 1
parameters: {mode: full, depth: 4}
steps:
  load: {notebook: load.ipynb, reads: [data.csv]}
  fit: {notebook: fit.ipynb, after: [load], parameters: {rate: 0.5}}
  end: {notebook: end.ipynb, after: [fit], when: mode == 'full' and load.rows > 10}
"""


@pytest.fixture
def folder(project: Project) -> Path:
    """A pipeline of three notebooks that have never run."""
    made = project.root / "pipelines" / "p"
    made.mkdir(parents=True)
    for name, declared in {"load": "rows = 3", "fit": "depth = 2\nrate = 0.1", "end": "x = 1"}.items():
        cell = new_code_cell("c0", declared, metadata={"tags": ["parameters"]})
        (made / f"{name}.ipynb").write_bytes(as_bytes(new_notebook([cell], {})))
    (made / "pipeline.yaml").write_text(DOCUMENT)
    (project.root / "data.csv").write_text("1,2")
    return made


def situation(folder: Path, **wanted: Any) -> Situation:
    return situation_of(folder, Wanted(**wanted))


def has_run(folder: Path, name: str, **changes: Any) -> StepRecord:
    """Write down that a step has run, as it stands now."""
    now = situation(folder)
    step = now.pipeline.step(name)
    code = now.code(step)
    record = StepRecord(
        key=name,
        outcome="ok",
        session=SessionId("s"),
        started_ms=0,
        ended_ms=1,
        notebook=code.seen,
        source=code.source,
        declares=code.declares,
        parameters=now.values(step),
        reads=tuple(look(now.project.root, path) for path in step.reads),
        upstream=now.upstream(step, step.reads, ()),
        asks=now.asks.get(name, ()),
        values=dict.fromkeys(now.asks.get(name, ()), 30),
    )
    record = replace(record, **changes)
    write_record(now.project, "p", record)
    return record


def words(folder: Path, **wanted: Any) -> dict[str, str]:
    return {planned.key: planned.words for planned in situation(folder, **wanted).plan()}


def test_a_pipeline_is_found_by_its_folder_its_document_and_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent.parent)
    for given in ("p", "pipelines/p", "pipelines/p/pipeline.yaml", str(folder)):
        found = situation_of(Path(given), Wanted())
        assert (found.folder, found.pipeline.name) == (folder, "p")


def test_before_anything_has_run_it_is_known_what_will_and_what_may(folder: Path) -> None:
    assert words(folder) == {
        "load": "runs: never run",
        "fit": "runs: never run",
        "end": "may run, after fit",
    }


def test_what_has_run_need_not_until_something_it_used_changes(folder: Path) -> None:
    for name in ("load", "fit", "end"):
        has_run(folder, name)
    assert words(folder) == dict.fromkeys(("load", "fit", "end"), "nothing to do")
    (folder.parent.parent / "data.csv").write_text("1,3")
    assert words(folder)["load"] == "runs: data.csv changed"
    assert words(folder)["fit"] == "may run, after load"
    (folder.parent.parent / "data.csv").write_text("1,2")  # by content: as if nothing had happened
    assert words(folder) == dict.fromkeys(("load", "fit", "end"), "nothing to do")
    assert words(folder, texts={"depth": "6"})["fit"] == "runs: depth 4 -> 6"
    assert words(folder, texts={"mode": "quick"})["end"].startswith("left out: mode ==")
    assert words(folder, only=("fit",)) == {
        "load": "left out: not asked for",
        "fit": "runs: asked for",
        "end": "left out: not asked for",
    }


class Closes:
    """A place where no step comes to run."""

    jobs = 1
    closed = 0

    def submit(self, task: StepTask, told: Callable[[Progress], None]) -> "Future[StepEnded]":
        raise NotImplementedError

    def prepare(self, task: StepTask) -> None: ...

    def stop(self, *, at_once: bool = False) -> None: ...

    def close(self) -> None:
        self.closed += 1


def test_where_nothing_can_begin_the_executor_is_given_back(folder: Path) -> None:
    place = Closes()
    with pytest.raises(WrongParameterType):
        run_pipeline(situation(folder, texts={"fit.depth": "deep"}), place, stop=PipelineStop())
    assert place.closed == 1


def test_a_file_that_was_looked_at_is_not_read_again_until_it_is_written(project: Project) -> None:
    path = project.root / "x.csv"
    project.root.mkdir(exist_ok=True)
    path.write_text("1")
    os.utime(path, ns=(1, 1))
    known = FileSeen("x.csv", "what was found then", look(project.root, "x.csv").stamp or _stamp(path))
    assert look(project.root, "x.csv", known) is known
    path.write_text("2")
    assert look(project.root, "x.csv", known).sha256 != known.sha256
    path.unlink()
    assert look(project.root, "x.csv", known) == FileSeen("x.csv", None)


def _stamp(path: Path) -> tuple[int, ...]:
    seen = path.stat()
    return (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


def test_a_file_that_a_later_step_goes_on_with_is_that_steps(folder: Path) -> None:
    log = folder.parent.parent / "log.txt"
    log.write_text("load\n")
    has_run(folder, "load", writes=(look(log.parent, "log.txt"),))
    log.write_text("load\nfit\n")
    now = situation(folder)
    given_to_fit = now.upstream(now.pipeline.step("fit"), (), {"log.txt"})
    has_run(folder, "fit", writes=(look(log.parent, "log.txt"),), upstream=given_to_fit)
    has_run(folder, "end")
    assert words(folder) == dict.fromkeys(("load", "fit", "end"), "nothing to do")
    # Alone it would add a second line to its own: the file is made anew from its beginning.
    assert words(folder, texts={"depth": "6"}) == {
        "load": "runs: fit, which goes on with log.txt, must run",
        "fit": "runs: depth 4 -> 6",
        "end": "may run, after fit",
    }
    log.write_text("somebody else")
    assert words(folder)["fit"] == "runs: log.txt was changed since it wrote it"
    assert words(folder)["load"] == "runs: fit, which goes on with log.txt, must run"


def test_a_step_that_would_run_with_the_packages_of_another_environment_must(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def is_python(name: str) -> None:
        kernel.write_text(json.dumps({"argv": [str(tmp_path / name), "-m", "ipykernel_launcher"]}))

    for name in ("v1/bin/python", "v1/bin/python3", "v2/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(sys.executable)
    kernel = tmp_path / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    is_python("v1/bin/python")
    for name in ("load", "fit", "end"):
        now = situation(folder)
        has_run(folder, name, interpreter=now.interpreter(now.code(now.pipeline.step(name))), kernel="python3")
    is_python("v1/bin/python3")  # the same, by another name
    assert try_idle([str(folder)]) is True
    is_python("v2/bin/python")  # v1 and all that was imported from there still exist
    assert words(folder)["fit"].startswith(f"runs: it would run with {tmp_path.resolve()}/v2/bin/")
    assert try_idle([str(folder)]) is False
    is_python("v1/bin/python")
    other = kernel.parent.with_name("other") / "kernel.json"
    other.parent.mkdir()
    other.write_text(json.dumps({"argv": [str(tmp_path / "v2" / "bin" / "python")]}))
    assert words(folder, kernel="python3") == dict.fromkeys(("load", "fit", "end"), "nothing to do")
    assert words(folder, kernel="other")["load"].startswith("runs: it would run with ")


def test_an_item_of_a_loop_goes_on_with_a_file_as_any_step_does(folder: Path) -> None:
    loop = "notebook: fit.ipynb, for_each: {parameter: depth, in: [2]}"
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("notebook: fit.ipynb", loop).replace(", depth: 4", ""))
    log = folder.parent.parent / "log.txt"
    log.write_text("load\n")
    has_run(folder, "load", writes=(look(log.parent, "log.txt"),))
    log.write_text("load\nfit\n")
    now = situation(folder)
    fit = now.pipeline.step("fit")
    has_run(
        folder,
        "fit",
        key="fit.0",
        parameters=now.values(fit, 2),
        writes=(look(log.parent, "log.txt"),),
        upstream=now.upstream(fit, (), {"log.txt"}),
    )
    has_run(folder, "end")
    assert words(folder) == dict.fromkeys(("load", "fit.0", "end"), "nothing to do")
    document = folder / "pipeline.yaml"
    document.write_text(document.read_text().replace("[2]", "[3]"))
    assert words(folder)["load"] == "runs: fit, which goes on with log.txt, must run"


def test_that_nothing_is_to_be_done_is_said_by_the_quick_door_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert try_idle([str(folder)]) is False  # it has never run
    for name in ("load", "fit", "end"):
        has_run(folder, name)
    assert try_idle([str(folder), "--force"]) is False
    assert try_idle([str(folder / "nowhere")]) is False
    assert capsys.readouterr().out == ""
    assert try_idle([str(folder)]) is True
    assert capsys.readouterr().out == "Nothing to do: 3 steps unchanged.\n"
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("mode: full", "mode: quick"))
    assert try_idle(["--json", str(folder)]) is True
    states = {step["key"]: step["state"] for step in json.loads(capsys.readouterr().out)["steps"]}
    assert states == {"load": "unchanged", "fit": "unchanged", "end": "left out"}


def test_who_looks_at_a_pipeline_writes_over_nothing_of_who_runs_it(folder: Path, project: Project) -> None:
    for name in ("load", "fit", "end"):
        has_run(folder, name)
    data = project.root / "data.csv"
    os.utime(data, ns=(1, 1))  # the same by another stamp
    looks = situation(folder)
    again, _, _ = (has_run(folder, name, session=SessionId("another")) for name in ("load", "fit", "end"))
    assert [each.what for each in looks.plan()] == ["unchanged"] * 3
    looks.keep_looks()
    assert read_records(project, "p")["load"] == again
    os.utime(data, ns=(2, 2))
    assert words(folder) == dict.fromkeys(("load", "fit", "end"), "nothing to do")
    assert read_records(project, "p")["load"] == again
    with alone(project, "p"):  # another runs it
        assert try_idle([str(folder)]) is True
        assert read_records(project, "p")["load"] == again
    time.sleep(0.05)  # what has only just been changed gets no stamp
    assert try_idle([str(folder)]) is True
    assert read_records(project, "p")["load"].reads[0].stamp != again.reads[0].stamp


def test_pipelines_of_one_name_in_two_folders_have_nothing_in_common(folder: Path) -> None:
    for name in ("load", "fit", "end"):
        has_run(folder, name)
    other = folder.parent.parent / "work" / "p"
    other.parent.mkdir()
    folder.rename(other)
    assert words(other)["load"] == "runs: never run"
    other.rename(folder)
    assert words(folder)["load"] == "nothing to do"


def test_what_is_written_down_is_read_back_and_what_is_torn_runs_again(folder: Path, project: Project) -> None:
    record = has_run(folder, "load", writes=(FileSeen("a.csv", "a", (1, 2, 3, 4)),), values={"rows": [1, None]})
    assert read_records(project, "p") == {"load": record}
    file = project.folder / "pipelines" / "p" / "steps" / "load.json"
    for torn in (b"", b"{}", b"[]", file.read_bytes()[:40], json.dumps({"version": 9}).encode()):
        file.write_bytes(torn)
        assert read_records(project, "p") == {}


@pytest.mark.parametrize(
    ("wanted", "error", "sentence"),
    [
        ({"texts": {"dept": "3"}}, NoStepTakes, "takes a parameter 'dept'. Did you mean depth?"),
        ({"texts": {"fit.x": "3"}}, NoStepTakes, "Step fit of pipeline p does not take a parameter 'x'."),
        ({"texts": {"fitt.depth": "3"}}, UnknownStep, "Did you mean fit?"),
        ({"start": ("lod",)}, UnknownStep, "Pipeline p has no step 'lod'. Did you mean load?"),
        ({"only": ("fit",)}, StepNotReady, "comes after load, which has not run. Run it first, with --only load"),
        ({"texts": {"end.x": "3"}, "loops": True}, NoStepTakes, "not take a parameter 'x'. The `for_each` of end"),
        ({"texts": {"x": "3"}, "loops": True}, NoStepTakes, "The `for_each` of end gives it one for each item: change"),
        ({"texts": {"depth": "deep"}}, WrongParameterType, "'depth' of "),
    ],
)
def test_what_cannot_be_done_is_said(
    folder: Path, wanted: dict[str, Any], error: type[CellmillError], sentence: str
) -> None:
    if wanted.pop("loops", False):
        loop = "end.ipynb, for_each: {parameter: x, in: [1]}"
        (folder / "pipeline.yaml").write_text(DOCUMENT.replace("end.ipynb", loop))
    with pytest.raises(error) as caught:
        check_ready(situation(folder, **wanted))
    assert sentence in str(caught.value)


def test_a_step_alone_is_not_run_on_what_one_that_failed_has_left(folder: Path) -> None:
    has_run(folder, "load", outcome="failed")
    with pytest.raises(StepNotReady, match=r"after load, which did not come to its end\. Run it first, with --only"):
        check_ready(situation(folder, only=("fit",)))
    has_run(folder, "load")
    check_ready(situation(folder, only=("fit",)))


def test_a_parameter_of_the_document_that_nothing_takes_is_refused_also_where_nothing_would_run(folder: Path) -> None:
    for name in ("load", "fit", "end"):
        has_run(folder, name)
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("depth: 4", "depth: 4, rae: 0.2"))
    assert try_idle([str(folder)]) is False
    with pytest.raises(NoStepTakes, match=r"No step .* takes a parameter 'rae'\. Did you mean rate\?"):
        situation(folder).plan()


@pytest.mark.parametrize(
    ("before", "after", "error", "sentence"),
    [
        ("mode == 'full'", "mood == 'full'", BadCondition, "there is no parameter 'mood' among the pipeline's"),
        ("load.rows", "end.rows", BadCondition, "end is no step before it"),
        ("rate: 0.5", "rat: 0.5", UnknownParameter, "Did you mean 'rate'?"),
    ],
)
def test_what_the_document_says_wrongly_of_notebooks_is_said(
    folder: Path, before: str, after: str, error: type[CellmillError], sentence: str
) -> None:
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace(before, after))
    with pytest.raises(error) as caught:
        check_ready(situation(folder))
    assert sentence in str(caught.value)


def test_a_step_comes_after_all_whose_values_its_notebook_takes(folder: Path) -> None:
    parameters = new_code_cell("c0", "x = 1\ncellmill_values = 'v'", metadata={"tags": ["parameters"]})
    begin = (
        "%matplotlib inline\nimport cellmill\ncellmill.begin_step('end', after=['load', 'fit'], values=cellmill_values)"
    )
    (folder / "end.ipynb").write_bytes(as_bytes(new_notebook([parameters, new_code_cell("c1", begin)], {})))
    with pytest.raises(BadPipeline) as caught:
        check_ready(situation(folder))
    assert "step end takes values of load in end.ipynb, and does not come after it. Write: after: [fit, load]" in str(
        caught.value
    )
    (folder / "pipeline.yaml").write_text(DOCUMENT.replace("after: [fit]", "after: [load, fit]"))
    check_ready(situation(folder))


def test_a_loop_runs_for_each_item_and_over_what_an_earlier_step_has(folder: Path) -> None:
    loop = "end: {notebook: end.ipynb, after: [fit], for_each: {parameter: x, in: load.rows}}"
    (folder / "pipeline.yaml").write_text(DOCUMENT[: DOCUMENT.index("end:")].replace("mode: full, ", "") + loop)
    assert words(folder)["end"] == "may run, after fit"
    for name in ("load", "fit"):
        has_run(folder, name, **({"values": {"rows": [7, 8]}} if name == "load" else {}))
    assert words(folder) == {
        "load": "nothing to do",
        "fit": "nothing to do",
        "end.0": "runs: never run",
        "end.1": "runs: never run",
    }
    now = situation(folder)
    assert now.values(now.pipeline.step("end"), 8) == {"x": 8}
    has_run(folder, "load", values={"rows": 7})
    assert words(folder)["end"] == "runs: load.rows, over which it loops, is no list"


def test_a_pipeline_is_run_once_at_a_time(project: Project) -> None:
    with alone(project, "p"), pytest.raises(PipelineUnderWay), alone(project, "p"):
        pass
    with alone(project, "p"), alone(project, "other"):
        pass
