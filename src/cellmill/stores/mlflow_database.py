"""The making of a database on SQLite, which the user's own MLflow may be about to make as well.

MLflow makes its tables in place, in some seconds, and takes no heed of another process that does the same: each then
fails on what the other has half made. So ours is made aside and gets its name when it is whole, and one that somebody
else is making is waited for.
"""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_S = 60.0
_QUIET_S = 5.0  # whoever makes one writes to it more often
_LOOK_S = 0.1


def make_database(path: Path, *, make: Callable[[str], None], version: Callable[[], str | None]) -> None:
    """See to it that a whole database lies at a path. Of one that is there already nothing is changed.

    `make` makes one at a URI and lets go of it; `version` tells that of the schema it makes, as Alembic writes it
    down, and is asked where another was made a moment ago.
    """
    if not path.exists():
        ours = path.parent / ".cellmill"
        folder = ours if ours.is_dir() else path.parent
        with tempfile.TemporaryDirectory(dir=folder, prefix="mlflow-", ignore_cleanup_errors=True) as aside:
            made = Path(aside) / path.name
            make(f"sqlite:///{made.as_posix()}")
            with contextlib.suppress(FileExistsError):  # somebody was quicker
                _give_name(made, path)
                return
    ends_s = time.monotonic() + PATIENCE_S
    while _is_being_made(path, version) and time.monotonic() < ends_s:
        time.sleep(_LOOK_S)


def _give_name(made: Path, path: Path) -> None:
    """Let a file be found under a name that nobody has yet. Raises `FileExistsError` where somebody has."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise
    except OSError:  # exFAT, many network file systems, another device: there are no links to it
        with made.open("rb") as source, path.open("xb") as target:
            shutil.copyfileobj(source, target)


def _is_being_made(path: Path, version: Callable[[], str | None]) -> bool:
    """Whether it has another version, and was written to a moment ago: one that is merely old is left alone."""
    try:
        since_s = time.time() - path.stat().st_mtime
    except OSError:
        return False
    if since_s >= _QUIET_S:
        return False
    wanted = version()
    return wanted is not None and _version_of(path) != wanted


def _version_of(path: Path) -> str | None:
    with contextlib.suppress(sqlite3.Error):
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(found[0]) if found else None
    return None
