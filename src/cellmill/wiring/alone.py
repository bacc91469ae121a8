"""One process at a time: what holds a lock file, and what is said to the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cellmill.core.errors import CellmillError
from cellmill.core.files import make_folder

LOCK_MODE = 0o600


@contextmanager
def only_one(lock: Path, *, otherwise: CellmillError, patience_s: float = 0) -> Iterator[None]:
    """Hold a lock file, whose folder is made. Raises `otherwise` where another keeps it, and `FolderNotWritable`."""
    import filelock

    make_folder(lock.parent)
    held = filelock.FileLock(lock, timeout=patience_s, mode=LOCK_MODE)
    try:
        held.acquire()
    except filelock.Timeout:
        raise otherwise from None
    try:
        yield
    finally:
        held.release()
