"""Sweeps as they are kept: a file each in `.cellmill/sweeps/`, its plan in the first line.

Then a line for each trial that has ended, and one for each that is in the store.
"""

import json
import os
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.given_values import from_json, to_json
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.sweep_errors import NoSuchSweep, SweepChanged, SweepUnderWay
from cellmill.core.sweeps import Axis, Plan, Sweep, SweepTrial
from cellmill.wiring.alone import only_one

_writing = threading.Lock()


def begin_sweep(project: Project, sweep: Sweep) -> None:
    """Write down what will be tried. Raises `FolderNotWritable`."""
    make_folder(_folder(project))
    head = {key: value for key, value in asdict(sweep).items() if key not in ("trials", "recorded")}
    axes = [{**asdict(axis), "choices": [*map(to_json, axis.choices)]} for axis in sweep.plan.axes]
    head["plan"] |= {"axes": axes, "fixed": to_json(dict(sweep.plan.fixed))}
    write_atomically(_file(project, sweep.sweep), _line(head))


def alone(project: Project, sweep: Sweep) -> AbstractContextManager[None]:
    """One process at a time runs the trials of a sweep. Raises `SweepUnderWay`, `FolderNotWritable`."""
    lock = _folder(project) / f"{sweep.sweep}.lock"
    return only_one(lock, otherwise=SweepUnderWay(sweep.sweep, notebook=sweep.notebook))


def as_it_stands(project: Project, sweep: Sweep) -> Sweep:
    """Return a sweep with all of its trials that have ended by now."""
    path = _file(project, sweep.sweep)
    return (_read(path) if path.exists() else None) or sweep


def add_trial(project: Project, sweep: str, trial: SweepTrial) -> None:
    """Write down a trial that has ended."""
    _add(project, sweep, {**asdict(trial), "parameters": to_json(dict(trial.parameters))})


def mark_recorded(project: Project, sweep: str, number: int) -> None:
    """Write down that a trial is in the store."""
    _add(project, sweep, {"recorded": number})


def _add(project: Project, sweep: str, record: Mapping[str, Any]) -> None:
    with _writing, _file(project, sweep).open("r+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"  # by a kill: what is written now has a line of its own
            file.write((b"\n" if torn else b"") + _line(record))


def unfinished(project: Project, notebook: str, digest: str) -> Sweep:
    """Return the newest sweep of a notebook that has trials left to run or to record.

    Raises `NoSuchSweep`, and `SweepChanged` when the notebook is another by now.
    """
    for one in reversed(all_sweeps(project)):
        if one.notebook != notebook or (one.is_done and one.is_recorded):
            continue
        if one.digest == digest:
            return one
        if not one.is_done:
            raise SweepChanged(one.sweep, notebook=notebook)
    raise NoSuchSweep(notebook=notebook, unfinished=True)


def newest_sweep(project: Project, notebook: str) -> Sweep:
    """Return the sweep of a notebook that was begun last. Raises `NoSuchSweep`."""
    for one in reversed(all_sweeps(project)):
        if one.notebook == notebook:
            return one
    raise NoSuchSweep(notebook=notebook, unfinished=False)


def all_sweeps(project: Project) -> tuple[Sweep, ...]:
    """Return every sweep of a project, oldest first; empty where there is none."""
    found = []
    for path in sorted(_folder(project).glob("*.jsonl")):
        sweep = _read(path)
        if sweep is not None:
            found.append(sweep)
    return tuple(sorted(found, key=lambda sweep: (sweep.started_ms, sweep.sweep)))


def _read(path: Path) -> Sweep | None:
    records: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue  # torn by a kill; that trial is tried again
    if not records or "plan" not in records[0]:
        return None
    head, *trials = records
    plan = head.pop("plan")
    axes = tuple(Axis(**{**axis, "choices": tuple(map(from_json, axis["choices"]))}) for axis in plan.pop("axes"))
    plan["fixed"] = from_json(plan.get("fixed", {}))
    made = Sweep(**{**head, "trials": ()}, plan=Plan(axes=axes, **plan))
    ended: dict[int, SweepTrial] = {}
    for record in trials:
        if "number" in record:
            ended.setdefault(record["number"], _trial(record))  # where two have run one, the first counts
    recorded = dict.fromkeys(record["recorded"] for record in trials if "recorded" in record)
    return replace(made, trials=tuple(ended.values()), recorded=tuple(recorded))


def _trial(record: Mapping[str, Any]) -> SweepTrial:
    steps = {int(step): value for step, value in record.get("steps", {}).items()}
    given = from_json(record["parameters"])
    return SweepTrial(**{**record, "parameters": given, "steps": steps, "session": SessionId(record["session"])})


def _folder(project: Project) -> Path:
    return project.folder / "sweeps"


def _file(project: Project, sweep: str) -> Path:
    return _folder(project) / f"{sweep}.jsonl"


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
