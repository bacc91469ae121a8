"""A step that checks the data frames of another, proposed from what that one handed over last."""

import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cellmill.core.files import write_atomically
from cellmill.core.pipeline_errors import PipelineExists, UnknownStep
from cellmill.core.pipelines import DOCUMENT, Pipeline, PipelineStep
from cellmill.core.project import Project
from cellmill.core.step_errors import NothingToCheck
from cellmill.core.steps import MANIFEST, frame_name
from cellmill.core.words import shown_path
from cellmill.notebook.plain import as_bytes
from cellmill.notebook.steps import check_notebook
from cellmill.pipeline.checks import MOST_CHOICES, ColumnFacts, FrameFacts, is_key, schema_code
from cellmill.pipeline.document import text_of
from cellmill.wiring.situations import Wanted, situation_of
from cellmill.wiring.values import try_read_value

NOTEBOOK_MODE = 0o644
_MOST_ROWS = 1_000_000
_COMMENT = re.compile(r"^\s*#|\s#\s", re.MULTILINE)


@dataclass(frozen=True)
class ChecksMade:
    """Steps that check, and whether the document has them: one with comments of people's is not written anew."""

    folder: Path
    steps: tuple[str, ...]
    files: tuple[str, ...]
    frames: tuple[str, ...]
    by_hand: str | None = None
    """What is to be put into the document."""


def propose_checks(given: Path, steps: Iterable[str] = ()) -> ChecksMade:
    """Write a step that checks behind each of these steps, or behind all that hand data frames to another.

    Raises `PipelineError`, `NothingToCheck`; then nothing is written.
    """
    situation = situation_of(given, Wanted())
    pipeline, folder = situation.pipeline, situation.folder
    chosen = list(dict.fromkeys(steps))
    for name in chosen:
        if name not in pipeline.names:
            raise UnknownStep(name, pipeline=pipeline.name, known=pipeline.names)
    found = {
        step.name: facts
        for step in pipeline.ordered
        if (step.name in chosen or (not chosen and pipeline.below(step.name)))
        and f"check-{step.name}" not in pipeline.names
        and (facts := facts_of(situation.project, situation.state, step.name))
    }
    if not found:
        raise NothingToCheck(pipeline.name, step=chosen[0] if len(chosen) == 1 else None)
    made: dict[str, bytes] = {}
    changed = pipeline
    for name, frames in found.items():
        step = pipeline.step(name)
        file = f"{Path(step.notebook).stem}_check.ipynb"
        if (folder / file).exists():
            raise PipelineExists(shown_path(folder / file))
        names = tuple(frame.name for frame in frames)
        made[file] = as_bytes(check_notebook(name, names, schema_code(frames), pipeline.name))
        changed = _with_check(changed, name, file)
    for file, content in made.items():
        write_atomically(folder / file, content, mode=NOTEBOOK_MODE)
    frames_named = tuple(f"{name}.{frame.name}" for name, frames in found.items() for frame in frames)
    text = (folder / DOCUMENT).read_text("utf-8")
    new = text_of(changed)
    by_hand = None
    if _COMMENT.search(text.partition("\n")[2]):
        by_hand = new
    else:
        write_atomically(folder / DOCUMENT, new.encode(), mode=NOTEBOOK_MODE)
    return ChecksMade(folder, tuple(f"check-{name}" for name in found), tuple(made), frames_named, by_hand)


def _with_check(pipeline: Pipeline, name: str, file: str) -> Pipeline:
    """Put a check behind a step, and before all that come after that one."""
    check = PipelineStep(f"check-{name}", file, after=(name,))
    steps: list[PipelineStep] = []
    for step in pipeline.steps:
        steps.append(replace(step, after=(*step.after, check.name)) if name in step.after else step)
        if step.name == name:
            steps.append(check)
    return replace(pipeline, steps=tuple(steps))


def facts_of(project: Project, pipeline: str, step: str) -> list[FrameFacts]:
    """Return what the data frames are like that a step has handed over, wherever they lie. Raises `BadPlace`."""
    try:
        files = json.loads(try_read_value(project, pipeline, f"{step}/{MANIFEST}") or b"")["frames"]
    except (ValueError, KeyError):
        return []
    if not files:
        return []
    import pandas

    found = []
    for file in files:
        content = try_read_value(project, pipeline, f"{step}/{file}")
        if content is None:
            continue  # it was removed meanwhile
        frame = pandas.read_parquet(io.BytesIO(content))
        columns = tuple(_column(frame.iloc[:, i]) for i in range(frame.shape[1]))
        found.append(FrameFacts(frame_name(file), columns))
    return found


def _column(column: Any) -> ColumnFacts:
    import pandas

    kinds = pandas.api.types
    held = column.dropna().head(_MOST_ROWS)
    facts = ColumnFacts(column.name, str(column.dtype), len(column), has_gaps=bool(column.isna().any()))
    if len(held) == 0 or kinds.is_bool_dtype(column.dtype):
        return facts
    if kinds.is_numeric_dtype(column.dtype) and not kinds.is_complex_dtype(column.dtype):
        facts = replace(facts, least=float(held.min()), most=float(held.max()))
    elif kinds.is_string_dtype(column.dtype) and len(held) >= 4 * MOST_CHOICES:
        seen = held.unique()
        if len(seen) <= MOST_CHOICES and all(isinstance(value, str) for value in seen):
            facts = replace(facts, choices=tuple(sorted(seen)))
    return replace(facts, is_unique=is_key(column.name) and bool(column.is_unique) and len(column) > 1)
