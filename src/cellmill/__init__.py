"""Cellmill captures notebook experiments in JupyterLab, without a changed cell.

Importing it loads nothing heavy: no MLflow, papermill, pandas or IPython.
"""

from typing import TYPE_CHECKING, Any

from cellmill._version import __version__

if TYPE_CHECKING:
    from cellmill.kernel.crossing import begin_step, check_frames, end_step, restore_random

__all__ = ["__version__", "begin_step", "check_frames", "end_step", "restore_random"]


def __getattr__(name: str) -> Any:
    """Load what a step of a pipeline calls when it is called."""
    if name in ("begin_step", "check_frames", "end_step", "restore_random"):
        from cellmill.kernel import crossing

        return getattr(crossing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "cellmill"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "cellmill.server"}]


def load_ipython_extension(shell: Any) -> None:
    """Start capture in an IPython shell. The installed start-up file calls this in every kernel."""
    from cellmill.kernel.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Stop capture in an IPython shell."""
    from cellmill.kernel.extension import unload

    unload(shell)
