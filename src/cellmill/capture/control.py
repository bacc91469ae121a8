"""How the world outside speaks to a kernel: one small file that the kernel looks at before each cell.

A message would queue behind a running cell and a magic would need a free prompt; a file needs neither,
and everyone who may say it (sidebar, magic, command line) says it in the same way.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.project import Project


@dataclass(frozen=True)
class Control:
    """What a kernel is told. `notebook` is None when nobody has said which notebook it serves."""

    paused: bool = False
    notebook: str | None = None


def control_path(project: Project, kernel: str) -> Path:
    """Return the file of one kernel. Named by the kernel, not the session: a pause outlives a restart."""
    return project.controls / f"{kernel}.json"


def read_control(path: Path) -> Control:
    """Return what the kernel is told; the defaults where there is no file, or none that can be read."""
    try:
        said = json.loads(path.read_text("utf-8"))
        return Control(paused=bool(said.get("paused")), notebook=said.get("notebook"))
    except (OSError, ValueError, AttributeError):
        return Control()


def write_control(path: Path, control: Control) -> None:
    """Tell the kernel. Raises `FolderNotWritable`."""
    make_folder(path.parent)
    write_atomically(path, json.dumps(asdict(control)).encode())


class ControlWatch:
    """Reads the control file again only when it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._control = Control()

    def look(self) -> Control:
        """Return what the kernel is told now."""
        if self._seen is None and not os.access(self._path, os.F_OK):
            return self._control  # as before; an exception for a file that is not there costs more than asking
        try:
            status = os.stat(self._path)  # noqa: PTH116 - Path.stat costs twice as much
        except OSError:
            seen = None
        else:
            seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            self._seen = seen
            self._control = read_control(self._path) if seen else Control()
        return self._control
