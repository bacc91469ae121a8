"""A folder of its own for a replay: the project's files stand in it as links, and nothing of the user's is written.

SCRATCH/1/2/3/4/NAME/      the project, folder by folder; its files are links to the user's
SCRATCH/1/2/…              files that a notebook reaches with `../`
SCRATCH/temporary/         what `tempfile` gives
SCRATCH/lock               held as long as the replay lives: what a killed one left is cleared away by the next
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cellmill.core.files import make_folder
from cellmill.core.replay_errors import NoScratch

MOST_LINKS = 20_000
YOUNG_S = 10.0  # a folder that was just made may not be locked yet
_NOT_LINKED = {".git", ".hg", ".cellmill", "mlruns", "mlartifacts", "mlflow.db", "node_modules", "__pycache__"}
_NOT_LINKED |= {".ipynb_checkpoints", ".venv", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", "executed"}
_PREFIX = "cellmill-replay-"
_DEPTH = ("1", "2", "3", "4")


@dataclass(frozen=True)
class Scratch:
    """`root` stands for the project's root; `folder` holds all."""

    folder: Path
    root: Path
    project_root: Path

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    def place_of(self, path: str | Path) -> Path:
        """Return where a file of the user's stands here; itself where it can be reached by its whole path alone."""
        relative = Path(os.path.relpath(path, self.project_root))
        ups = sum(1 for part in relative.parts if part == "..")
        return self.root / relative if ups <= len(_DEPTH) else Path(path)


@contextmanager
def scratch(
    project_root: Path,
    *,
    inputs: Iterable[str],
    written: Iterable[str],
    left_out: Iterable[str],
    makes_folder: Callable[[str], bool] = lambda name: False,
) -> Iterator[Scratch]:
    """Give a scratch folder, which is gone afterwards.

    `inputs` are files that must be there, `written` those that the replay will write: of these an input
    is copied, and the others are not there yet. `left_out` are files that had not been there either. An empty
    folder is not there yet where the replay `makes_folder` of its name.

    Raises `NoScratch` when there is no space, or no right to write.
    """
    _clear_away_what_was_left()
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as error:
        raise NoScratch(tempfile.gettempdir(), reason=(error.strerror or str(error)).lower()) from error
    lock = FileLock(folder / "lock", timeout=0)
    try:
        made = Scratch(folder, folder.joinpath(*_DEPTH, project_root.name or "project"), project_root)
        try:
            lock.acquire()
            make_folder(made.temporary)
            make_folder(made.root)
            needed = [os.path.realpath(path) for path in inputs]
            absent = {os.path.realpath(path) for path in (*written, *left_out)} - set(needed)
            _link_tree(made, absent)
            _remove_empty(made, makes_folder)
            for path in needed:
                _place(made, path, copied=path in {os.path.realpath(other) for other in written})
        except OSError as error:
            raise NoScratch(str(folder), reason=(error.strerror or str(error)).lower()) from error
        yield made
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)  # what a dying kernel still writes there is nobody's


def _clear_away_what_was_left() -> None:
    """Remove the folders of replays that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        lock = FileLock(folder / "lock", timeout=0)
        try:
            if time.time() - folder.stat().st_mtime > YOUNG_S and (folder / "lock").exists():
                lock.acquire()
        except (OSError, Timeout):
            continue  # it lives, or is somebody else's
        if lock.is_locked:
            lock.release()
            shutil.rmtree(folder, ignore_errors=True)


def _link_tree(made: Scratch, absent: set[str]) -> None:
    left = MOST_LINKS
    for folder, folders, files in os.walk(made.project_root):
        folders[:] = sorted(n for n in folders if not _is_left_out(folder, n))
        here = made.root / Path(folder).relative_to(made.project_root)
        make_folder(here)
        for name in sorted(files):
            path = os.path.join(folder, name)  # noqa: PTH118 - of thousands of files
            if name in _NOT_LINKED or os.path.realpath(path) in absent:
                continue
            if left <= 0:
                return  # of a folder this large only what is known to be needed
            os.symlink(path, here / name)  # noqa: PTH211
            left -= 1


def _remove_empty(made: Scratch, makes_folder: Callable[[str], bool]) -> None:
    """`os.mkdir("plots")` fails where the folder is there already: it was not when the cell ran."""
    for folder, _, _ in os.walk(made.root, topdown=False):
        if folder != str(made.root) and not os.listdir(folder) and makes_folder(Path(folder).name):  # noqa: PTH208
            Path(folder).rmdir()


def _is_left_out(folder: str, name: str) -> bool:
    """An environment, what is ours, and scratch folders: where temporary files lie in the project, this one too."""
    return name in _NOT_LINKED or name.startswith(_PREFIX) or _is_environment(Path(folder, name))


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").exists() or (folder / "conda-meta").exists()


def _place(made: Scratch, path: str, *, copied: bool) -> None:
    place = made.place_of(path)
    if place == Path(path) or not Path(path).exists():
        return
    make_folder(place.parent)
    if copied:
        place.unlink(missing_ok=True)
        shutil.copy2(path, place)
        place.chmod(0o600)
    elif not os.path.lexists(place):
        place.symlink_to(path)
