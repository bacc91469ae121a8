"""What a session runs on, and for whom."""

import getpass
import os
import sys

# Who started the kernel, told by what they leave in the environment.
_FRONT_ENDS = (
    ("VSCODE_PID", "vscode"),
    ("VSCODE_CWD", "vscode"),
    ("COLAB_RELEASE_TAG", "colab"),
    ("DATABRICKS_RUNTIME_VERSION", "databricks"),
    ("PYCHARM_HOSTED", "pycharm"),
    ("SPYDER_ARGS", "spyder"),
)


def cores() -> int | None:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def memory_bytes() -> int | None:
    """Return the machine's memory, None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def user() -> str | None:
    """Return who works here: JupyterHub's name for them, else the system's."""
    hub = os.environ.get("JUPYTERHUB_USER")
    if hub:
        return hub
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name for this uid, as in a container
        return None


def front_end(started_by: str) -> str:
    """Return what the user sees the notebook in, as far as the kernel can know."""
    if started_by == "engine":
        return "papermill"
    if started_by == "server":
        return "jupyter"
    named = next((name for variable, name in _FRONT_ENDS if variable in os.environ), None)
    return named or ("console" if sys.stdin is not None and sys.stdin.isatty() else "unknown")
