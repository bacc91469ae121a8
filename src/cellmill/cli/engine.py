"""`papermill --engine cellmill`: papermill's own engine, with the session named and its runs recorded.

papermill imports this module whenever it is used at all, so it stays light.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import nbformat
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.utils import merge_kwargs, remove_args

from cellmill.core.errors import CellmillError
from cellmill.core.files import check_writable
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.ports import Progress
from cellmill.core.words import shown_path
from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell
from cellmill.wiring.headless import HeadlessSession


class EngineRefused(click.ClickException):
    """Said before anything ran. papermill's command line shows a click error as one sentence."""


class CellmillEngine(NBClientEngine):
    """Runs a notebook and records its runs."""

    @classmethod
    def execute_notebook(
        cls,
        nb: nbformat.NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        input_path: str | None = None,
        cellmill_session: SessionId | None = None,
        cellmill_progress: Callable[[Progress], None] | None = None,
        **kwargs: Any,
    ) -> nbformat.NotebookNode:
        """See papermill's Engine. `cellmill_session` and `cellmill_progress` come from `cellmill run`."""
        notebook = _notebook_path(input_path)
        quiet = cellmill_session is not None
        if not quiet:  # `cellmill run` has checked them already, as they were before papermill took them
            _check(nb, notebook)
        _check_output(output_path)
        session = HeadlessSession(cellmill_session or new_session_id(), notebook, output=output_path)
        try:
            executed: nbformat.NotebookNode = super().execute_notebook(
                nb,
                kernel_name,
                output_path=output_path,
                session=session,
                progress=cellmill_progress,
                **kwargs,
            )
        except DeadKernelError as error:
            session.died(_as_bytes(nb))
            if session.words:
                raise DeadKernelError(f"{error}\n{session.words}") from error
            raise
        except BaseException:  # interrupted, or out of time: nbclient has ended the kernel
            session.died(_as_bytes(nb))
            raise
        else:
            session.executed(_as_bytes(executed))
        finally:
            said = session.record()
            if not (quiet and session.went_well):
                click.echo(said, err=True)
        return executed

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        log_output: bool = False,
        stdout_file: Any = None,
        stderr_file: Any = None,
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        session: HeadlessSession | None = None,
        progress: Callable[[Progress], None] | None = None,
        **kwargs: Any,
    ) -> Any:
        """As papermill's own, with the kernel told whom it serves and each cell told by its request."""
        assert session is not None
        total = len(nb_man.nb.cells)

        def executed(cell: nbformat.NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
            session.cell_executed(
                execution=execute_reply["parent_header"]["msg_id"],
                cell=cell.get("id") or str(cell_index),
                tags=tuple(cell.metadata.get("tags", [])),
                reply=execute_reply["content"],
            )
            if progress is not None:
                progress(Progress(cell_index + 1, total))

        arguments = merge_kwargs(
            remove_args(["timeout", "startup_timeout"], **kwargs),
            timeout=execution_timeout or kwargs.get("timeout"),
            startup_timeout=start_timeout,
            kernel_name=kernel_name,
            log_output=log_output,
            stdout_file=stdout_file,
            stderr_file=stderr_file,
            on_cell_executed=executed,
        )
        client = PapermillNotebookClient(nb_man, **arguments)
        with session.last_words() as stderr:
            return client.execute(env={**os.environ, **session.environment}, stderr=stderr)


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


def _as_bytes(nb: nbformat.NotebookNode) -> bytes:
    text: str = nbformat.writes(nb)
    return text.encode()
