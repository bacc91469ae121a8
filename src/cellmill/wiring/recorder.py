"""The recorder: keeps the store's runs equal to the journals.

Killed at any moment and started again it ends in the same state, for it never asks what it did last:
it asks the store what it holds, and the journals what there should be. The marks (`wiring.marks`) only spare
it the question where nothing has changed.
"""

import errno
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.capture.sessions import SessionReader, Sessions
from cellmill.core.errors import FolderNotWritable, StoreLocked, StoreUnreachable
from cellmill.core.files import make_folder
from cellmill.core.ids import RunId, SessionId
from cellmill.core.ports import RunStore
from cellmill.core.project import Project
from cellmill.core.runs import Run
from cellmill.stores.identity import identity_of
from cellmill.wiring.marks import Mark, pending
from cellmill.wiring.run_files import run_files

if TYPE_CHECKING:
    import filelock

LOCK_PATIENCE_S = 120
MOST_PROBLEMS = 20
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}


def record(
    sessions: Sessions, store: RunStore, *, only: SessionId | None = None, at_most: int | None = None
) -> dict[RunId, str]:
    """Bring the store up to the journals as of their last `poll`. Returns the store's id of each run there.

    `only` looks at one session, and at those whose runs it measured; `at_most` stops after so many runs were
    put, for someone else may be waiting: `pending` then still names what is left. A run that cannot be recorded
    holds no other up: its session stays pending, and the first error is raised when all others are recorded.

    Raises `StoreError`, `FolderNotWritable`.
    """
    found: dict[RunId, str] = {}
    problems: list[Exception] = []
    if not pending(sessions, store.uri):
        return found
    left = at_most
    wanted = None if only is None else {only, *sessions.measured_by(only)}
    with _alone(sessions.project, store):
        for session in pending(sessions, store.uri):
            if wanted is not None and session not in wanted:
                continue
            reader = sessions.readers()[session]
            recorded, puts = _record_session(sessions.project, reader, store, problems, at_most=left)
            found.update(recorded)
            if left is not None:
                left -= puts
                if left <= 0:
                    break
    if problems:
        raise problems[0]
    return found


def _record_session(
    project: Project, reader: SessionReader, store: RunStore, problems: list[Exception], *, at_most: int | None
) -> tuple[dict[RunId, str], int]:
    """Record the runs of one session. Returns their ids in the store, and how many were put; adds to `problems`."""
    assert reader.session is not None
    session = reader.session
    read_bytes: tuple[int, ...] = reader.size_bytes
    known = store.recorded(session.session)
    done: dict[RunId, str] = {}
    failed: set[RunId] = set()
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
            if run.parent is not None and run.parent in failed:
                continue
            parent = done.get(run.parent) if run.parent is not None else run.nested_in
            puts += 1
            try:
                have = store.put(run, run_files(project, session, run), digest=digest, known=have, parent=parent)
            except (StoreUnreachable, StoreLocked):
                raise  # no other run would fare better
            except Exception as error:  # raised when the others are recorded
                problems.append(error)
                if len(problems) >= MOST_PROBLEMS:
                    raise  # it is the store, rather than so many runs
                failed.add(run.run)
                read_bytes = ()
                continue
        if not have.is_deleted:
            done[run.run] = have.store_id
    runs = {str(run): store_id for run, store_id in done.items()}
    Mark(identity_of(store.uri) or "", read_bytes, session.ended, runs).write(project, session.session)
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
