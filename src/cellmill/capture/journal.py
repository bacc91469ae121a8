"""A journal on disk: JSON Lines, one writer, append-only."""

import contextlib
import json
import os
import threading
import weakref
from pathlib import Path

from cellmill.capture.secrets import Masker
from cellmill.core.errors import FolderNotWritable
from cellmill.core.events import Event
from cellmill.core.files import FILE_MODE, make_folder, words_of
from cellmill.core.lines import from_line, to_line


class JournalWriter:
    """Appends events to one file. Each is handed to the system whole before `append` returns.

    That survives the death of the process; against the death of the machine the file would have to be
    synced, at about half a millisecond for each event (measured), which the user's cell would pay.
    """

    def __init__(self, path: Path) -> None:
        """Open the journal, making its folder. Raises `FolderNotWritable`."""
        self.path = path
        self.masker = Masker()
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._torn = False
        self.is_closed = False
        """Whether nothing can be appended any more: it was closed, or this process is a forked child."""
        self._descriptor: int | None
        self._descriptor, self._inode = self._open()

    def _open(self) -> tuple[int, int]:
        make_folder(self.path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
        try:
            descriptor = os.open(self.path, flags, FILE_MODE)
            return descriptor, os.fstat(descriptor).st_ino
        except OSError as error:
            raise FolderNotWritable(str(self.path.parent), reason=words_of(error)) from error

    def append(self, event: Event) -> None:
        """Write one event, what is secret in it masked. Raises OSError.

        A forked child writes nothing: the journal belongs to its parent. Nor does a writer that was closed.
        """
        if os.getpid() != self._owner:
            return
        line = to_line(self.masker.mask_event(event))
        with self._lock:
            if self._descriptor is None:  # its number may be that of a file of the user's by now
                return
            if self._torn:
                line = b"\n" + line
            self._torn = True  # until the line is known to be whole
            if os.write(self._descriptor, line) != len(line):
                raise OSError(28, "the disk took only a part of the line", str(self.path))
            self._torn = False

    def close_in_children(self) -> None:
        """Be closed in every child that this process forks: what happens there is nobody's to write."""
        known = weakref.ref(self)

        def forked() -> None:
            here = known()
            if here is not None:
                here.is_closed = True

        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=forked)

    def is_there(self) -> bool:
        """Return whether the file still has its name: a user may have removed the folder."""
        try:
            return os.stat(self.path).st_ino == self._inode  # noqa: PTH116 - Path.stat costs twice as much
        except OSError:
            return False

    def reopen(self, first: Event) -> None:
        """Start the file anew after it was removed, with this event. Raises `FolderNotWritable`, OSError."""
        line = to_line(self.masker.mask_event(first))
        with self._lock:
            # Opened first: a number that is closed and kept soon belongs to a file of the user's.
            former = self._descriptor
            self._descriptor, self._inode = self._open()
            if former is not None:
                os.close(former)
            self._torn = os.write(self._descriptor, line) != len(line)

    def close(self) -> None:
        """Give the file back. What is appended after is dropped."""
        if os.getpid() != self._owner:
            return
        self.is_closed = True
        with self._lock:
            descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def append_once(path: Path, *events: Event) -> None:
    """Open a journal, append and close: for writers that have a word to say now and then."""
    writer = JournalWriter(path)
    try:
        for event in events:
            writer.append(event)
    finally:
        writer.close()


def append_late(path: Path, *events: Event) -> None:
    """As `append_once`, of a session that may have ended: who watches the folder looks at it again at once."""
    append_once(path, *events)
    with contextlib.suppress(OSError):  # another's folder: it is looked at in a minute
        os.utime(path.parent)


def torn_lines(path: Path) -> int:
    """Return how many whole lines of a journal are not JSON: what they said is lost. 0 where there is no journal."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except OSError:
        return 0
    torn = 0
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            torn += bool(line.strip())
    return torn


def read_events(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Return the events after a byte offset, and the offset to go on from.

    A last line without its newline is left for the next time; a torn line in the middle is passed over.
    Returns nothing for a file that is not there.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read()
    except FileNotFoundError:
        return [], offset
    end = content.rfind(b"\n") + 1
    events = [event for line in content[:end].splitlines() if (event := from_line(line)) is not None]
    return events, offset + end
