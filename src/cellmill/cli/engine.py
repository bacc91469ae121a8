"""`papermill --engine cellmill`: papermill around cells that we run, with the session named and its runs recorded.

papermill imports this module whenever it is used at all, so it stays light.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import nbformat
from papermill.engines import Engine, NotebookExecutionManager

from cellmill.core.errors import CellmillError, CellTimedOut, KernelDied, KernelMissing
from cellmill.core.files import check_writable
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.outputs import check_output
from cellmill.core.ports import CellRan, Progress
from cellmill.core.words import shown_path
from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell
from cellmill.notebook.plain import as_bytes
from cellmill.wiring.headless import HeadlessSession


class EngineRefused(click.ClickException):
    """Said before anything ran. papermill's command line shows a click error as one sentence."""


class CellmillEngine(Engine):
    """Runs a notebook and records its runs."""

    @classmethod
    def execute_notebook(
        cls,
        nb: nbformat.NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: Any = True,
        log_output: bool = False,
        autosave_cell_every: float = 30,
        input_path: str | None = None,
        cellmill_session: SessionId | None = None,
        cellmill_progress: Callable[[Progress], None] | None = None,
        cellmill_cold: bool = False,
        **kwargs: Any,
    ) -> nbformat.NotebookNode:
        """See papermill's Engine. `cellmill_cold` asks for a kernel that is started from nothing.

        `cellmill_session` and `cellmill_progress` come from `cellmill run`.
        """
        notebook = _notebook_path(input_path)
        quiet = cellmill_session is not None
        if not quiet:  # `cellmill run` has checked them already, as they were before papermill took them
            _check(nb, notebook)
        _check_output(output_path)
        session = HeadlessSession(
            cellmill_session or new_session_id(), notebook, output=output_path, cold=cellmill_cold
        )
        book = _Book(nb, output_path, progress_bar, log_output, autosave_cell_every)
        book.notebook_start()
        try:
            try:
                cls.execute_managed_notebook(
                    book,
                    kernel_name,
                    log_output=log_output,
                    session=session,
                    progress=cellmill_progress,
                    notebook=notebook,
                    warm=session.warm_kernels and not cellmill_cold,
                    **kwargs,
                )
            finally:
                book.cleanup_pbar()
                book.notebook_complete()
        except BaseException:  # it died, was interrupted, or out of time
            session.died(as_bytes(nb))
            raise
        else:
            session.executed(as_bytes(nb))
        finally:
            _restore_nodes(nb)
            said = session.record()
            if not (quiet and session.went_well):
                click.echo(said, err=True)
        return nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: float | None = None,
        session: HeadlessSession | None = None,
        progress: Callable[[Progress], None] | None = None,
        notebook: Path | None = None,
        warm: bool = True,
        **kwargs: Any,
    ) -> None:
        """Run the cells in a kernel of ours, told whom it serves. Raises what papermill's own engine raises."""
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

        from cellmill.executors.cells import run_cells
        from cellmill.executors.hiding import try_hidden
        from cellmill.executors.kernels import LocalKernels

        assert session is not None
        assert notebook is not None
        cells = nb_man.nb.cells

        def ended(index: int, ran: CellRan | None) -> None:
            if ran is not None:
                tags = tuple(cells[index].metadata.get("tags", []))
                cell = cells[index].get("id") or str(index)
                session.cell_executed(execution=ran.execution, cell=cell, tags=tags, error=ran.error)
            if progress is not None:
                progress(Progress(index + 1, len(cells)))

        def shown(output: Mapping[str, Any]) -> None:
            _log(output, log_output=log_output, files={"stdout": stdout_file, "stderr": stderr_file})

        try:
            with LocalKernels().start(
                notebook=notebook,
                cwd=Path.cwd(),
                kernel=kernel_name,
                environment=session.environment,
                warm=warm,
                timeout_s=start_timeout,
            ) as live:
                run_cells(
                    nb_man.nb,
                    live,
                    nb_man,
                    ended=ended,
                    timeout_s=execution_timeout or kwargs.get("timeout"),
                    shown=shown if log_output or stdout_file or stderr_file else None,
                )
                session.hides(try_hidden(live))
        except KernelDied as error:
            raise DeadKernelError("\n".join(filter(None, ("Kernel died", error.words)))) from error
        except CellTimedOut as error:
            raise CellTimeoutError(str(error.limited_by("--execution-timeout"))) from error
        except KernelMissing as error:
            if error.broken is not None:
                raise
            raise NoSuchKernel(error.kernel) from error


class _Book(NotebookExecutionManager):
    """papermill's manager of a notebook, which saves on a timer and at the end instead of twice for each cell."""

    def __init__(
        self, nb: nbformat.NotebookNode, output_path: str | None, progress_bar: Any, log_output: bool, every_s: float
    ) -> None:
        super().__init__(
            nb, output_path=output_path, progress_bar=progress_bar, log_output=log_output, autosave_cell_every=every_s
        )
        from cellmill.executors.saving import LEAST_S, Saving

        self._saving = Saving(self._write, least_s=min(every_s, LEAST_S) if every_s > 0 else LEAST_S)

    def save(self, **kwargs: Any) -> None:
        """Save when it is time. papermill calls it whenever something has changed."""
        self._saving.changed()

    def autosave_cell(self) -> None:
        """Called while a cell runs."""
        self._saving.look()

    def notebook_start(self, **kwargs: Any) -> None:
        """See papermill's."""
        super().notebook_start(**kwargs)
        self._saving.now()

    def notebook_complete(self, **kwargs: Any) -> None:
        """See papermill's."""
        super().notebook_complete(**kwargs)
        self._saving.now()

    def _write(self) -> None:
        from papermill.iorw import LocalHandler, papermill_io

        from cellmill.executors.saving import write_executed

        if not self.output_path:
            return
        content = as_bytes(self.nb)
        if isinstance(papermill_io.get_handler(self.output_path), LocalHandler):
            write_executed(_notebook_path(self.output_path), content)
        else:
            papermill_io.write(content.decode(), self.output_path)


def _restore_nodes(nb: nbformat.NotebookNode) -> None:
    """papermill reads outputs by attributes, and nbformat writes them so."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(output) for output in cell.outputs]
    nb.metadata = nbformat.from_dict(nb.metadata)


def _log(output: Mapping[str, Any], *, log_output: bool, files: Mapping[str, Any]) -> None:
    """Hand an output on to where papermill was asked to: its log, and files for the streams."""
    log = logging.getLogger("papermill")
    if output["output_type"] == "stream":
        if log_output:
            (log.warning if output["name"] == "stderr" else log.info)(output["text"])
        file = files[output["name"]]
        if file is not None:
            file.write(output["text"])
            file.flush()
    elif log_output and "text/plain" in output.get("data", {}):
        log.info(output["data"]["text/plain"])


def _check(nb: nbformat.NotebookNode, notebook: Path) -> None:
    """papermill warns of an unknown parameter and goes on; a sweep with a misspelt name would be wasted."""
    given = nb.metadata.get("papermill", {}).get("parameters", {})
    try:
        check_parameters(given, declared_parameters(nb), notebook=shown_path(notebook), cell=declaring_cell(nb))
    except CellmillError as error:
        raise EngineRefused(str(error)) from error


def _check_output(output_path: str | None) -> None:
    """papermill would find out after the kernel has started, and end in a traceback."""
    from papermill.iorw import LocalHandler, papermill_io

    if output_path is None or not isinstance(papermill_io.get_handler(output_path), LocalHandler):
        return
    try:
        check_output(_notebook_path(output_path))
        check_writable(_notebook_path(output_path).parent)
    except CellmillError as error:
        raise EngineRefused(str(error)) from error


def _notebook_path(input_path: str | None) -> Path:
    """Return where the notebook lies. papermill may have gone to another folder (--cwd) in the meantime."""
    from papermill.iorw import papermill_io

    if not input_path:
        return Path.cwd() / "notebook.ipynb"
    path = Path(input_path)
    if not path.is_absolute():
        began_in = getattr(papermill_io.get_handler(input_path), "_cwd", None)
        path = Path(began_in or Path.cwd()) / path
    return path
