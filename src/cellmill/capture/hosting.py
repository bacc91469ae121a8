"""How whoever starts a kernel says who it is: environment variables, read once and taken away.

Taken away, because what the user's cells start in turn (another kernel, another papermill) inherits
the environment and is not the session that was meant.
"""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cellmill.core.ids import SessionId

SESSION = "CELLMILL_SESSION"
NOTEBOOK = "CELLMILL_NOTEBOOK"
# The server's, for every kernel that it starts. They stay: a restarted kernel needs them again.
SERVER_PID = "CELLMILL_SERVER_PID"
SERVER_ROOT = "CELLMILL_SERVER_ROOT"
# jupyter_server's own: the notebook for which it started the kernel.
_JUPYTER_NOTEBOOK = "JPY_SESSION_NAME"
_PARENT_PID = "JPY_PARENT_PID"


@dataclass(frozen=True)
class Host:
    """Who started this kernel, and what it was told."""

    started_by: Literal["server", "engine", "unknown"]
    session: SessionId | None
    notebook: str | None
    server_root: Path | None


def engine_environment(session: SessionId, notebook: Path) -> dict[str, str]:
    """Return what the engine adds to the environment of the kernel that it starts."""
    return {SESSION: session, NOTEBOOK: str(notebook)}


def announce_server(root: Path, environment: MutableMapping[str, str] = os.environ) -> None:
    """Say to every kernel that this process will start that it is a server's, and what its root is."""
    environment[SERVER_PID] = str(os.getpid())
    environment[SERVER_ROOT] = str(root)


def announced_notebook(environment: Mapping[str, str]) -> Path | None:
    """Return the notebook of a kernel that is about to start with these variables, None where nobody has said."""
    named = environment.get(NOTEBOOK) or environment.get(_JUPYTER_NOTEBOOK)
    return Path(named) if named else None


def take_host(environment: MutableMapping[str, str] = os.environ) -> Host:
    """Return who started this kernel, and take away what was meant for it alone."""
    session, notebook = environment.pop(SESSION, None), environment.pop(NOTEBOOK, None)
    if session and notebook:
        return Host("engine", SessionId(session), notebook, None)
    root = environment.get(SERVER_ROOT)
    server_root = Path(root) if root else None
    # A kernel that a cell started inherits these names, but not the parent.
    if environment.get(SERVER_PID) and environment.get(SERVER_PID) == environment.get(_PARENT_PID):
        return Host("server", None, environment.get(_JUPYTER_NOTEBOOK) or None, server_root)
    return Host("unknown", None, None, server_root)
