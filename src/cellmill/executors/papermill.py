"""Notebooks run by papermill, in processes of this machine."""

import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cellmill.core.errors import CellFailed, KernelDied, KernelMissing
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.ports import Progress

ENGINE = "cellmill"


class PapermillExecutor:
    """A `NotebookExecutor` on papermill with Cellmill's engine, in the notebook's own folder as JupyterLab has it."""

    def execute(
        self,
        notebook: Path,
        output: Path,
        parameters: Mapping[str, Any],
        *,
        kernel: str | None,
        progress: Callable[[Progress], None] | None,
    ) -> SessionId:
        """See `NotebookExecutor`."""
        import papermill
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient.exceptions import DeadKernelError
        from papermill.exceptions import PapermillExecutionError

        for name in ("papermill", "papermill.translators"):
            logging.getLogger(name).setLevel(logging.ERROR)  # our own words take the place of its log
        session = new_session_id()
        try:
            with contextlib.chdir(notebook.parent):
                papermill.execute_notebook(
                    str(notebook.resolve()),
                    str(output.resolve()),
                    dict(parameters),
                    engine_name=ENGINE,
                    kernel_name=kernel,
                    progress_bar=False,
                    cellmill_session=session,
                    cellmill_progress=progress,
                )
        except PapermillExecutionError as error:
            raise CellFailed(
                notebook=str(notebook),
                cell=error.exec_count or error.cell_index,
                source=error.source,
                error=error.ename,
                message=error.evalue,
                output=str(output),
            ) from error
        except DeadKernelError as error:
            kept = str(output) if output.exists() else None
            raise KernelDied(notebook=str(notebook), output=kept, words=str(error).partition("\n")[2]) from error
        except NoSuchKernel as error:
            from jupyter_client.kernelspec import KernelSpecManager

            installed = tuple(sorted(KernelSpecManager().find_kernel_specs()))
            raise KernelMissing(error.name, installed=installed) from error
        return session
