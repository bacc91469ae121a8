"""Recorders killed at any moment and started again: in the end MLflow holds each run once, and whole."""

import json
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from tests.stories import Story, a_training

from cellmill.capture.models import pickle_model
from cellmill.capture.sessions import load_sessions
from cellmill.core.errors import StoreUnreachable
from cellmill.core.event_parts import ModelBlob
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.core.settings import Settings
from cellmill.wiring.marks import pending
from cellmill.wiring.projects import run_store
from cellmill.wiring.recorder import record, run_digest
from cellmill.wiring.store_process import StoreProcess

RUNS_A_SESSION = 4
EVERY_WHOLE_PROCESS = 12
"""Each so many kills, it is the store process itself that is killed, which takes seconds to start again."""


@dataclass
class Toll:
    """What MLflow holds after a number of kills. All lists are empty when nothing was lost or doubled."""

    kills: int = 0
    in_work: int = 0
    """Kills that met a recorder that had something left to do."""
    runs: int = 0
    missing: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.doubled or self.incomplete)

    def __str__(self) -> str:
        return (
            f"{self.kills} recorders killed, {self.in_work} of them in the midst of work: of {self.runs} runs "
            f"{len(self.missing)} missing, {len(self.doubled)} doubled, {len(self.incomplete)} incomplete"
        )


def kill_recorders(times: int, seed: int, project: Project, *, within_s: float = 5.0, whole: bool = True) -> Toll:
    """Kill the recorder of a project so often, while sessions are added; then record once, and look.

    The recorder is a process that has MLflow loaded when it starts, forked from one that has done nothing else:
    so most kills meet it at work and not at its imports. Some are the store process as it is started by a server.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    rng, toll = random.Random(seed), Toll()
    model = _model(project)
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["mlflow.sklearn", "sklearn.linear_model", "cellmill.wiring.recorder", __name__])
    sessions = 0
    while toll.kills < times:
        if not pending(load_sessions(project), project.store):
            sessions += 1
            _tell(project, sessions, model)
        if whole and toll.kills % EVERY_WHOLE_PROCESS == EVERY_WHOLE_PROCESS - 1:
            _kill_store_process(project, rng.uniform(2.0, 6.0))
        else:
            here, there = forks.Pipe()
            recorder = forks.Process(target=record_all, args=(project.root, there))
            recorder.start()
            here.recv()
            time.sleep(rng.uniform(0, within_s))
            recorder.kill()
            recorder.join()
        toll.kills += 1
        toll.in_work += bool(pending(load_sessions(project), project.store))
    _record_to_the_end(project, forks)
    _look(project, toll)
    return toll


def record_all(root: Path, begun: "Connection | None" = None) -> None:
    """Record a project, in a process of its own. Says when the store is open and the work begins."""
    project = Project(root)
    store = run_store(project)
    store.recorded(SessionId("none"))
    if begun is not None:
        begun.send("begun")
    record(load_sessions(project), store)


def _model(project: Project) -> ModelBlob:
    import pandas as pd
    from sklearn.linear_model import Ridge

    frame = pd.DataFrame({"distance": [1.0, 2.0, 3.0, 4.0], "hour": [5, 6, 7, 8]})
    fitted = Ridge(alpha=0.5).fit(frame, [1.0, 2.0, 3.0, 4.5])
    pickled, note = pickle_model(Settings(), fitted, frame, flavor="sklearn")
    assert pickled is not None, note
    return pickled.keep(project)


def _tell(project: Project, number: int, model: ModelBlob) -> None:
    """Write the journal of one more session; every other run of it has a model."""
    story = Story(project, session=f"20260102T{number:06d}-{number:08x}")
    for run in range(RUNS_A_SESSION):
        a_training(story, f"{number:06x}{run:04x}", model=model if run % 2 else None)
    story.write()


def _kill_store_process(project: Project, after_s: float) -> None:
    process = StoreProcess(project)
    process.warm()
    started = process._process
    assert started is not None
    timer = threading.Timer(after_s, started.kill)
    timer.start()
    with suppress(StoreUnreachable):  # it says that it was killed
        process.record()
    timer.join()
    process.close()


def _record_to_the_end(project: Project, forks: "multiprocessing.context.ForkServerContext") -> None:
    recorder = forks.Process(target=record_all, args=(project.root,))
    recorder.start()
    recorder.join()
    if recorder.exitcode != 0 or pending(load_sessions(project), project.store):
        raise RuntimeError(f"the last recorder did not come to its end: {recorder.exitcode}")


def _look(project: Project, toll: Toll) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(project.store, registry_uri=project.store)
    experiments = [one.experiment_id for one in client.search_experiments()]
    kept = client.search_runs(experiments, max_results=10_000)
    by_run = Counter(one.data.tags.get("cellmill.run", "nameless") for one in kept)
    toll.doubled += [f"{run} is there {count} times" for run, count in by_run.items() if count > 1]
    found = {one.data.tags.get("cellmill.run"): one for one in kept}
    models = client.search_logged_models(experiments, max_results=10_000)
    of_runs = Counter(str(model.source_run_id) for model in models)
    for run in load_sessions(project).runs():
        toll.runs += 1
        if run.run not in found:
            toll.missing.append(run.run)
            continue
        there = found[run.run]
        artifacts = {item.path for item in client.list_artifacts(there.info.run_id, "cellmill")}
        is_like = {
            "status": there.info.status == "FINISHED",
            "digest": there.data.tags.get("cellmill.digest") == run_digest(run),
            "params": _params(run).items() <= there.data.params.items(),
            "metrics": there.data.metrics == run.last_metrics,
            "data": there.inputs is not None
            and len(there.inputs.dataset_inputs) == len({use.digest for use in run.data}),
            "documents": "cellmill/executions.ipynb" in artifacts,
            "cells": len(json.loads(there.data.tags["cellmill.executions"])) == len(run.executions),
            "model": of_runs[there.info.run_id] == (run.model is not None),
        }
        toll.incomplete += [f"{run.run}: {what}" for what, is_so in is_like.items() if not is_so]


def _params(run: Run) -> dict[str, str]:
    return {parameter.name: parameter.value for parameter in run.parameters}
