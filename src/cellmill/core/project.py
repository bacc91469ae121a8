"""A project: the folder whose notebooks share one `.cellmill/` and one store."""

import os
from dataclasses import dataclass
from pathlib import Path

from cellmill.core.ids import SessionId
from cellmill.core.pipelines import DOCUMENT

MARKERS = (".cellmill", "pyproject.toml", ".git")


@dataclass(frozen=True)
class Project:
    """Where things lie. Making one touches nothing on disk."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / ".cellmill"

    @property
    def journals(self) -> Path:
        return self.folder / "journal"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"

    @property
    def controls(self) -> Path:
        return self.folder / "control"

    @property
    def recorded(self) -> Path:
        """What the recorder has done: a cache, which may be removed at any time."""
        return self.folder / "recorded"

    @property
    def settings(self) -> Path:
        return self.folder / "settings.toml"

    def journal(self, session: SessionId) -> Path:
        """The kernel's own journal of a session."""
        return self.journals / f"{session}.jsonl"

    def outside_journal(self, session: SessionId) -> Path:
        """The journal of whoever watches the kernel from outside: the server or the engine."""
        return self.journals / f"{session}.server.jsonl"

    def measured(self, session: SessionId) -> Path:
        """The folder of what other sessions measured of this one's runs: a journal for each of them."""
        return self.journals / f"{session}.measured"

    def relative(self, path: str | None) -> str | None:
        """Return the path as people of this project would write it, with forward slashes."""
        if path is None:
            return None
        try:
            return Path(path).resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return Path(path).as_posix()

    @property
    def default_store(self) -> str:
        """MLflow's embedded default, at the root: a kernel in a subfolder would else get a store of its own."""
        return f"sqlite:///{(self.root / 'mlflow.db').as_posix()}"

    @property
    def has_store(self) -> bool:
        """Whether there is a store to be asked. The embedded one is made with the first run, not by a look at it."""
        return self.store != self.default_store or (self.root / "mlflow.db").exists()

    @property
    def store(self) -> str:
        """The store of this project's runs: `MLFLOW_TRACKING_URI` where the user has set it."""
        return os.environ.get("MLFLOW_TRACKING_URI") or self.default_store


def find_project(start: Path, fallback: Path | None = None) -> Project:
    """Return the project of a folder: the nearest one upward with `.cellmill/`, `pyproject.toml` or `.git`.

    Without such a folder it is `fallback` (a Jupyter server's root) when `start` lies in it, else the folder that
    holds the pipeline in which `start` lies (`pipelines/NAME/`, as `cellmill split` writes it), else `start`.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if any((folder / marker).exists() for marker in MARKERS):
            return Project(folder)
    if fallback is not None and start.is_relative_to(fallback.resolve()):
        return Project(fallback.resolve())
    for folder in (start, *start.parents):
        if folder.parent.name == "pipelines" and (folder / DOCUMENT).is_file():
            return Project(folder.parent.parent)
    return Project(start)
