"""What surrounds an execution, besides names: files, imports, random state, environment, git.

Each part is looked at before or after the cell. A part that fails is written down once, and not
asked again in this session: a mistake of ours must not come back with every cell.
"""

import builtins
import io
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from cellmill.capture.blobs import keep_blob, keep_blob_as
from cellmill.capture.surroundings.background import Background
from cellmill.capture.surroundings.environment import EnvironmentWatch
from cellmill.capture.surroundings.files import FileWatch, Used
from cellmill.capture.surroundings.modules import ModuleWatch
from cellmill.capture.surroundings.random_state import RandomWatch
from cellmill.core.clock import now_ms
from cellmill.core.event_parts import CHANGED_AGAIN, FileUse
from cellmill.core.events import DistributionsSeen, Event, FilesDigested
from cellmill.core.ids import ExecutionId
from cellmill.core.project import Project

LARGEST_DIGESTED = 2_000_000_000
OVERWRITTEN = "overwritten by the cell that read it"


class Surroundings:
    """Everything around the cells of one kernel."""

    def __init__(
        self,
        project: Project,
        user_names: Mapping[str, object],
        *,
        write: Callable[[Event], None],
        failed: Callable[[str, Exception], None],
        mask: Callable[[str], str] = str,
        opening: Iterable[tuple[Any, str]] = ((builtins, "open"), (io, "open"), (io, "open_code")),
    ) -> None:
        """`write` appends an event to the journal, `failed` is told what went wrong with us, `mask` hides secrets.

        `opening` are the places that hold an `open` to be heard.
        """
        self._project = project
        self._user_names = user_names
        self._write = write
        self._failed = failed
        self._mask = mask
        self._tripped: set[str] = set()
        self.background = Background(failed)
        self.background.finish_at_exit()
        self._files = FileWatch((f"{project.folder}{os.sep}", *_of_the_store(project)), str(project.root))
        self._files.install(opening)
        self._modules = ModuleWatch(self._keep_source_later)
        self._random = RandomWatch(self._keep_later)
        self._environment = EnvironmentWatch()
        self._digests: dict[tuple[str, int, int], str] = {}
        self._git: tuple[str, str | None, tuple[str, ...]] | None = None
        self._began_ns = 0
        self._passes_over = False

    def forget_failures(self) -> None:
        """Ask every part again."""
        self._tripped.clear()

    # --- around a cell

    def before(self) -> dict[str, Any]:
        """Return what an `ExecutionStarted` says of the surroundings."""
        fields = {
            "random": self._asked("random state", self._random.look, {}),
            "cwd": self._asked("working directory", self._environment.changed_folder, None),
        }
        self._began_ns = time.time_ns()
        self._files.start()
        return fields

    def after(self, execution: ExecutionId, source: str, reads: Iterable[str], *, ended_ms: int) -> dict[str, Any]:
        """Return what an `ExecutionFinished` says of the surroundings; what was imported was there at `ended_ms`."""
        look = partial(self._modules.imported, self._began_ns, self._files.has_written)
        imports, modules = self._asked("imports", look, ((), ()))
        if imports:
            self.background.do("distributions", partial(self._see_distributions, ended_ms, imports))
        used: Used = self._asked("files", partial(self._used_files, execution, source, reads), Used())
        return {
            "files": used.files,
            "more_files_in": used.more_in,
            "imports": imports,
            "modules": modules,
            "environment": self._asked("environment variables", self._environment.changed_variables, {}),
            "imported_random": self._random.imported(),
            "inherited": self._asked("inherited variables", partial(self._environment.inherited, source), {}),
        }

    def pass_over(self, *, ended_ms: int) -> None:
        """Take every look and tell nothing: what ran was not to be recorded, and what it did is no later cell's.

        Packages alone are noted, as of `ended_ms`: later runs need them, and the lock has no cell.
        """
        self._passes_over = True
        try:
            imports, _ = self._asked("imports", self._modules.imported, ((), ()))
        finally:
            self._passes_over = False
        if imports:
            self.background.do("distributions", partial(self._see_distributions, ended_ms, imports))
        self._asked("files", self._files.stop, None)
        self._asked("environment variables", self._environment.changed_variables, None)
        self._random.imported()

    def random_was_imported(self) -> None:
        """Numpy's random generator was loaded."""
        self._asked("random state", self._random.was_imported, None)

    def opener_was_imported(self) -> None:
        """A module was loaded that may have kept an `open` from before us."""
        self._asked("files", self._files.install, None)

    def look_at_git(self) -> None:
        """See in the background at which commit the work stands; it is written where it is another than before."""
        self.background.do("git", self._see_git)

    def later(self, name: str, action: Callable[[], None]) -> None:
        """Do something in the background."""
        self.background.do(name, action)

    def close(self) -> None:
        """Finish what is under way."""
        self._files.stop()
        self._files.remove()
        self.background.finish()

    # --- parts

    def _asked(self, part: str, ask: Callable[[], Any], otherwise: Any) -> Any:
        if part in self._tripped:
            return otherwise
        try:
            return ask()
        except Exception as error:  # noqa: BLE001 - the user's cell is waiting
            self._tripped.add(part)
            self._failed(part, error)
            return otherwise

    def _keep_source_later(self, digest: str, source: bytes) -> None:
        if not self._passes_over:
            self.background.do("module sources", partial(self._keep_source, digest, source))

    def _keep_source(self, digest: str, source: bytes) -> None:
        """Keep a module's source, for the file may be another when the run is replayed. Not one with a secret in it."""
        try:
            text = source.decode()
        except UnicodeDecodeError:
            return
        if self._mask(text) == text:
            keep_blob_as(self._project, digest, source)

    def _used_files(self, execution: ExecutionId, source: str, reads: Iterable[str]) -> Used:
        own = self._modules.own_files()
        used = self._files.stop(source=source, reads=reads, names=self._user_names)
        files = tuple(use for use in used.files if use.mode == "written" or use.path not in own)
        if files:
            left = {use.path: _stamp(use.path) for use in files}
            self.background.do("file digests", partial(self._digest, execution, files, left))
        return replace(used, files=files)

    def _digest(self, execution: ExecutionId, files: tuple[FileUse, ...], left: Mapping[str, object]) -> None:
        if self.background.thread is not None:
            self._files.ignore_thread(self.background.thread)
        written = {use.path for use in files if use.mode == "written"}
        digested = tuple(
            self._digested(use, left[use.path], is_overwritten=use.mode == "read" and use.path in written)
            for use in files
            if use.size_bytes is not None
        )
        if digested:
            self._write(FilesDigested(execution, now_ms(), digested))

    def _digested(self, use: FileUse, left: object, *, is_overwritten: bool) -> FileUse:
        """Return the use with its digest: of what the cell `left`, where that is still there to be read."""
        if use.note is not None:
            return use
        if is_overwritten:
            return FileUse(use.path, use.mode, None, None, OVERWRITTEN)
        try:
            if _stamp(use.path) != left:
                return FileUse(use.path, use.mode, use.size_bytes, None, CHANGED_AGAIN)
            before = os.stat(use.path)  # noqa: PTH116
            if before.st_size > LARGEST_DIGESTED:
                return FileUse(use.path, use.mode, before.st_size, None, "larger than 2 GB")
            key = (use.path, before.st_size, before.st_mtime_ns)
            if key not in self._digests:
                self._digests[key] = _sha256(use.path)
            return FileUse(use.path, use.mode, before.st_size, self._digests[key])
        except OSError as error:
            return FileUse(use.path, use.mode, use.size_bytes, None, (error.strerror or str(error)).lower())

    def _see_distributions(self, at_ms: int, modules: tuple[str, ...]) -> None:
        from cellmill.capture.surroundings.distributions import distributions_of

        found = distributions_of(modules)
        if found:
            self._write(DistributionsSeen(at_ms, found))

    def _see_git(self) -> None:
        from cellmill.capture.surroundings.git import git_state

        seen = git_state(Path(self._project.root))
        if seen is None:
            return
        event, diff = seen
        if diff:
            text = self._mask(diff.decode("utf-8", "replace"))
            event = replace(event, diff=keep_blob(self._project, text.encode()))
        now = (event.commit, event.diff, event.untracked)
        if now != self._git:
            self._git = now
            self._write(event)

    def _keep_later(self, content: bytes, digest: str) -> None:
        self.background.do("random state", partial(keep_blob_as, self._project, digest, content))


def _stamp(path: str) -> tuple[int, int] | None:
    """Return what is another whenever a file was written."""
    try:
        seen = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return seen.st_size, seen.st_mtime_ns


def _of_the_store(project: Project) -> tuple[str, ...]:
    database = str(project.root / "mlflow.db")
    return (database, f"{project.root / 'mlruns'}{os.sep}")


def _sha256(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()
