"""What a step used, as its session's journal tells: files, modules, packages."""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cellmill.capture.journal import read_events
from cellmill.core.events import DistributionsSeen, ExecutionFinished, FilesDigested, FileUse, SessionStarted
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_runs import FileSeen, Installed
from cellmill.core.project import Project
from cellmill.wiring.looking import lasting, look, stamp_of


@dataclass
class Observed:
    """`was_seen` is False where nothing was captured: then nothing else is known."""

    was_seen: bool = False
    reads: tuple[FileSeen, ...] = ()
    writes: tuple[FileSeen, ...] = ()
    modules: tuple[FileSeen, ...] = ()
    distributions: dict[str, Installed] = field(default_factory=dict)


def observe(project: Project, session: SessionId) -> Observed:
    """Return what an ended session used. A file that it wrote is one that it wrote, also if it read it before."""
    events, _ = read_events(project.journal(session))
    uses: dict[str, tuple[FileUse, int]] = {}
    written: set[str] = set()
    modules: dict[str, FileSeen] = {}
    versions: dict[str, str] = {}
    started: SessionStarted | None = None
    for event in events:
        if isinstance(event, SessionStarted):
            started = event
        elif isinstance(event, (ExecutionFinished, FilesDigested)):
            for use in event.files:
                if use.mode == "written":
                    written.add(use.path)
                if use.sha256 is not None or use.path not in uses or use.mode == "written":
                    uses[use.path] = use, event.at_ms
            if isinstance(event, ExecutionFinished):
                for module in event.modules:
                    modules[module.path] = _module(project, module.path, module.sha256, event.at_ms)
        elif isinstance(event, DistributionsSeen):
            versions.update(event.distributions)
    if started is None:
        return Observed()
    seen = {path: _seen(project, use, at_ms) for path, (use, at_ms) in uses.items() if _lasts(project, path)}
    return Observed(
        was_seen=True,
        reads=tuple(seen[path] for path in sorted(seen) if path not in written),
        writes=tuple(seen[path] for path in sorted(seen) if path in written and not _is_temporary(project, path)),
        modules=tuple(modules[path] for path in sorted(modules)),
        distributions={
            "Python": Installed(started.python, started.executable),
            **_installed(versions, started.path),
        },
    )


def merged(root: Path, seen: Iterable[FileSeen], declared: Iterable[str]) -> tuple[FileSeen, ...]:
    """Return files that were seen and those that were declared, each once."""
    found = {file.path: file for file in seen}
    for path in declared:
        if path not in found:
            found[path] = look(root, path)
    return tuple(found.values())


def _seen(project: Project, use: FileUse, at_ms: int) -> FileSeen:
    path = project.relative(use.path) or use.path
    stamp = lasting(stamp_of(Path(use.path)), at_ms * 1_000_000)
    if use.sha256 is not None and (stamp or use.mode == "read"):
        return FileSeen(path, use.sha256, stamp)
    return look(project.root, path)


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
