"""A pipeline made of notebooks, with the edges that their files tell: as captured, and as they stand in the code."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cellmill.capture.journal import read_events
from cellmill.capture.sessions import session_ids
from cellmill.core.events import NotebookNamed, SessionStarted
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_errors import PipelineExists
from cellmill.core.pipelines import DOCUMENT, Pipeline, is_name
from cellmill.core.project import Project, find_project
from cellmill.core.step_errors import BadStepName
from cellmill.core.words import shown_path
from cellmill.notebook.plain import as_bytes, read_plain
from cellmill.notebook.steps import placed_notebook
from cellmill.pipeline.compose import Edge, Used, compose, files_in
from cellmill.pipeline.document import text_of
from cellmill.wiring.observing import observe

MOST_SESSIONS = 500
DOCUMENT_MODE, FOLDER_MODE = 0o644, 0o777


def new_pipeline(
    name: str, notebooks: Sequence[Path], *, copy: bool = False
) -> tuple[Path, Pipeline, tuple[Edge, ...]]:
    """Write `pipelines/NAME/pipeline.yaml`. Returns its folder, the pipeline, and why which step waits for which.

    The document names the notebooks where they lie; with `copy` those are copied into its folder, each with a first
    cell that goes back to where it came from, for there its files and modules are. Raises `BadStepName`,
    `PipelineExists`, `CyclicPipeline`, `NotebookError`, `FolderNotWritable`.
    """
    if not is_name(name):
        raise BadStepName(name)
    project = find_project(notebooks[0].resolve().parent)
    folder = project.root / "pipelines" / name
    if (folder / DOCUMENT).exists():
        raise PipelineExists(shown_path(folder))
    paths = list(dict.fromkeys(notebook.resolve() for notebook in notebooks))
    seen = _seen(project, paths)
    used = [_used(project, folder, path, seen.get(path)) for path in paths]
    pipeline, edges = compose(name, used)
    copies: dict[Path, bytes] = {}
    if copy:
        steps = tuple(replace(step, notebook=f"{step.name}.ipynb") for step in pipeline.steps)
        pipeline = replace(pipeline, steps=steps)
        copies = {
            folder / step.notebook: as_bytes(
                placed_notebook(read_plain(path), step.name, name, os.path.relpath(path.parent, project.root))
            )
            for step, path in zip(steps, paths, strict=True)
        }
        if any(place.exists() for place in copies):
            raise PipelineExists(shown_path(folder))
    make_folder(folder, mode=FOLDER_MODE)
    for place, content in copies.items():
        write_atomically(place, content, mode=DOCUMENT_MODE)
    write_atomically(folder / DOCUMENT, text_of(pipeline).encode(), mode=DOCUMENT_MODE)
    return folder, pipeline, edges


def _used(project: Project, folder: Path, notebook: Path, session: SessionId | None) -> Used:
    document = read_plain(notebook)

    def shown(paths: frozenset[str]) -> set[str]:
        return {project.relative(os.path.join(notebook.parent, path)) or path for path in paths}  # noqa: PTH118

    reads, writes = map(shown, files_in(document))
    if session is not None:
        observed = observe(project, session)
        writes |= {file.path for file in observed.writes}
        reads |= {file.path for file in observed.reads}
    relative = Path(os.path.relpath(notebook, folder)).as_posix()
    return Used(relative, frozenset(reads - writes), frozenset(writes))


def _seen(project: Project, notebooks: Sequence[Path]) -> dict[Path, SessionId]:
    """Return the newest session of each notebook that has one."""
    found: dict[Path, SessionId] = {}
    for session in reversed(session_ids(project)[-MOST_SESSIONS:]):
        events, _ = read_events(project.journal(session))
        for event in events:
            if isinstance(event, (SessionStarted, NotebookNamed)) and event.notebook is not None:
                path = (project.root / event.notebook).resolve()
                if path in notebooks:
                    found.setdefault(path, session)
        if len(found) == len(notebooks):
            break
    return found
