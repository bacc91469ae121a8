"""The recorder: keeps the store's runs equal to the journals.

Killed at any moment and started again it ends in the same state, for it never asks what it did last:
it asks the store what it holds, and the journals what there should be. The marks in `.cellmill/recorded/`
only spare it the question where nothing has changed.
"""

import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.capture.sessions import SessionReader, Sessions
from cellmill.core.errors import FolderNotWritable, StoreLocked
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.ids import RunId, SessionId
from cellmill.core.ports import RunStore
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.stores.identity import identity_of
from cellmill.wiring.run_files import run_files

if TYPE_CHECKING:
    import filelock

LOCK_PATIENCE_S = 120
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}


@dataclass(frozen=True)
class Mark:
    """What was recorded of a session, and of how much of its journals."""

    store: str  # see `identity_of`
    read_bytes: tuple[int, ...]
    ended: str | None
    runs: dict[str, str]  # run -> the store's id

    def is_of(self, store: str) -> bool:
        """Whether it speaks of this store. One that another program holds is there, so it is taken for the same."""
        identity = identity_of(store)
        return self.store.startswith(store) if identity is None else identity != "" and self.store == identity

    def covers(self, reader: SessionReader, store: str) -> bool:
        """Whether nothing has happened since."""
        return (
            self.is_of(store)
            and self.read_bytes == reader.size_bytes
            and reader.session is not None
            and self.ended == reader.session.ended
        )


def pending(sessions: Sessions, store: str) -> tuple[SessionId, ...]:
    """Return the sessions whose runs the store may not hold as they are. Asks no store."""
    return tuple(
        session
        for session, reader in sorted(sessions.readers().items())
        if reader.session is not None
        and (reader.session.runs or reader.session.deleted)
        and not ((mark := _read_mark(sessions.project, session)) and mark.covers(reader, store))
    )


def store_ids(project: Project, store: str) -> dict[RunId, str]:
    """Return the store's id of each run that was recorded there, from the marks alone."""
    found: dict[RunId, str] = {}
    if project.recorded.is_dir():
        for path in project.recorded.glob("*.json"):
            mark = _read_mark(project, SessionId(path.stem))
            if mark is not None and mark.is_of(store):
                found.update({RunId(run): store_id for run, store_id in mark.runs.items()})
    return found


def record(
    sessions: Sessions, store: RunStore, *, only: SessionId | None = None, at_most: int | None = None
) -> dict[RunId, str]:
    """Bring the store up to the journals as of their last `poll`. Returns the store's id of each run there.

    `only` looks at one session; `at_most` stops after so many runs were put, for someone else may be
    waiting: `pending` then still names what is left. What was recorded before an error stays recorded.

    Raises `StoreError`, `FolderNotWritable`.
    """
    found: dict[RunId, str] = {}
    if not pending(sessions, store.uri):
        return found
    left = at_most
    with _alone(sessions.project, store):
        for session in pending(sessions, store.uri):
            if only not in (None, session):
                continue
            reader = sessions.readers()[session]
            recorded, puts = _record_session(sessions.project, reader, store, at_most=left)
            found.update(recorded)
            if left is not None:
                left -= puts
                if left <= 0:
                    break
    return found


def _record_session(
    project: Project, reader: SessionReader, store: RunStore, *, at_most: int | None
) -> tuple[dict[RunId, str], int]:
    assert reader.session is not None
    session = reader.session
    read_bytes: tuple[int, ...] = reader.size_bytes
    known = store.recorded(session.session)
    done: dict[RunId, str] = {}
    puts = 0
    for deleted in session.deleted:
        if deleted in known and not known[deleted].is_deleted:
            store.delete(known[deleted])
    for run in session.runs:
        digest = run_digest(run)
        have = known.get(run.run)
        if have is None or (have.digest != digest and not have.is_deleted):
            if at_most is not None and puts >= at_most:
                read_bytes = ()  # a mark that covers nothing: the session stays pending
                continue
            parent = done.get(run.parent) if run.parent is not None else run.nested_in
            have = store.put(run, run_files(project, session, run), digest=digest, known=have, parent=parent)
            puts += 1
        if not have.is_deleted:
            done[run.run] = have.store_id
    mark = Mark(
        identity_of(store.uri) or "",
        read_bytes,
        session.ended,
        {str(run): store_id for run, store_id in done.items()},
    )
    make_folder(project.recorded)
    write_atomically(_mark_path(project, session.session), json.dumps(asdict(mark)).encode())
    return done, puts


def run_digest(run: Run) -> str:
    """Return a digest of all that a store keeps of a run."""
    facts = asdict(run)
    facts["executions"] = [part for part in facts["executions"] if run.kind != "trial"]  # its search has them
    for part in facts["executions"]:
        for names in ("reads", "writes"):
            part["execution"][names] = sorted(part["execution"][names])
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def _alone(project: Project, store: RunStore) -> Iterator[None]:
    """One recorder at a time: two would each make the run that neither finds."""
    import filelock

    make_folder(project.folder)
    try:
        lock = _locked(project.folder / "recorder.lock")
        try:
            yield
        finally:
            lock.release()
    except filelock.Timeout:
        raise StoreLocked(store.uri) from None
    except PermissionError as error:
        raise FolderNotWritable(str(project.folder), reason="permission denied") from error


def _locked(path: Path) -> "filelock.BaseFileLock":
    """Take a lock of the system, or one by a file's existence where the file system knows no other, as some NFS."""
    import filelock

    try:
        lock: filelock.BaseFileLock = filelock.FileLock(path, timeout=LOCK_PATIENCE_S, mode=0o600)
        lock.acquire()
    except (NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LOCKS:
            raise
        lock = filelock.SoftFileLock(path.with_suffix(".owner"), timeout=LOCK_PATIENCE_S, mode=0o600)
        lock.acquire()
    return lock


def _mark_path(project: Project, session: SessionId) -> Path:
    return project.recorded / f"{session}.json"


def _read_mark(project: Project, session: SessionId) -> Mark | None:
    """Return the mark, None where there is none that can be read: then the store is asked."""
    try:
        kept = json.loads(_mark_path(project, session).read_text("utf-8"))
        return Mark(kept["store"], tuple(kept["read_bytes"]), kept["ended"], dict(kept["runs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
