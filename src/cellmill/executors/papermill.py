"""Notebooks run by papermill, in processes of this machine."""

import contextlib
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cellmill.core.errors import CellFailed, KernelDied, KernelMissing
from cellmill.core.ids import SessionId
from cellmill.core.ports import Progress
from cellmill.core.words import shown_path

ENGINE = "cellmill"


class PapermillExecutor:
    """A `NotebookExecutor` on papermill with Cellmill's engine, in the notebook's own folder as JupyterLab has it."""

    def __init__(self, session: SessionId, *, cold: bool = False) -> None:
        """`session` is the id of the session that the next execution will be."""
        self._session = session
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
        import papermill
        from jupyter_client.kernelspec import NoSuchKernel
        from nbclient.exceptions import DeadKernelError
        from papermill.exceptions import PapermillExecutionError

        for name in ("papermill", "papermill.translators", "asyncio"):
            logging.getLogger(name).setLevel(logging.ERROR)  # our own words take the place of its log
        try:
            with contextlib.chdir(notebook.parent):
                papermill.execute_notebook(
                    str(notebook.resolve()),
                    str(output.resolve()),
                    dict(parameters),
                    engine_name=ENGINE,
                    kernel_name=kernel,
                    progress_bar=False,
                    cellmill_session=self._session,
                    cellmill_progress=progress,
                    cellmill_cold=self._cold,
                )
        except PapermillExecutionError as error:
            raise CellFailed(
                notebook=shown_path(notebook),
                cell=error.exec_count or error.cell_index,
                source=error.source,
                error=error.ename,
                message=error.evalue,
                output=shown_path(output),
            ) from error
        except DeadKernelError as error:
            kept = shown_path(output) if output.exists() else None
            raise KernelDied(notebook=shown_path(notebook), output=kept, words=str(error).partition("\n")[2]) from error
        except KernelMissing:
            output.unlink(missing_ok=True)  # papermill's copy, in which nothing ran
            raise
        except NoSuchKernel as error:
            from jupyter_client.kernelspec import KernelSpecManager

            output.unlink(missing_ok=True)  # papermill's copy, in which nothing ran
            installed = tuple(sorted(KernelSpecManager().find_kernel_specs()))
            raise KernelMissing(error.name, installed=installed) from error
