"""A session that was captured in a kernel of its own, without the command line."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cellmill.capture.folder import prepare_folder
from cellmill.capture.hosting import engine_environment
from cellmill.capture.journal import append_once
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.events import SessionEnded
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.project import Project
from cellmill.core.runs import Session
from cellmill.executors.kernels import LocalKernels


def recorded(
    root: Path, cells: Sequence[str], *, cwd: Path | None = None, files: Mapping[str, str] | None = None
) -> tuple[Project, Session]:
    """Run cells in a new project, and return what was captured."""
    project = Project(root)
    project.root.mkdir()
    prepare_folder(project)
    for name, text in (files or {}).items():
        (root / name).write_text(text, "utf-8")
    notebook, identity = project.root / "work.ipynb", new_session_id()
    environment = engine_environment(identity, notebook)
    with LocalKernels().start(
        notebook=notebook, cwd=cwd or project.root, kernel=None, environment=environment, warm=False
    ) as kernel:
        for cell in cells:
            assert kernel.run(cell).error is None
    append_once(project.outside_journal(identity), SessionEnded(now_ms(), "shut down"))
    return project, read(project, identity)


def read(project: Project, identity: SessionId) -> Session:
    """Return the session as its journals say now."""
    reader = SessionReader(project, identity)
    reader.poll()
    assert reader.session is not None
    return reader.session
