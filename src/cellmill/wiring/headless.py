"""A notebook run without a browser: who it is, what happened to it, and its runs recorded at the end."""

from pathlib import Path

from cellmill.capture.blobs import keep_blob
from cellmill.capture.folder import prepare_folder
from cellmill.capture.hosting import engine_environment
from cellmill.capture.journal import append_once
from cellmill.capture.masked_notebooks import mask_executed
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError
from cellmill.core.event_parts import Failure
from cellmill.core.events import CellIdentified, Event, NotebookExecuted, SessionEnded
from cellmill.core.ids import ExecutionId, SessionId
from cellmill.core.words import count
from cellmill.wiring.marks import store_ids
from cellmill.wiring.projects import project_of, settings_of
from cellmill.wiring.store_process import StoreProcess


class HeadlessSession:
    """The engine's side of one session. What goes wrong with us never stops the notebook: it is said at the end."""

    def __init__(self, session: SessionId, notebook: Path, *, output: str | None, cold: bool = False) -> None:
        self.session = session
        self.project = project_of(notebook)
        self.environment = engine_environment(session, notebook)
        self._output = output
        self._failed: ExecutionId | None = None
        self._error: Failure | None = None
        self._trouble: str | None = None
        self._hidden: list[str] | None = None
        self._has_run = False
        self.warm_kernels = True
        self.went_well = True
        try:
            prepare_folder(self.project)
            settings = settings_of(self.project)
            self.warm_kernels = settings.warm_kernels
            if not settings.capture:
                self._trouble = f"The setting capture is off in {self.project.settings}."
        except CellmillError as error:
            self._trouble = str(error)
        self._store = StoreProcess(self.project, from_fork_server=self.warm_kernels and not cold)
        if self._trouble is None:
            self._store.warm()

    def cell_executed(self, *, execution: str, cell: str, tags: tuple[str, ...], error: Failure | None) -> None:
        """A cell ended, well or not."""
        self._has_run = True
        self._write(CellIdentified(ExecutionId(execution), cell, tags))
        if error is not None:
            self._failed = ExecutionId(execution)
            self._error = Failure(error.type, error.message[:2_000])

    def hides(self, values: list[str] | None) -> None:
        """The kernel's environment holds these secrets; None: it could not be asked."""
        self._hidden = values

    def executed(self, notebook: bytes) -> None:
        """The notebook came to its end, or to a cell that raised."""
        self._keep(notebook)
        self._write(SessionEnded(now_ms(), "shut down"))

    def died(self, notebook: bytes) -> None:
        """The kernel died under it, if ever there was one, or was ended before its time."""
        if not self.project.journal(self.session).exists():
            return
        self._keep(notebook)
        self._write(SessionEnded(now_ms(), "died"))

    def record(self) -> str:
        """Record the session's runs, and return a sentence on how that went. `went_well` says whether it did."""
        self.went_well = False
        try:
            if self._trouble is not None:
                return f"cellmill: nothing was captured. {self._trouble}"
            reader = SessionReader(self.project, self.session)
            reader.poll()
            if reader.session is None and not self._has_run:
                self.went_well = True  # of us: whoever kept the cells from running says why
                return "cellmill: nothing was captured, for no cell has run."
            if reader.session is None:
                return "cellmill: nothing was captured: install Cellmill in the environment of this kernel."
            self.went_well = True
            if not reader.session.runs and not reader.session.measured:
                return "cellmill: no training was seen, so there is no run."
            self._store.record(only=self.session)
            if not reader.session.runs:
                return "cellmill: metrics recorded with the runs that made the models. See them with: cellmill runs"
            recorded = store_ids(self.project, self.project.store)
            mine = [run for run in reader.session.runs if run.run in recorded]
            return f"cellmill: {count(len(mine), 'run')} recorded in {self.project.store}. See them with: cellmill runs"
        except CellmillError as error:
            self.went_well = False
            return f"cellmill: {error}"
        finally:
            self._store.close()

    def _keep(self, notebook: bytes) -> None:
        if self._trouble is not None:
            return
        try:
            digest = keep_blob(self.project, mask_executed(notebook, self._hidden, self.project.journal(self.session)))
        except CellmillError as error:
            self._trouble = str(error)
            return
        self._write(NotebookExecuted(now_ms(), self._output, digest, self._failed, self._error))

    def _write(self, event: Event) -> None:
        if self._trouble is not None:
            return
        try:
            append_once(self.project.outside_journal(self.session), event)
        except (CellmillError, OSError) as error:
            self._trouble = str(error)
