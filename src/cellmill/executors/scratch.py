"""A folder of its own for a replay: the project's files stand in it as links, and nothing of the user's is written.

SCRATCH/1/2/3/4/NAME/      the project, folder by folder; its files are links to the user's, but for those that
                           came while the session ran and that it is not known to have read;
                           notebooks and Python files are copies, by which people find their folder;
                           of very many files whole folders are links, in which nothing can be written
SCRATCH/1/2/…              files that a notebook reaches with `../`
SCRATCH/temporary/         what `tempfile` gives
SCRATCH/lock               held as long as the replay lives: what a killed one left is cleared away by the next
"""

import os
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from cellmill.core.files import make_folder
from cellmill.core.replay_errors import NoScratch

MOST_LINKS, MOST_WALKED = 20_000, 2_000_000
MOST_FOLLOWED = 1_000
LARGEST_COPY_BYTES, COPIES_BYTES, COPIES_BY_HAND_BYTES = 10_000_000, 200_000_000, 50_000_000
YOUNG_S = 10.0  # a folder that was just made may not be locked yet
_OF_REPOSITORIES = (".git", ".hg")
_NOT_LINKED = {*_OF_REPOSITORIES, ".cellmill", "mlruns", "mlartifacts", "mlflow.db", "node_modules", "__pycache__"}
_NOT_LINKED |= {".ipynb_checkpoints", ".venv", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", "executed"}
# What people write while a session runs; what a cell writes of these is heard.
_WRITTEN_BY_HAND = (".py", ".ipynb")
_PREFIX = "cellmill-replay-"
_DEPTH = ("1", "2", "3", "4")


@dataclass(frozen=True)
class Scratch:
    """`root` stands for the project's root; `folder` holds all.

    `withheld` are files of the user's that are not here, for a cell that is not known to may have written them.
    """

    folder: Path
    root: Path
    project_root: Path
    withheld: list[str] = field(default_factory=list)
    not_there: list[str] = field(default_factory=list)
    """Folders of a project that is too large to be walked through: they are not here."""

    @property
    def temporary(self) -> Path:
        return self.folder / "temporary"

    def place_of(self, path: str | Path) -> Path:
        """Return where a file of the user's stands here; itself where it can be reached by its whole path alone."""
        relative = Path(os.path.relpath(path, self.project_root))
        ups = sum(1 for part in relative.parts if part == "..")
        return self.root / relative if ups <= len(_DEPTH) else Path(path)

    def unfold(self, place: Path) -> None:
        """Put folders of links where links to folders stand above a place: nothing is put into a user's folder."""
        for folder in reversed(place.parents):
            if not (folder.is_relative_to(self.folder) and folder.is_symlink()):
                continue
            leads_to = folder.resolve()
            if leads_to.is_relative_to(self.folder.resolve()):
                continue
            folder.unlink()
            folder.mkdir()
            for entry in leads_to.iterdir():
                (folder / entry.name).symlink_to(entry)


@contextmanager
def scratch(
    project_root: Path,
    *,
    inputs: Iterable[str],
    written: Iterable[str],
    left_out: Iterable[str],
    makes_folder: Callable[[str], bool] = lambda name: False,
    known: Iterable[str] = (),
    began_ns: int | None = None,
    copied: Collection[str] = (),
) -> Iterator[Scratch]:
    """Give a scratch folder, which is gone afterwards.

    `inputs` are files that must be there, `written` those that the replay will write: of these an input
    is copied, and the others are not there yet. `left_out` are files that had not been there either. An empty
    folder is not there yet where the replay `makes_folder` of its name.

    What was changed after the session `began_ns` is withheld, but for inputs, what else is `known` to have been
    there, and what people write by hand. Of what is to be `copied` nothing is withheld.

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
            needed = {path: os.path.realpath(path) for path in inputs}
            missing = {
                path: real for path in (*written, *left_out) if (real := os.path.realpath(path)) not in needed.values()
            }
            there = {*needed.values(), *(os.path.realpath(path) for path in known)}
            _link_tree(made, set(missing.values()), _Young(began_ns, there, frozenset(copied)))
            _mark(made)
            _remove_empty(made, makes_folder)
            for path in missing:
                _take_away(made, path)
            changed = {os.path.realpath(path) for path in written}
            for path, real in needed.items():
                _place(made, path, copied=real in changed)
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


@dataclass
class _Young:
    """Files that came after the session had begun, by whomever: `there` and `copied` are not withheld."""

    began_ns: int | None
    there: set[str]
    copied: frozenset[str]
    left: int = COPIES_BYTES
    left_by_hand: int = COPIES_BY_HAND_BYTES

    def is_withheld(self, path: str) -> bool:
        if self.began_ns is None or path in self.copied or path.endswith(_WRITTEN_BY_HAND):
            return False
        try:
            is_young = os.stat(path).st_mtime_ns >= self.began_ns  # noqa: PTH116 - of thousands of files
        except OSError:
            return False  # a link that leads nowhere
        return is_young and os.path.realpath(path) not in self.there

    def is_to_be_copied(self, path: str) -> bool:
        """Whether there is space for a copy, which may be written over, and leads nowhere when it is resolved."""
        by_hand = path.endswith(_WRITTEN_BY_HAND)
        if not by_hand and path not in self.copied:
            return False
        try:
            size = os.path.getsize(path) if os.access(path, os.R_OK) else None  # noqa: PTH202
        except OSError:
            return False
        if size is None or size > LARGEST_COPY_BYTES or size > (self.left_by_hand if by_hand else self.left):
            return False
        if by_hand:
            self.left_by_hand -= size
        else:
            self.left -= size
        return True


def _link_tree(made: Scratch, absent: set[str], young: _Young) -> None:
    followed: set[str] = set()
    found: list[tuple[str, list[str], bool]] = []
    walked = 0
    for folder, folders, files in _walk(made.project_root):
        if walked > MOST_WALKED:
            made.not_there.append(folder)
            folders.clear()
            continue
        walked += len(files)
        is_leaf = not folders and folder != str(made.project_root)
        folders[:] = sorted(n for n in folders if not _is_left_out(folder, n))
        here = made.root / Path(folder).relative_to(made.project_root)
        make_folder(here)
        folders[:] = [name for name in folders if not _is_linked(made, os.path.join(folder, name), here, followed)]  # noqa: PTH118
        found.append((folder, sorted(files), is_leaf))
    left = MOST_LINKS
    found.sort(key=lambda each: len(each[1]))  # a folder of pictures comes after all modules
    for folder, files, is_leaf in found:
        left -= _link_files(made, folder, files, absent, young, left=left if is_leaf else None)


def _walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Give each folder, the names of the folders in it and of its files, those of one depth before all deeper ones.

    As with `os.walk` folders are not gone into whose names are removed, and what cannot be read is passed over.
    """
    waiting = deque([str(root)])
    while waiting:
        folder = waiting.popleft()
        _, folders, files = next(os.walk(folder, followlinks=True), (folder, [], []))
        yield folder, folders, files
        waiting.extend(os.path.join(folder, name) for name in folders)  # noqa: PTH118 - of thousands of folders


def _link_files(
    made: Scratch, folder: str, files: list[str], absent: set[str], young: _Young, *, left: int | None
) -> int:
    """Link what is to be there of a folder, and return how many links that took.

    One with more files than there are links `left`, None where it cannot be a link, is one itself, if all of it is to
    be there and nothing of it is to be copied.
    """
    here = made.root / Path(folder).relative_to(made.project_root)
    there: list[tuple[str, str]] = []
    for name in files:
        path = os.path.join(folder, name)  # noqa: PTH118 - of thousands of files
        if name in _NOT_LINKED or os.path.realpath(path) in absent:
            continue
        if young.is_withheld(path):
            made.withheld.append(path)
        else:
            there.append((name, path))
    is_whole = len(there) == len(files) and not any(path.endswith(_WRITTEN_BY_HAND) for path in files)
    if left is not None and len(there) > left and is_whole and young.copied.isdisjoint(path for _, path in there):
        here.rmdir()
        here.symlink_to(folder)
        return 1
    for name, path in there:
        if young.is_to_be_copied(path):
            _copy(Path(path), here / name)
        else:
            os.symlink(path, here / name)  # noqa: PTH211
    return len(there)


def _mark(made: Scratch) -> None:
    """Who looks for the root of a repository finds it by an empty folder: through a link git could write into it."""
    for above in (made.project_root, *made.project_root.parents[: len(_DEPTH)]):
        for name in _OF_REPOSITORIES:
            if (above / name).exists():
                make_folder(made.place_of(above) / name)


def _is_linked(made: Scratch, path: str, here: Path, followed: set[str]) -> bool:
    """Whether a folder is a link, and was linked: within the project to its place here, a large one as it is."""
    if not os.path.islink(path):  # noqa: PTH114
        return False
    real = os.path.realpath(path)
    inner = Path(real).is_relative_to(made.project_root)
    if not inner and real not in followed and not made.project_root.is_relative_to(real) and _is_small(real):
        followed.add(real)
        return False
    (here / os.path.basename(path)).symlink_to(made.place_of(real) if inner else real)  # noqa: PTH119
    return True


def _is_small(folder: str) -> bool:
    count = 0
    for _, folders, files in os.walk(folder):
        count += len(folders) + len(files)
        if count > MOST_FOLLOWED:
            return False
    return True


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


def _take_away(made: Scratch, path: str) -> None:
    """A file that is in a folder of the user's, which is here as a link, is taken away from a folder of links."""
    place = made.place_of(path)
    if place.is_relative_to(made.folder):
        made.unfold(place)
        if place.is_symlink() and not place.is_dir():
            place.unlink()


def _place(made: Scratch, path: str, *, copied: bool) -> None:
    place = made.place_of(path if Path(path).is_relative_to(made.project_root) else os.path.realpath(path))
    if not place.is_relative_to(made.folder) or not Path(path).exists():
        return
    if copied:
        made.unfold(place)
    make_folder(place.parent)
    if copied:
        place.unlink(missing_ok=True)
        _copy(Path(path), place)
    elif not os.path.lexists(place):
        place.symlink_to(os.path.realpath(path))


def _copy(path: Path, place: Path) -> None:
    shutil.copy2(path, place)
    place.chmod(0o600 | (path.stat().st_mode & 0o100))
