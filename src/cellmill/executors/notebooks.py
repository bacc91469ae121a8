"""Notebooks run in kernels of our own, warm where there is a fork server. The executed one is as papermill's."""

import copy
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from cellmill.core.errors import CellFailed, CellTimedOut, KernelDied
from cellmill.core.event_parts import Failure
from cellmill.core.files import check_writable
from cellmill.core.given_values import as_plain
from cellmill.core.ports import CellRan, LiveKernel, NotebookExecutor, Progress
from cellmill.core.resuming import CannotResume
from cellmill.core.words import shown_path
from cellmill.executors.cells import run_cells
from cellmill.executors.ends import end_of
from cellmill.executors.hiding import try_hidden
from cellmill.executors.kernels import LocalKernel, LocalKernels
from cellmill.executors.saving import Saving, write_executed
from cellmill.executors.specs import try_spec
from cellmill.executors.warm.client import NO_SERVER_YET
from cellmill.notebook.plain import as_bytes, free_id, inject_parameters, new_markdown_cell, read_plain, tags_of

MARKER = "papermill-error-cell-tag"  # papermill takes cells with it away when the notebook is run again


class Watcher(Protocol):
    """Whom the cells are told to."""

    @property
    def environment(self) -> Mapping[str, str]: ...

    @property
    def warm_kernels(self) -> bool: ...

    @property
    def went_well(self) -> bool: ...

    def cell_executed(self, *, execution: str, cell: str, tags: tuple[str, ...], error: Failure | None) -> None:
        """A cell ended, well or not."""
        ...

    def hides(self, values: list[str] | None) -> None:
        """The kernel's environment holds these secrets; None: it could not be asked."""
        ...

    def executed(self, notebook: bytes) -> None:
        """The notebook came to its end, or to a cell that raised."""
        ...

    def died(self, notebook: bytes) -> None:
        """The kernel died under it, or was ended before its time."""
        ...

    def record(self) -> str:
        """Record the runs, and return a sentence on how that went. `went_well` says whether it did."""
        ...


class Resumable(Protocol):
    """Whoever keeps the values of a kernel in which a cell raised, and gives them to the next one."""

    @property
    def said(self) -> str: ...

    def first(self, document: Mapping[str, Any]) -> int:
        """Return the position of the first cell that is to run. Raises `CannotResume`."""
        ...

    def fill(self, document: dict[str, Any]) -> None:
        """Put into the cells that need not run what they had shown."""
        ...

    def begin(self, kernel: LiveKernel) -> None:
        """Make a kernel that has just started like the one whose values were kept. Raises `CannotResume`."""
        ...

    def executed(self, ran: CellRan) -> None:
        """A cell has run."""
        ...

    def failed(
        self, kernel: LiveKernel, ran: CellRan, document: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> None:
        """A cell raised: keep what there was before it, where that can be had."""
        ...

    def ended(self) -> None:
        """A cell took too long, or the kernel died, or the user interrupted."""
        ...

    def forget(self) -> None:
        """The notebook came to its end: nothing need be kept."""
        ...


class KernelExecutor:
    """A `NotebookExecutor` for kernels of ipykernel, in the notebook's own folder as JupyterLab has it."""

    def __init__(
        self,
        begin: Callable[[Path, Path], Watcher],
        *,
        otherwise: NotebookExecutor | None,
        say: Callable[[str], None],
        cold: bool = False,
        cell_timeout_s: float | None = None,
        timeout_s: float | None = None,
        cwd: Path | None = None,
        started: Callable[[LocalKernel], None] | None = None,
        finished: Callable[[LocalKernel], None] | None = None,
        start: Callable[..., AbstractContextManager[LocalKernel]] | None = None,
        resumable: Resumable | None = None,
    ) -> None:
        """`begin` makes the session of a notebook and its output, `otherwise` runs what has another kernel.

        Without it these run here too. Each cell may take `cell_timeout_s`, and all of them `timeout_s`. `cwd` is the
        kernel's, if not the notebook's. `started` is given the kernel before its first cell, `finished` when the last
        one has ended well and it still lives. `start` starts kernels, if not `LocalKernels.start` does.
        """
        self._start = start or LocalKernels().start
        self._started = started
        self._finished = finished
        self._cell_timeout_s = cell_timeout_s
        self._timeout_s = timeout_s
        self._cwd = cwd
        self._resumable = resumable
        self._begin = begin
        self._otherwise = otherwise
        self._say = say
        self._cold = cold

    def execute(
        self,
        notebook: Path,
        output: Path,
        parameters: Mapping[str, Any],
        *,
        kernel: str | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        """See `NotebookExecutor`."""
        document = read_plain(notebook)
        # One that a script has made names no kernel: then it is nbclient's default, as for JupyterLab.
        name = kernel or document["metadata"].get("kernelspec", {}).get("name") or "python3"
        if self._otherwise is not None and try_spec(name) is None:
            self._otherwise.execute(notebook, output, parameters, kernel=kernel, progress=progress)
            return
        check_writable(output.parent)
        first = self._resumable.first(_as_run(document, parameters)) if self._resumable is not None else 0
        book = _Book(document, notebook, output, dict(parameters))
        if self._resumable is not None:
            self._resumable.fill(document)
        session = self._begin(notebook, output)
        try:
            self._run(book, session, name, progress, first)
        except BaseException as error:  # it died, was interrupted, or never was
            book.mark_end(error)
            book.end()
            session.died(as_bytes(document))
            if self._resumable is not None and not isinstance(error, CannotResume):
                self._resumable.ended()
            raise
        else:
            book.end()
            session.executed(as_bytes(document))
        finally:
            said = session.record()
            if not session.went_well:
                self._say(said)
            if self._resumable is not None and self._resumable.said:
                self._say(f"cellmill: {self._resumable.said}")
        if book.failed is not None:
            raise book.failed
        if self._resumable is not None:
            self._resumable.forget()

    def _run(
        self,
        book: "_Book",
        session: Watcher,
        name: str,
        progress: Callable[[Progress], None] | None,
        first: int,
    ) -> None:
        cells = book.document["cells"]

        def ended(index: int, ran: CellRan | None) -> None:
            if ran is not None:
                cell = cells[index]
                tags = tuple(cell["metadata"].get("tags", ()))
                session.cell_executed(execution=ran.execution, cell=cell["id"], tags=tags, error=ran.error)
                book.ran = index, ran
                if self._resumable is not None:
                    self._resumable.executed(ran)
            if progress is not None:
                progress(_progress(index + 1, len(cells), ran))

        ends_s: float | None = None
        try:
            with self._start(
                notebook=book.notebook,
                cwd=self._cwd or book.notebook.parent,
                kernel=name,
                environment=session.environment,
                warm=session.warm_kernels and not self._cold,
            ) as live:
                if live.note and NO_SERVER_YET not in live.note:
                    self._say(f"cellmill: {live.note[0].upper()}{live.note[1:]}.")
                if self._started is not None:
                    self._started(live)
                if self._resumable is not None:
                    self._resumable.begin(live)
                if self._timeout_s is not None:  # that of the cells: its start is not among them
                    ends_s = time.monotonic() + self._timeout_s
                run_cells(
                    book.document,
                    live,
                    book,
                    ended=ended,
                    timeout_s=self._cell_timeout_s,
                    left_s=lambda: None if ends_s is None else max(0.0, ends_s - time.monotonic()),
                    first=first,
                )
                book.look_for_failure()
                if self._resumable is not None and book.failed is not None and book.ran is not None:
                    self._resumable.failed(live, book.ran[1], book.document, book.parameters)
                if self._finished is not None and book.failed is None:
                    self._finished(live)
                session.hides(try_hidden(live))
        except CellTimedOut as error:
            if ends_s is None or time.monotonic() < ends_s:
                raise error.limited_by("--cell-timeout") from error
            assert self._timeout_s is not None
            raise CellTimedOut(
                notebook=error.notebook, number=error.number, seconds=self._timeout_s, in_all=True
            ) from error
        except KernelDied as error:
            kept = shown_path(book.output) if book.output.exists() else None
            raise KernelDied(notebook=error.notebook, output=kept, words=error.words) from error


def _progress(done: int, total: int, ran: CellRan | None) -> Progress:
    if ran is None:
        return Progress(done, total)
    return Progress(done, total, ran.number, ran.outcome, (ran.ended_ms - ran.started_ms) / 1000)


def _as_run(document: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notebook as its cells are going to run."""
    made = copy.deepcopy(dict(document))
    if parameters:
        inject_parameters(made, dict(parameters))
    return made


class _Book:
    """The executed notebook: what papermill notes of cells is noted, and it is saved."""

    def __init__(self, document: dict[str, Any], notebook: Path, output: Path, parameters: dict[str, Any]) -> None:
        self.document = document
        self.parameters = parameters
        self.notebook = notebook
        self.output = output
        self.failed: CellFailed | None = None
        self.ran: tuple[int, CellRan] | None = None
        self._failed_at: int | None = None
        self._saving = Saving(self._save)
        self._began = datetime.now(UTC)
        document["cells"] = [c for c in document["cells"] if MARKER not in c["metadata"].get("tags", ())]
        if parameters:
            inject_parameters(document, parameters)
        self._noted: dict[str, Any] = {
            "default_parameters": {},
            "parameters": as_plain(parameters),
            "environment_variables": {},
            "version": _version(),
            "input_path": str(notebook),
            "output_path": str(output),
            "start_time": self._began.isoformat(),
            "end_time": None,
            "duration": None,
            "exception": None,
        }
        document["metadata"]["papermill"] = self._noted
        for cell in document["cells"]:
            cell["metadata"].setdefault("tags", [])
            none = dict.fromkeys(("exception", "start_time", "end_time", "duration"))
            cell["metadata"]["papermill"] = {**none, "status": "pending"}
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        self._started: datetime = self._began
        self._saving.now()

    def cell_start(self, cell: Any, cell_index: int) -> None:
        """See `Keeper`."""
        self._started = datetime.now(UTC)
        cell["metadata"]["papermill"] |= {
            "start_time": self._started.isoformat(),
            "status": "running",
            "exception": False,
        }
        self._saving.changed()

    def cell_exception(self, cell: Any, cell_index: int) -> None:
        """See `Keeper`."""
        self._failed_at = cell_index
        cell["metadata"]["papermill"] |= {"exception": True, "status": "failed"}
        self._noted["exception"] = True

    def cell_complete(self, cell: Any, cell_index: int) -> None:
        """See `Keeper`."""
        ended = datetime.now(UTC)
        noted = cell["metadata"]["papermill"]
        noted |= {"end_time": ended.isoformat(), "duration": (ended - self._started).total_seconds()}
        if noted["status"] != "failed":
            noted["status"] = "completed"
        self._saving.changed()

    def autosave_cell(self) -> None:
        """See `Keeper`."""
        self._saving.look()

    def look_for_failure(self) -> None:
        """Mark the cell that raised, if the last one did."""
        if not self._noted["exception"] or self.ran is None:
            return
        index, ran = self.ran
        cells = self.document["cells"]
        end = end_of(ran, tags_of(cells[index]))
        if end is None or (error := end.failure) is None:
            return
        number = ran.number if ran.number is not None else index
        self.failed = CellFailed(
            notebook=shown_path(self.notebook),
            cell=number,
            source=cells[index]["source"],
            error=error.type,
            message=error.message,
            output=shown_path(self.output),
        )
        self._mark(index, "raised an error", f"In [{number}]")

    def mark_end(self, error: BaseException) -> None:
        """Mark the cell in which the run was ended: by a limit of time, the kernel's death or the user."""
        if self._failed_at is None or self.failed is not None:
            return
        number = self.document["cells"][self._failed_at].get("execution_count")
        what = "was interrupted"
        if isinstance(error, CellTimedOut):
            what = "was running when the time for all cells was up" if error.in_all else "took too long"
        elif isinstance(error, KernelDied):
            what = "was running when the kernel died"
        self._mark(self._failed_at, what, f"In [{number}]" if number is not None else "A cell")

    def _mark(self, index: int, what: str, name: str) -> None:
        """Say what happened to a cell: above it, and at the top."""
        here, above = f"**This cell {what}, and the run stopped here.**", f"**{name} {what}.**"
        for place, text in ((index, here), (0, above)):
            identity = free_id(self.document, MARKER)
            cell = new_markdown_cell(identity, text, metadata={"tags": [MARKER]})
            self.document["cells"].insert(place, cell)

    def end(self) -> None:
        """Write down when it ended."""
        ended = datetime.now(UTC)
        self._noted |= {"end_time": ended.isoformat(), "duration": (ended - self._began).total_seconds()}
        self._saving.now()

    def _save(self) -> None:
        write_executed(self.output, as_bytes(self.document))


@cache
def _version() -> str:
    """Return papermill's, whose notes these are."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("papermill")
    except PackageNotFoundError:
        return ""
