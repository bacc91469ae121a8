"""Which store is this? A database may be removed and made anew, in the same place and under the same name."""

import os
import sqlite3
from contextlib import closing
from functools import lru_cache
from urllib.parse import quote

_FILE = "sqlite:///"


def identity_of(uri: str) -> str | None:
    """Return a store's URI; of a SQLite file also its number and when MLflow made it, as its first experiment says.

    The number alone does not tell: a file system gives that of a removed file to the next one.
    Empty where there is no database, None while another program holds it.
    """
    if not uri.startswith(_FILE):
        return uri
    path = uri.removeprefix(_FILE)
    try:
        status = os.stat(path)  # noqa: PTH116 - asked often
        return f"{uri}#{status.st_ino}-{_made_ms(path, (status.st_ino, status.st_mtime_ns, status.st_size))}"
    except sqlite3.OperationalError as error:
        return None if "locked" in str(error) else ""
    except (OSError, sqlite3.DatabaseError):
        return ""  # not there, or nothing of MLflow's


@lru_cache(maxsize=16)
def _made_ms(path: str, _state: tuple[int, int, int]) -> int | None:
    """Read again only when the file has changed, and without waiting: the server's loop asks."""
    with closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=0.05)) as database:
        row: tuple[int | None] = database.execute("SELECT min(creation_time) FROM experiments").fetchone()
        return row[0]
