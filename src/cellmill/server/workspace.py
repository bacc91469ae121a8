"""The projects under a server's root: their sessions as last read, and their store's process."""

import asyncio
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from tornado.web import HTTPError

from cellmill.capture.sessions import Sessions, choose_run
from cellmill.core.errors import AmbiguousRun
from cellmill.core.ids import RunId, SessionId
from cellmill.core.models import RegisteredModel, Version
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session
from cellmill.server.own_thread import OwnThread
from cellmill.wiring.deleting import Deleted, delete_run
from cellmill.wiring.marks import store_ids
from cellmill.wiring.projects import project_of
from cellmill.wiring.store_process import StoreProcess

T = TypeVar("T")

COLLABORATION = "RTC:"
"""The drive through which jupyter-collaboration opens the server's files."""


class ProjectWatch:
    """One project: what its journals say, and the process that holds its store."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.sessions = Sessions(project)
        self._store = StoreProcess(project)
        # A store that takes a connection and does not answer is waited for; nobody else shall wait with it.
        self._asking = OwnThread(f"cellmill store of {project.root}")
        self.store_ids: dict[RunId, str] = {}
        self._is_read = False
        self._reading = threading.Lock()  # a request and the watch may both want to, each in a thread of its own
        self._read_elsewhere: set[SessionId] = set()

    def read(self) -> set[SessionId]:
        """Read what is new in the journals. Returns the sessions that changed."""
        with self._reading:
            changed = self.sessions.look() | self._read_elsewhere
            self._read_elsewhere = set()
            if not self._is_read:
                self._look_up_store_ids()
                self._is_read = True
            return changed

    def read_ahead(self) -> None:
        """Read what is new now. The next `read` names what changed all the same."""
        with self._reading:
            self._read_elsewhere |= self.sessions.poll()

    def delete(self, run: Run) -> Deleted:
        """Delete a run. The next `read` names its session among the changed, so that the store follows."""
        with self._reading:
            self._read_elsewhere.add(run.session)
            deleted = delete_run(self.sessions, run.run)
            self._read_elsewhere |= deleted.changed
            return deleted

    async def record(self, *, at_most: int) -> None:
        """Record runs, and read again which are. Raises `StoreError`."""
        await self._asking.do(lambda: self._then_look_up(self._store.record(at_most=at_most)))

    async def models(self) -> tuple[RegisteredModel, ...]:
        """Return the registered models; the store is asked once for all who ask meanwhile. Raises `StoreError`."""
        return await self._asking.share("models", self._store.models)

    async def register(self, run: RunId, *, name: str, alias: str | None) -> Version:
        """Register a run's model, see `registering.register`, and read again which runs are recorded."""
        return await self._asking.do(lambda: self._then_look_up(self._store.register(run, name=name, alias=alias)))

    @property
    def store_used_at_s(self) -> float:
        return self._store.used_at_s

    async def close_store(self) -> None:
        """End the store's process. The next request starts another."""
        await self._asking.do(self._store.close)

    async def first_read(self) -> None:
        """Return when the journals have been read once: beside the server's loop, for there may be many."""
        if not self._is_read:
            await asyncio.to_thread(self.read)

    def _look_up_store_ids(self) -> None:
        self.store_ids = store_ids(self.project, self.project.store)

    def _then_look_up(self, answer: T) -> T:
        self._look_up_store_ids()
        return answer


class Workspace:
    """Every project that has been asked for. Paths in and out are the browser's: below the server's root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._projects: dict[Path, ProjectWatch] = {}
        self.watch_of(root)

    async def ready(self, notebook: str | None) -> None:
        """Return when the project of a notebook, and the root's, have been read."""
        for path in (self.root, *([self.path_of(notebook)] if notebook else [])):
            await self.watch_of(path).first_read()

    @property
    def projects(self) -> tuple[ProjectWatch, ...]:
        return tuple(self._projects.values())

    def path_of(self, notebook: str) -> Path:
        """Return where a notebook lies. Raises HTTPError 400 for a path that leads out of the server's root."""
        path = Path(os.path.normpath(self.root / self.without_drive(notebook).lstrip("/")))
        if not path.is_relative_to(self.root):
            raise HTTPError(400, "notebook: it lies outside the server's root")
        return path

    def without_drive(self, notebook: str) -> str:
        """`RTC:work/a.ipynb`, as collaboration calls it, -> `work/a.ipynb`.

        Any other colon belongs to the name, and so does this one where there is such a file.
        """
        local = notebook.removeprefix(COLLABORATION)
        return notebook if local != notebook and (self.root / notebook).exists() else local

    def name_of(self, path: Path) -> str:
        """Return what the browser calls a file."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def watch_of(self, path: Path) -> ProjectWatch:
        """Return the project of a notebook or folder, watched from now on."""
        project = project_of(path, server_root=self.root)
        if project.root not in self._projects:
            self._projects[project.root] = ProjectWatch(project)
        return self._projects[project.root]

    def runs(self, notebook: str | None) -> tuple[tuple[Run, str | None], ...]:
        """Return the runs of a notebook or of all projects, newest first, each with the store's id if it has one."""
        if notebook is not None:
            path = self.path_of(notebook)
            watch = self.watch_of(path)
            found = [(run, watch) for run in watch.sessions.runs(watch.project.relative(str(path)))]
        else:
            found = [(run, watch) for watch in self.projects for run in watch.sessions.runs()]
            found.sort(key=lambda pair: (pair[0].started_ms, pair[0].run), reverse=True)
        names = _Names(self)
        return tuple((names.as_seen(run, watch), watch.store_ids.get(run.run)) for run, watch in found)

    def run(self, begins_with: str) -> tuple[Run, ProjectWatch]:
        """Return a run of any project, as the browser sees it. Raises `UnknownRun`, `AmbiguousRun`.

        The latter also where several projects have the same run: which of them is to be deleted cannot be guessed.
        """
        found = [(run, watch) for watch in self.projects for run in watch.sessions.runs()]
        chosen = choose_run(tuple({run.run: run for run, _ in found}.values()), begins_with)
        (run, watch), *others = [pair for pair in found if pair[0].run == chosen.run]
        if others:
            folders = tuple(str(one.project.root) for _, one in ((run, watch), *others))
            raise AmbiguousRun(chosen.run, matches=(chosen.run,) * len(folders), folders=folders)
        return _Names(self).as_seen(run, watch), watch

    def trials(self, search: Run, watch: ProjectWatch) -> tuple[tuple[Run, str | None], ...]:
        """Return the trials of a search in the order they began, each with the store's id if it has one."""
        # As the journal has them: trials that take less than a millisecond begin at the same time.
        found = [run for session in watch.sessions.all() for run in session.runs if run.parent == search.run]
        names = _Names(self)
        return tuple((names.as_seen(run, watch), watch.store_ids.get(run.run)) for run in found)

    def session_of_kernel(self, watch: ProjectWatch, kernel: str) -> Session | None:
        """Return the newest session of a kernel that has not ended."""
        found = [s for s in watch.sessions.all() if s.kernel == kernel and s.ended is None]
        return found[-1] if found else None

    def notebooks_of(self, watch: ProjectWatch, sessions: set[SessionId]) -> set[str | None]:
        """Return the notebooks of some sessions, as the browser calls them."""
        names = {
            name
            for session in (*watch.sessions.all(), *watch.sessions.removed)
            if session.session in sessions
            for name in (session.notebook, *(run.notebook for run in session.runs))  # a kernel may serve several
        }
        return {self.name_of(watch.project.root / name) if name else None for name in names}


class _Names:
    """What the browser calls notebooks: worked out once for each of them, where there may be thousands of runs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[ProjectWatch, str], str] = {}

    def as_seen(self, run: Run, watch: ProjectWatch) -> Run:
        if run.notebook is None:
            return run
        name = self._known.get((watch, run.notebook))
        if name is None:
            name = self._workspace.name_of(watch.project.root / run.notebook)
            self._known[watch, run.notebook] = name
        # In a project that is the server's root both have one name for it, and nothing is copied.
        return run if name == run.notebook else replace(run, notebook=name)
