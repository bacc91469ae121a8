"""What a session runs on, and for whom."""

import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Who started the kernel, told by what they leave in the environment. VS Code's terminals have neither of its two.
_FRONT_ENDS = (
    ("COLAB_RELEASE_TAG", "colab"),
    ("DATABRICKS_RUNTIME_VERSION", "databricks"),
    ("KAGGLE_KERNEL_RUN_TYPE", "kaggle"),
    ("VSCODE_PID", "vscode"),
    ("VSCODE_CWD", "vscode"),
    ("PYCHARM_HOSTED", "pycharm"),
    ("SPYDER_ARGS", "spyder"),
    ("QUARTO_PROJECT_ROOT", "quarto"),
)
# Told by the command of the process that started it.
_COMMANDS = {
    "cellmill": "cellmill run",
    "papermill": "papermill",
    "nbconvert": "nbconvert",
    "jupyter nbconvert": "nbconvert",
    "jupyter execute": "nbclient",
    "jupyter run": "nbclient",
    "jupyter console": "console",
    "jupyter_console": "console",
    "jupyter qtconsole": "qtconsole",
    "qtconsole": "qtconsole",
    "spyder": "spyder",
    "voila": "voila",
    "jupyter voila": "voila",
}
# VS Code's sessions on a Jupyter server are called so.
_VSCODE_SESSION = "-jvsc-"


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


def front_end(
    started_by: str,
    *,
    environment: Mapping[str, str] = os.environ,
    command: Sequence[str] | None = None,
    session: str | None = None,
) -> str:
    """Return what the user sees the notebook in, as far as the kernel can know.

    `command` is that of the process that started it, looked up where it is not given; `session` is the name that
    Jupyter Server has for it. A kernel of a server is told no more than `jupyter`: which page the notebook is open
    in, the server writes.
    """
    if started_by == "server":
        return "vscode" if _VSCODE_SESSION in (session or "") else "jupyter"
    by_command = _of_command(_parents_command() if command is None else command)
    if started_by == "engine":
        return by_command if by_command == "cellmill run" else "papermill"
    named = next((name for variable, name in _FRONT_ENDS if variable in environment), None)
    return named or by_command or ("console" if sys.stdin is not None and sys.stdin.isatty() else "unknown")


def _of_command(words: Sequence[str]) -> str | None:
    """`python /opt/bin/jupyter-nbconvert --execute a.ipynb` -> `nbconvert`; None for what is not known."""
    names = [Path(word).name.removesuffix(".exe") for word in words]
    programs = [name for name in names if not name.startswith(("python", "-"))][:2]
    if programs[:1] == ["jupyter"]:
        return _COMMANDS.get(" ".join(programs))
    return _COMMANDS.get(programs[0].replace("jupyter-", "jupyter ")) if programs else None


def _parents_command() -> list[str]:
    """Return the command of the process that started this one, where the system tells at no cost."""
    try:
        content = Path(f"/proc/{os.getppid()}/cmdline").read_bytes()
    except OSError:
        psutil = sys.modules.get("psutil")  # ipykernel has loaded it
        try:
            return list(psutil.Process(os.getppid()).cmdline()) if psutil is not None else []
        except psutil.Error:  # type: ignore[union-attr]
            return []
    return [word.decode("utf-8", "replace") for word in content.split(b"\0")]
