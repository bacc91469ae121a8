"""What a step used, as its session's journal tells: files, modules, packages."""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cellmill.capture.journal import read_events
from cellmill.core.event_parts import CHANGED, FileUse
from cellmill.core.events import DistributionsSeen, ExecutionFinished, ExecutionStarted, FilesDigested, SessionStarted
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_runs import MEANWHILE, FileSeen, Installed
from cellmill.core.project import Project
from cellmill.wiring.looking import changed_after, lasting, look, stamp_of


@dataclass
class Observed:
    """`was_seen` is False where nothing was captured: then nothing else is known.

    `more_in` are folders in which it read more files than are told one by one.
    """

    was_seen: bool = False
    reads: tuple[FileSeen, ...] = ()
    writes: tuple[FileSeen, ...] = ()
    modules: tuple[FileSeen, ...] = ()
    distributions: dict[str, Installed] = field(default_factory=dict)
    more_in: tuple[str, ...] = ()
    cells: tuple[tuple[str, str], ...] = ()
    """The sources that ran, each with the folder that it began in."""


def observe(project: Project, session: SessionId) -> Observed:
    """Return what an ended session used. A file that it wrote is one that it wrote, also if it read it before.

    What it did not write, and somebody has changed since it began to read it, matches no file.
    """
    events, _ = read_events(project.journal(session))
    uses: dict[str, tuple[FileUse, int]] = {}
    written: set[str] = set()
    digests: dict[str, str] = {}
    changed: set[str] = set()
    more: set[str] = set()
    modules: dict[str, FileSeen] = {}
    versions: dict[str, str] = {}
    started: SessionStarted | None = None
    cwd, cells = "", []
    for event in events:
        if isinstance(event, SessionStarted):
            started, cwd = event, event.cwd
        elif isinstance(event, ExecutionStarted):
            cwd = event.cwd or cwd
            cells.append((event.source, cwd))
        elif isinstance(event, (ExecutionFinished, FilesDigested)):
            for use in event.files:
                if use.mode == "written":
                    written.add(use.path)
                elif use.note in CHANGED or (use.sha256 and digests.setdefault(use.path, use.sha256) != use.sha256):
                    changed.add(use.path)
                if use.sha256 is not None or use.path not in uses or use.mode == "written":
                    uses[use.path] = use, event.at_ms
            if isinstance(event, ExecutionFinished):
                more.update(event.more_files_in)
                for module in event.modules:
                    if module.note in CHANGED or digests.setdefault(module.path, module.sha256) != module.sha256:
                        changed.add(module.path)
                    modules[module.path] = _module(project, module.path, module.sha256, event.at_ms)
        elif isinstance(event, DistributionsSeen):
            versions.update(event.distributions)
    if started is None:
        return Observed()
    seen = {path: _seen(project, use, at_ms) for path, (use, at_ms) in uses.items() if _lasts(project, path)}
    for path in (changed & seen.keys()) - written:
        seen[path] = unlike_any(look(project.root, seen[path].path))
    for path in (changed & modules.keys()) - written:
        modules[path] = unlike_any(modules[path])
    return Observed(
        was_seen=True,
        reads=tuple(seen[path] for path in sorted(seen) if path not in written),
        writes=tuple(seen[path] for path in sorted(seen) if path in written and not _is_temporary(project, path)),
        modules=tuple(modules[path] for path in sorted(modules)),
        distributions={
            "Python": Installed(started.python, started.executable),
            **_installed(versions, started.path),
        },
        more_in=tuple(project.relative(folder) or folder for folder in sorted(more)),
        cells=tuple(cells),
    )


def _seen(project: Project, use: FileUse, at_ms: int) -> FileSeen:
    path = project.relative(use.path) or use.path
    stamp = lasting(stamp_of(Path(use.path)), at_ms * 1_000_000)
    if use.sha256 is not None and (stamp or use.mode == "read"):
        return FileSeen(path, use.sha256, stamp)
    is_later = use.mode == "read" and changed_after(stamp_of(Path(use.path)), at_ms * 1_000_000)
    now = look(project.root, path)
    return unlike_any(now) if is_later else now


def unlike_any(file: FileSeen) -> FileSeen:
    """Return what is kept of a file that was changed while a step used it."""
    return file if file.sha256 is None or file.was_changed else FileSeen(file.path, f"{MEANWHILE}{file.sha256}")


def _module(project: Project, path: str, digest: str, at_ms: int) -> FileSeen:
    return FileSeen(project.relative(path) or path, digest, lasting(stamp_of(Path(path)), at_ms * 1_000_000))


def _lasts(project: Project, path: str) -> bool:
    """Whether a file is more than a step's own scratch: still there, and no journal of ours."""
    return os.path.exists(path) and not path.startswith(f"{project.folder}{os.sep}")  # noqa: PTH110


def _is_temporary(project: Project, path: str) -> bool:
    """Whether what is written there is a cache, or scratch, which may go at any time."""
    if path.startswith(f"{project.root}{os.sep}"):
        return False
    hidden = os.path.join(os.path.expanduser("~"), ".")  # noqa: PTH111, PTH118
    return path.startswith((f"{tempfile.gettempdir()}{os.sep}", hidden))


def _installed(versions: dict[str, str], path: tuple[str, ...]) -> dict[str, Installed]:
    from importlib.metadata import Distribution

    found = {}
    for name, version in versions.items():
        folder = ""
        for distribution in Distribution.discover(name=name, path=list(path)):
            folder = str(getattr(distribution, "_path", ""))  # which importlib.metadata tells nobody
            break
        found[name] = Installed(version, folder)
    return found
