"""Runs of pipelines whose steps end at once: what a place of values that does not answer does to the others."""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from cellmill.core.pipeline_runs import PipelineRun, StepStanding
from cellmill.core.ports import Progress, StepEnded, StepTask
from cellmill.core.project import Project
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import VALUES_VERSION
from cellmill.notebook.plain import as_bytes, new_code_cell, new_notebook
from cellmill.wiring.pipelines import PipelineStop, run_pipeline
from cellmill.wiring.situations import Wanted, situation_of
from cellmill.wiring.values import try_read_value, write_value


class AtOnce:
    """A place where every step ends well, `after` it was done."""

    jobs = 1

    def __init__(self, after: Callable[[str], None]) -> None:
        self.began: list[str] = []
        self.stopped = 0
        self._after = after

    def submit(self, task: StepTask, told: Callable[[Progress], None]) -> "Future[StepEnded]":
        self.began.append(task.key)
        self._after(task.key)
        future: Future[StepEnded] = Future()
        future.set_result(StepEnded(task.key, "ok", 1, 2))
        return future

    def prepare(self, task: StepTask) -> None: ...

    def stop(self, *, at_once: bool = False) -> None:
        self.stopped += 1

    def close(self) -> None: ...


class NoRecording:
    """In the place of MLflow."""

    left = 0
    troubles = ()

    def __init__(self, project: Project) -> None: ...

    def warm(self) -> None: ...

    def put(self, run: PipelineRun, step: StepStanding, parameters: Mapping[str, Any]) -> None: ...

    def end_run(self, run: PipelineRun) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def folder(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("cellmill.wiring.pipelines.Recording", NoRecording)
    made = project.root / "pipelines" / "p"
    made.mkdir(parents=True)
    for name in ("load", "part", "fit", "end"):
        (made / f"{name}.ipynb").write_bytes(as_bytes(new_notebook([new_code_cell("c0", "part = 1")], {})))
    (made / "pipeline.yaml").write_text(
        "version: 1\nsteps:\n  load: {notebook: load.ipynb}\n  part: {notebook: part.ipynb}\n"
        "  fit: {notebook: fit.ipynb, after: [part]}\n  end: {notebook: end.ipynb, after: [load]}\n"
    )
    return made


@pytest.mark.parametrize("when", ["when it ends", "before it begins"])
def test_a_place_of_values_that_does_not_answer_fails_one_step_and_the_others_go_on(
    folder: Path, project: Project, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    silent: set[str] = set()

    def read(project: Project, pipeline: str, name: str) -> bytes | None:
        if name.partition("/")[0] in silent:
            raise BadPlace("s3://bucket/p", reason="503 Slow Down")
        return try_read_value(project, pipeline, name)

    def handed_over(step: str) -> None:
        write_value(
            project, "p", f"{step}/manifest.json", json.dumps({"version": VALUES_VERSION, "digest": step}).encode()
        )
        if step == "load":
            silent.update({"part"} if when == "when it ends" else {"fit"})

    monkeypatch.setattr("cellmill.wiring.pipeline_records.try_read_value", read)
    place = AtOnce(handed_over)
    run, _ = run_pipeline(situation_of(folder, Wanted()), place, stop=PipelineStop())
    failed, other = ("part", "not reached") if when == "when it ends" else ("fit", "failed")
    states = {step.key: step.state for step in run.steps}
    assert states == {"load": "ok", "part": "ok", "end": "ok", "fit": other, failed: "failed"}
    said = next(step.error for step in run.steps if step.key == failed)
    assert said is not None
    assert "503 Slow Down" in said
    assert place.stopped == 0

    silent.clear()
    again, _ = run_pipeline(situation_of(folder, Wanted()), AtOnce(lambda step: None), stop=PipelineStop())
    assert {step.state for step in again.steps} <= {"ok", "unchanged"}
