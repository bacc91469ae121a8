"""An executed notebook on disk: saved on a timer and at the end, never half-written."""

import stat
import time
from collections.abc import Callable
from pathlib import Path

from cellmill.core.files import umask, write_atomically

LEAST_S = 1.0
# So much of the time may go into saving: a notebook with large outputs is saved less often.
_SHARE = 0.05


class Saving:
    """Saves when something has changed and the last time is long enough ago."""

    def __init__(self, save: Callable[[], None], *, least_s: float = LEAST_S) -> None:
        self._save = save
        self._least_s = least_s
        self._next_s = time.monotonic() + least_s
        self._has_changed = False

    def changed(self) -> None:
        """Something is to be saved, now or soon."""
        self._has_changed = True
        self.look()

    def look(self) -> None:
        """Save if it is time."""
        if self._has_changed and time.monotonic() >= self._next_s:
            self.now()

    def now(self) -> None:
        """Save at once."""
        began_s = time.monotonic()
        self._save()
        ended_s = time.monotonic()
        self._has_changed = False
        self._next_s = ended_s + max(self._least_s, (ended_s - began_s) / _SHARE)


def write_executed(path: Path, content: bytes) -> None:
    """Write an executed notebook, which is as open to others as the user's own files are."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)  # /dev/null, or a pipe: it stays what it is
    else:
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~umask()
        write_atomically(path.resolve(), content, mode=mode)
