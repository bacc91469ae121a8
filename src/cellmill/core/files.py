"""Files that are whole or absent: never half-written, never readable by others."""

import contextlib
import os
import threading
from pathlib import Path

from cellmill.core.errors import FolderNotWritable

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_asking_umask = threading.Lock()


def make_folder(folder: Path, *, mode: int = FOLDER_MODE) -> None:
    """Make a folder and those above it, private unless `mode` says otherwise. Raises `FolderNotWritable`."""
    try:
        # Not `parents=True`: the folders above would be open to others.
        for above in reversed([above for above in folder.parents if not above.exists()]):
            above.mkdir(mode=mode, exist_ok=True)
        folder.mkdir(mode=mode, exist_ok=True)
    except OSError as error:
        raise FolderNotWritable(str(folder), reason=words_of(error)) from error


def write_atomically(path: Path, content: bytes, *, mode: int = FILE_MODE) -> None:
    """Write a file in one step: a reader sees the old content or the new. Private unless `mode` says otherwise.

    Raises `FolderNotWritable`.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if mode != FILE_MODE:
                os.fchmod(descriptor, mode)  # the umask has no say in it
        os.replace(draft, path)  # noqa: PTH105 - the one call that is atomic on every system
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise FolderNotWritable(str(path.parent), reason=words_of(error)) from error


def check_writable(folder: Path) -> None:
    """Raise `FolderNotWritable` unless files can be made in a folder. Asks by making one: a file system may lie."""
    probe = folder / f".cellmill-{os.urandom(4).hex()}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
        probe.unlink()
    except OSError as error:
        raise FolderNotWritable(str(folder), reason=words_of(error)) from error


def umask() -> int:
    """Return this process's umask. Several threads may ask: to ask the system means to set it, and to set it back."""
    with contextlib.suppress(OSError, ValueError, StopIteration), open("/proc/self/status", "rb") as status:  # noqa: PTH123
        return int(next(line for line in status if line.startswith(b"Umask:")).split()[1], 8)
    with _asking_umask:
        found = os.umask(0o077)
        os.umask(found)
    return found


def words_of(error: OSError) -> str:
    """Return what went wrong, in the middle of a sentence."""
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return "a file is in the way"
    return (error.strerror or str(error)).lower()
