"""Is everything in place, and in order? Looks at the installation and at one project, and mends what it may."""

import os
import re
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cellmill.capture.sessions import Sessions
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError
from cellmill.core.files import FILE_MODE, FOLDER_MODE, check_writable
from cellmill.core.project import Project
from cellmill.core.words import age, count, size

State = Literal["fine", "note", "wrong"]

_NETWORK = ("nfs", "cifs", "smb", "afp", "fuse.sshfs", "9p", "lustre", "gpfs", "beegfs")
_SHA256 = re.compile(rb"\b[0-9a-f]{64}\b")
_DRAFT = re.compile(r"^\..+\.\d+\.[0-9a-f]{8}$")
# A kernel writes a blob before the event that names it.
_YOUNG_S = 3600.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `remedy` says what to do; `mended` what `--mend` has done about it."""

    name: str
    state: State
    what: str
    remedy: str = ""
    mended: str = ""


def examine(project: Project, sessions: Sessions, *, mend: bool = False, stop: bool = False) -> Iterator[Finding]:
    """Yield what is found, one thing after the other: the slow ones come last. `stop` ends the fork servers."""
    yield _hook()
    yield from _jupyter()
    yield _folder(project)
    yield _settings(project)
    if project.folder.is_dir():
        yield _privacy(project, mend=mend)
        yield _journals(project, sessions)
        yield _blobs(project, mend=mend)
        yield _drafts(project, mend=mend)
        yield _failures(sessions)
    yield from _kernels()
    yield from _fork_servers(stop=stop)
    yield _store(project, sessions, mend=mend)


# --- the installation


def _hook() -> Finding:
    """IPython runs the start-up files of its environment's folders: ours must be in one of them."""
    from IPython.core.application import ENV_CONFIG_DIRS, SYSTEM_CONFIG_DIRS

    for folder in (*ENV_CONFIG_DIRS, *SYSTEM_CONFIG_DIRS):
        if (Path(folder) / "startup" / "50-cellmill.py").exists():
            return Finding("kernel hook", "fine", f"kernels of {sys.prefix} are captured")
    return Finding(
        "kernel hook",
        "wrong",
        f"the start-up file of kernels is not in {Path(sys.prefix) / 'etc' / 'ipython' / 'startup'}",
        "Install cellmill again in this environment (not with --user): pip install --force-reinstall cellmill",
    )


def _jupyter() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    config = any((Path(p) / "jupyter_server_config.d" / "cellmill.json").exists() for p in jupyter_config_path())
    yield Finding(
        "server extension",
        "fine" if config else "wrong",
        "Jupyter Server loads it" if config else "no configuration of Jupyter Server names it",
        "" if config else "Switch it on with: jupyter server extension enable cellmill",
    )
    lab = any((Path(p) / "cellmill" / "package.json").exists() for p in jupyter_path("labextensions"))
    yield Finding(
        "sidebar",
        "fine" if lab else "wrong",
        "JupyterLab finds it" if lab else "JupyterLab finds no lab extension of this name",
        "" if lab else "Install cellmill again in the environment that JupyterLab runs in.",
    )


def _kernels() -> Iterator[Finding]:
    """A kernel may live in an environment of its own, where Cellmill must be installed too."""
    import subprocess

    from jupyter_client.kernelspec import KernelSpecManager

    for name, spec in sorted(KernelSpecManager().get_all_specs().items()):
        command = spec["spec"].get("argv") or [""]
        if spec["spec"].get("language") != "python" or _is_this(command[0]):
            continue
        try:
            ask = subprocess.run([command[0], "-c", "import cellmill"], capture_output=True, timeout=30, check=False)
            has = ask.returncode == 0
        except (OSError, subprocess.TimeoutExpired):
            yield Finding(f"kernel {name}", "note", f"its interpreter {command[0]} cannot be started")
            continue
        yield Finding(
            f"kernel {name}",
            "fine" if has else "note",
            f"{command[0]} has Cellmill" if has else f"{command[0]} has no Cellmill: its notebooks are not captured",
            "" if has else f"{command[0]} -m pip install cellmill",
        )


def _fork_servers(*, stop: bool) -> Iterator[Finding]:
    """Warm kernels are copies of these processes, and share their memory."""
    from cellmill.executors.warm.client import stop_servers
    from cellmill.executors.warm.places import can_fork
    from cellmill.wiring.fork_servers import fork_servers

    if not can_fork():
        yield Finding("fork servers", "fine", "kernels are not forked on this system: each is started from nothing")
        return
    found = tuple(fork_servers())
    if not found:
        yield Finding("fork servers", "fine", "none runs; the next headless run or replay starts one")
    for server in found:
        own = ", ".join(f"{size(kernel.shared)} ({size(kernel.own)} of its own)" for kernel in server.kernels)
        what = f"{size(server.memory.shared)}, started {age(server.started_ms, now_ms())}, "
        what += count(len(server.kernels), "kernel")
        what += f" of {own}" if own else ""
        what += f"; has imported {', '.join(server.modules)}" if server.modules else "; has imported no library yet"
        if server.later:
            what += "; leaves to its kernels " + ", ".join(f"{name} ({why})" for name, why in server.later.items())
        yield Finding(f"fork server {server.pid}", "fine", what)
    if stop and found:
        stop_servers()
        what = "asked to end; one that has kernels ends with the last of them"
        yield Finding("fork servers", "fine", what)


def _is_this(command: str) -> bool:
    if command in ("python", "python3", ""):
        return True
    return os.path.realpath(command) == os.path.realpath(sys.executable)


# --- the project


def _folder(project: Project) -> Finding:
    try:
        check_writable(project.folder if project.folder.is_dir() else project.root)
    except CellmillError as error:
        return Finding("project", "wrong", str(error))
    kind = _file_system(project.root)
    if kind is not None and project.store == project.default_store:
        return Finding(
            "project",
            "note",
            f"{project.root} lies on a network file system ({kind}), where SQLite may hang or lose data",
            "Keep the runs on an MLflow server: set MLFLOW_TRACKING_URI. Journals are safe where they are.",
        )
    return Finding("project", "fine", str(project.root))


def _file_system(path: Path) -> str | None:
    """Return the kind of network file system that a path lies on, None for one of this machine."""
    import psutil

    best = ("", "")
    for partition in psutil.disk_partitions(all=True):
        if path.is_relative_to(partition.mountpoint) and len(partition.mountpoint) > len(best[0]):
            best = (partition.mountpoint, partition.fstype)
    return best[1] if best[1].startswith(_NETWORK) else None


def _settings(project: Project) -> Finding:
    from cellmill.wiring.projects import settings_of

    try:
        settings = settings_of(project)
    except CellmillError as error:
        return Finding("settings", "wrong", str(error))
    if not settings.capture:
        return Finding("settings", "note", f"capture is off in {project.settings}")
    return Finding("settings", "fine", str(project.settings) if project.settings.exists() else "the defaults")


def _privacy(project: Project, *, mend: bool) -> Finding:
    if os.name != "posix":
        return Finding("privacy", "fine", "the rights of the folder are the system's")
    # A file of several names may be an installed package's too, whose rights are none of ours.
    open_to_others = [
        path
        for path, status in seen((project.folder, *below(project)))
        if not stat.S_ISLNK(status.st_mode)
        and status.st_mode & 0o077
        and (stat.S_ISDIR(status.st_mode) or status.st_nlink == 1)
    ]
    if not open_to_others:
        return Finding("privacy", "fine", "only you can read .cellmill")
    mended = ""
    if mend:
        for path in open_to_others:
            with suppress(FileNotFoundError):
                path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        mended = f"{count(len(open_to_others), 'file')} made private"
    what = f"others may read {count(len(open_to_others), 'file')} of .cellmill"
    return Finding("privacy", "wrong", what, "Make them private with: cellmill doctor --mend", mended)


def _journals(project: Project, sessions: Sessions) -> Finding:
    from cellmill.core.lines import from_line

    torn = unknown = 0
    for path in sorted(project.journals.glob("*.jsonl")):
        lines = path.read_bytes().split(b"\n")
        torn += bool(lines[-1])
        unknown += sum(1 for line in lines[:-1] if line and from_line(line) is None)
    alive = sum(1 for session in sessions.all() if session.ended is None)
    what = f"{count(len(sessions.all()), 'session')}, {alive} of them alive, {count(len(sessions.runs()), 'run')}"
    if torn or unknown:
        what += f"; {count(torn, 'last line')} cut off by a crash, {count(unknown, 'line')} passed over"
    return Finding("journals", "note" if torn or unknown else "fine", what)


def _blobs(project: Project, *, mend: bool) -> Finding:
    journals = project.journals.glob("*.jsonl")
    named = {match.group().decode() for path in journals for match in _SHA256.finditer(path.read_bytes())}
    total = lost_bytes = 0
    lost = []
    for path, status in seen(project.blobs.glob("*")):
        total += status.st_size
        if path.name not in named and not _DRAFT.match(path.name) and time.time() - status.st_mtime > _YOUNG_S:
            lost.append(path)
            lost_bytes += status.st_size
    if not lost:
        return Finding("blobs", "fine", f"{size(total)} of models, outputs and the like")
    return Finding(
        "blobs",
        "note",
        f"{size(total)}, of which {size(lost_bytes)} belong to no journal",
        "Remove them with: cellmill doctor --mend",
        _removed(lost) if mend else "",
    )


def _drafts(project: Project, *, mend: bool) -> Finding:
    """A process that is killed between writing and renaming leaves a draft behind."""
    left = [
        path
        for path, status in seen(path for path in below(project) if _DRAFT.match(path.name))
        if time.time() - status.st_mtime > _YOUNG_S
    ]
    if not left:
        return Finding("drafts", "fine", "nothing half-written is left behind")
    what = f"{count(len(left), 'draft')} of processes that were killed"
    return Finding("drafts", "note", what, "Remove them with: cellmill doctor --mend", _removed(left) if mend else "")


def below(project: Project) -> Iterator[Path]:
    """Yield all that lies in `.cellmill`, but for environments: uv fills those, with files of its cache."""
    for above, folders, files in os.walk(project.folder):
        here = Path(above)
        yield from (here / name for name in (*folders, *files))
        if here == project.folder:
            folders[:] = [name for name in folders if name != "environments"]


def seen(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield paths with their status; what is gone by then is passed over, for kernels write and remove as we look."""
    for path in paths:
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        yield path, status


def _removed(paths: list[Path]) -> str:
    for path in paths:
        path.unlink(missing_ok=True)
    return f"{count(len(paths), 'file')} removed"


def _failures(sessions: Sessions) -> Finding:
    failures = [failure for session in sessions.all()[-20:] for failure in session.failures]
    if not failures:
        return Finding("capture", "fine", "nothing of ours failed in the last sessions")
    what = f"{count(len(failures), 'failure')} of ours in the last sessions, the latest: {failures[-1]}"
    return Finding("capture", "note", what, "Please report it; the runs concerned say that they are incomplete.")


def _store(project: Project, sessions: Sessions, *, mend: bool) -> Finding:
    from cellmill.wiring.marks import pending
    from cellmill.wiring.projects import run_store
    from cellmill.wiring.recorder import record

    waiting = pending(sessions, project.store)
    if not project.has_store and not waiting:
        return Finding("MLflow", "fine", f"{project.store} is made with the first run")
    try:
        store = run_store(project)
        recent = sessions.all()[-1:]
        if recent:
            store.recorded(recent[0].session)
        if not waiting:
            return Finding("MLflow", "fine", f"{project.store} answers and is up to date")
        recorded = record(sessions, store) if mend else {}
    except CellmillError as error:
        return Finding("MLflow", "wrong", f"{error} {_waiting(len(waiting))}".strip())
    mended = f"{count(len(recorded), 'run')} brought up to date" if mend else ""
    return Finding("MLflow", "note", _waiting(len(waiting)), "Bring it up to date with: cellmill sync", mended)


def _waiting(sessions: int) -> str:
    if not sessions:
        return ""
    return f"{count(sessions, 'session')} to be recorded; the journals keep everything until then."
