"""What is there now: contents of files by their digests, read again only where a look at the file does not do."""

import glob
import hashlib
import os
import sys
import time
from pathlib import Path

from cellmill.core.pipeline_runs import FileSeen, Installed

LARGEST_READ = 2 * 1024**3
# A file that was changed this short a time ago may be changed again without a trace in its times.
_TICK_NS = 20_000_000
MOST_LISTED = 10_000
_BY_THEMSELVES = {"__pycache__", ".ipynb_checkpoints"}


def look(root: Path, path: str, known: FileSeen | None = None) -> FileSeen:
    """Return a file or a folder as it is now; its digest is None where it is gone. `known` may spare reading it.

    Of what is larger than 2 GB size and time stand for the content.
    """
    whole = root / path
    before_ns = time.time_ns()
    try:
        seen = os.stat(whole)  # noqa: PTH116 - asked of every file of every step
    except (OSError, ValueError):
        return FileSeen(path, None)
    if whole.is_dir():
        return _look_into(whole, path, known, before_ns)
    stamp = _stamp(seen)
    if known is not None and known.stamp == stamp and known.sha256 is not None:
        return known
    if seen.st_size > LARGEST_READ:
        return FileSeen(path, f"{seen.st_size} B at {seen.st_mtime_ns}")
    try:
        digest = _sha256(whole)
    except OSError:
        return FileSeen(path, None)
    return FileSeen(path, digest, lasting(stamp, before_ns))


def stamps_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the stamp of each file below a folder, or of the one file, by its whole path."""
    files = _below(path) if path.is_dir() else [path]
    return {str(file): stamp for file in files if (stamp := stamp_of(file))}


def changed_after(stamp: tuple[int, ...], at_ns: int) -> bool:
    """Whether a file was changed, or put in its place, later than this."""
    return bool(stamp) and max(stamp[1], stamp[2]) > at_ns


def files_like(root: Path, pattern: str) -> tuple[str, ...]:
    """Return the files that are like a pattern, as it is written: from the root, or whole.

    More than 10,000 come as one text, which another number or another name changes.
    """
    found = glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207 - `Path.glob` takes no whole pattern
    files = sorted({Path(name).as_posix() for name in found if (root / name).is_file()})
    if len(files) > MOST_LISTED:
        return (f"{len(files)} files: {hashlib.sha256(chr(10).join(files).encode('utf-8', 'replace')).hexdigest()}",)
    return tuple(files)


def stamp_of(path: Path) -> tuple[int, ...]:
    """Return what a change of the file changes; empty for one that is not there."""
    try:
        return _stamp(path.stat())
    except OSError:
        return ()


def lasting(stamp: tuple[int, ...], read_ns: int) -> tuple[int, ...]:
    """Return a stamp that stands for what was read at this time, empty where the file had only just been changed."""
    return stamp if stamp and max(stamp[1], stamp[2]) < read_ns - _TICK_NS else ()


def version_now(name: str, known: Installed) -> str | None:
    """Return the version of a distribution where a step had it from, None where it has gone."""
    if not known.folder:
        return known.version
    if name == "Python":
        if known.folder == sys.executable:
            return sys.version.split()[0]
        return known.version if Path(known.folder).exists() else None
    if Path(known.folder).exists():
        return known.version
    from importlib.metadata import Distribution

    found = Distribution.discover(name=name, path=[str(Path(known.folder).parent)])
    return next((each.version for each in found), None)


def _stamp(seen: os.stat_result) -> tuple[int, ...]:
    return (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino)


def _look_into(folder: Path, path: str, known: FileSeen | None, before_ns: int) -> FileSeen:
    """Of a folder that holds more than 2 GB sizes and times stand for the contents."""
    stamps = stamps_in(folder)
    digest = hashlib.sha256(repr(sorted(stamps.items())).encode("utf-8", "replace")).hexdigest()
    latest = [max((one[part] for one in stamps.values()), default=0) for part in (1, 2)]
    stamp = (len(stamps), *latest, int(digest[:12], 16))
    if known is not None and known.stamp == stamp and known.sha256 is not None:
        return known
    if sum(one[0] for one in stamps.values()) > LARGEST_READ:
        return FileSeen(path, f"{len(stamps)} files: {digest}")
    try:
        return FileSeen(path, _of_folder(folder), lasting(stamp, before_ns))
    except OSError:
        return FileSeen(path, None)  # one that went as it was read


def _below(folder: Path) -> list[Path]:
    """Return the files below a folder, without what Python and Jupyter put there by themselves."""
    found = []
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _BY_THEMSELVES]
        found += [path for name in names if (path := Path(above, name)).is_file()]
    return found


def _of_folder(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(_below(folder)):
        whole.update(f"{path.relative_to(folder).as_posix()}\n{_sha256(path)}\n".encode("utf-8", "replace"))
    return whole.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
