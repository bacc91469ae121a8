"""What is kept of a pipeline's steps: a file each in `.cellmill/pipelines/NAME/steps/`.

Where one is removed, its step runs again.
"""

import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.given_values import as_plain
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_errors import PipelineUnderWay
from cellmill.core.pipeline_runs import FileSeen, Installed, StepRecord
from cellmill.core.project import Project
from cellmill.core.steps import MANIFEST, VALUES_VERSION
from cellmill.wiring.alone import only_one
from cellmill.wiring.values import remove_values, try_read_value

_VERSION = 1


def state_name(project: Project, folder: Path) -> str:
    """Return under which name the state of a pipeline is kept: its own, where it lies in the project's `pipelines/`."""
    if folder.parent == project.root / "pipelines":
        return folder.name
    import hashlib

    digest = hashlib.sha256((project.relative(str(folder)) or "").encode("utf-8", "replace")).hexdigest()
    return f"{folder.name}-{digest[:8]}"


def pipeline_folder(project: Project, pipeline: str) -> Path:
    """Return where the state of a pipeline lies."""
    return project.folder / "pipelines" / pipeline


def read_records(project: Project, pipeline: str) -> dict[str, StepRecord]:
    """Return the last run of each step by its key; what cannot be read is left out, so that step runs again."""
    found = {}
    try:
        paths = sorted((pipeline_folder(project, pipeline) / "steps").glob("*.json"))
    except OSError:
        return {}
    for path in paths:
        record = _read(path)
        if record is not None:
            found[record.key] = record
    return found


def write_record(project: Project, pipeline: str, record: StepRecord) -> None:
    """Keep a record. Raises `FolderNotWritable`."""
    folder = pipeline_folder(project, pipeline) / "steps"
    make_folder(folder)
    kept = {"version": _VERSION, **asdict(record), "parameters": as_plain(record.parameters)}
    write_atomically(folder / f"{record.key}.json", json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace"))


def forget(project: Project, pipeline: str, keys: Iterable[str]) -> None:
    """Remove the records of steps and items that the pipeline does not have any more, and what they handed over."""
    for key in keys:
        (pipeline_folder(project, pipeline) / "steps" / f"{key}.json").unlink(missing_ok=True)
        remove_values(project, pipeline, key)


def manifest_digest(project: Project, pipeline: str, key: str) -> str | None:
    """Return the digest of what a step handed over; None where there is nothing that is read now. Raises `BadPlace`."""
    try:
        kept = json.loads(try_read_value(project, pipeline, f"{key}/{MANIFEST}") or b"")
        return str(kept["digest"]) if kept["version"] == VALUES_VERSION else None
    except (ValueError, KeyError, TypeError):
        return None


def alone(project: Project, pipeline: str) -> AbstractContextManager[None]:
    """One run of a pipeline at a time, by the name of its state. Raises `PipelineUnderWay`."""
    return only_one(pipeline_folder(project, pipeline) / "run.lock", otherwise=PipelineUnderWay(pipeline))


def _read(path: Path) -> StepRecord | None:
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
        if kept.pop("version") != _VERSION:
            return None
        seen = {name: tuple(map(_seen, kept.pop(name))) for name in ("reads", "writes", "modules")}
        return StepRecord(
            **{
                **kept,
                **seen,
                "session": SessionId(kept["session"]),
                "asks": tuple(kept["asks"]),
                "declares": tuple(kept["declares"]),
                "untold": tuple(kept.get("untold", ())),
                "listings": {pattern: tuple(names) for pattern, names in kept.get("listings", {}).items()},
                "notebook": _seen(kept["notebook"]),
                "distributions": {name: Installed(**each) for name, each in kept["distributions"].items()},
            }
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _seen(kept: dict[str, Any]) -> FileSeen:
    return FileSeen(kept["path"], kept["sha256"], tuple(kept["stamp"]))
