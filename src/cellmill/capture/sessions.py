"""Every session of a project, read from its journals and kept up to date."""

import math
import os
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from cellmill.capture.journal import read_events
from cellmill.capture.runs import Folding
from cellmill.core.errors import AmbiguousRun, UnknownRun
from cellmill.core.events import Event, SessionStarted
from cellmill.core.ids import SessionId
from cellmill.core.project import Project
from cellmill.core.runs import Run, Session

CLOCK_S = 5.0  # when a process began is told by the system's clock, which may be set meanwhile
# A session that has ended is looked at all the time for so long: its last lines may come after its end.
RESTS_AFTER_S = 10.0
# Then when the journals' folder has changed, and each minute: another machine's word may not be seen in the folder.
LOOK_AT_ALL_EVERY_S = 60.0
# What changes within one tick of a file system's clock (two seconds at the most) has one time.
TICK_S = 3.0


@dataclass
class _Source:
    path: Path
    offset: int = 0
    looked_at_bytes: int = 0  # more than `offset` where the last line is not whole, which it may never be
    inode: int | None = None

    def size_bytes(self) -> int:
        try:
            return os.stat(self.path).st_size  # noqa: PTH116 - asked of every journal, often
        except OSError:
            return self.looked_at_bytes

    def has_more(self) -> bool:
        return self.size_bytes() != self.looked_at_bytes

    def more(self) -> list[Event]:
        size_bytes = self.size_bytes()  # before it is read: what is written meanwhile is looked at again
        if size_bytes == self.looked_at_bytes:
            return []
        self.inode = self._inode()
        events, self.offset = read_events(self.path, self.offset)
        self.looked_at_bytes = size_bytes
        return events

    def was_replaced(self) -> bool:
        """Whether it was removed and begun anew under its name."""
        return self.size_bytes() < self.offset or (self.inode is not None and self.inode != self._inode())

    def _inode(self) -> int | None:
        try:
            return os.stat(self.path).st_ino  # noqa: PTH116
        except OSError:
            return self.inode

    def start_over(self) -> None:
        self.offset = self.looked_at_bytes = 0
        self.inode = None


class SessionReader:
    """One session's two journals, and those of who measured its runs later.

    `poll` reads only what is new; of an ended one only the fold is kept.
    """

    def __init__(self, project: Project, session: SessionId) -> None:
        self._project = project
        self._sources = [_Source(project.journal(session)), _Source(project.outside_journal(session))]
        self._measured = str(project.measured(session))
        self._folding = Folding(project)
        self._started: SessionStarted | None = None
        self._was_alive: bool | None = None
        self._changed_s = time.monotonic()
        self.session: Session | None = None

    def poll(self, *, measured: bool = True) -> bool:
        """Read on. Returns whether anything has changed, the kernel's death included.

        `measured` is False where it is known that no other session has measured its runs.
        """
        if measured:
            self._look_who_measured()
        has_ended = self.session is not None and self.session.ended is not None
        if has_ended and not any(source.has_more() for source in self._sources):
            return False
        is_anew = any(source.has_more() and source.was_replaced() for source in self._sources)
        if is_anew:
            self._started = None
        if has_ended or is_anew:  # a late word, as of a notebook that was renamed: what was folded was let go
            for source in self._sources:
                source.start_over()
            self._folding = Folding(self._project)
        new = [event for source in self._sources for event in source.more()]
        for event in new:
            self._folding.take(event)
            if isinstance(event, SessionStarted):
                self._started = self._started or event
        alive = self._started is not None and is_alive(self._started)
        if not new and alive == self._was_alive:
            return False
        self._was_alive = alive
        self._changed_s = time.monotonic()
        self.session = self._folding.session(is_alive=alive)
        if self.session is not None and self.session.ended is not None:
            self._folding = Folding(self._project)
        return True

    @property
    def rests(self) -> bool:
        """Whether the session has ended, and nothing has come for a while."""
        has_ended = self.session is not None and self.session.ended is not None
        return has_ended and time.monotonic() - self._changed_s >= RESTS_AFTER_S

    def _look_who_measured(self) -> None:
        try:
            names = os.listdir(self._measured)  # noqa: PTH208 - asked of every session, often
        except OSError:  # nobody has
            return
        known = {source.path.name for source in self._sources[2:]}
        new = [_Source(Path(self._measured, name)) for name in names if name.endswith(".jsonl") and name not in known]
        self._sources[2:] = sorted([*self._sources[2:], *new], key=lambda source: source.path.name)

    @property
    def size_bytes(self) -> tuple[int, ...]:
        """How far each journal has been read: with it one knows whether a session was recorded whole."""
        return tuple(source.offset for source in self._sources)


class Sessions:
    """Every session of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._readers: dict[SessionId, SessionReader] = {}
        self._lock = threading.Lock()
        self._measured: frozenset[SessionId] = frozenset()
        self._awake: set[SessionId] = set()
        """The sessions that go on, or did a moment ago."""
        self._folder_ns: int | None = None
        self._looked_at_all_s = self._changing_until_s = -math.inf
        self.removed: tuple[Session, ...] = ()
        """The sessions whose journals were found to be removed last, as they were."""

    def look(self) -> set[SessionId]:
        """As `poll`, for who asks all the time: at the cost of the sessions that go on, not of all there ever were.

        What is said late of one that has ended is seen at once where it was written by `append_late`, else within
        a minute.
        """
        if self._is_time_for_all():
            return self.poll()
        with self._lock:
            known = [(session, self._readers.get(session)) for session in self._awake]
            self._awake = going_on = {session for session, reader in known if reader is not None and not reader.rests}
            measured = {other for session in going_on for other in self.measured_by(session)}
            self._add(tuple(measured))
            others = measured | self._measured
            return {each for each in going_on | measured if self._readers[each].poll(measured=each in others)}

    def _is_time_for_all(self) -> bool:
        now_s = time.monotonic()
        try:
            changed_ns = os.stat(self.project.journals).st_mtime_ns  # noqa: PTH116 - five times a second
        except OSError:
            changed_ns = None
        if changed_ns != self._folder_ns:
            self._folder_ns, self._changing_until_s = changed_ns, now_s + TICK_S
            return True
        return now_s < self._changing_until_s or now_s - self._looked_at_all_s >= LOOK_AT_ALL_EVERY_S

    def poll(self, only: SessionId | None = None) -> set[SessionId]:
        """Read what is new in every journal, or in those of one session and of whose runs it measured.

        Returns the sessions that changed. Safe to call from several threads.
        """
        with self._lock:
            if only is None:
                self._looked_at_all_s = time.monotonic()
                there = session_ids(self.project)
                gone = self._drop(there)
                self._add(there)
                # One look at their folder, rather than one for each of what may be thousands.
                self._measured = measured = measured_ids(self.project)
                readers = self._readers.items()
                changed = {session for session, reader in readers if reader.poll(measured=session in measured)}
                self._awake = {session for session, reader in readers if not reader.rests}
                return gone | changed
            self._add((only,))
            changed = {only} if self._readers[only].poll() else set()
            others = self.measured_by(only)
            self._add(others)
            self._awake |= {only, *others}
            return changed | {session for session in others if self._readers[session].poll()}

    def _drop(self, there: tuple[SessionId, ...]) -> set[SessionId]:
        """Forget sessions whose journals were removed. Returns those that were known."""
        gone = {session for session in self._readers.keys() - set(there) if _is_gone(self.project.journal(session))}
        if not gone:
            return set()
        self.removed = tuple(
            reader.session
            for session, reader in self._readers.items()
            if session in gone and reader.session is not None
        )
        self._readers = {session: reader for session, reader in self._readers.items() if session not in gone}
        return {session.session for session in self.removed}

    def _add(self, sessions: tuple[SessionId, ...]) -> None:
        new = {session: SessionReader(self.project, session) for session in sessions if session not in self._readers}
        self._readers = {**self._readers, **new}  # whoever walks over the old one is not disturbed

    def measured_by(self, session: SessionId) -> tuple[SessionId, ...]:
        """Return the other sessions whose runs one has measured, as a step does that evaluates a model."""
        reader = self._readers.get(session)
        return reader.session.measured if reader is not None and reader.session is not None else ()

    def readers(self) -> dict[SessionId, SessionReader]:
        """Return the reader of each session, whose `size_bytes` say how far it has come."""
        return self._readers

    def all(self) -> tuple[Session, ...]:
        """Return the sessions as of the last `poll`, oldest first."""
        found = [reader.session for _, reader in sorted(self._readers.items()) if reader.session is not None]
        return tuple(found)

    def runs(self, notebook: str | None = None) -> tuple[Run, ...]:
        """Return the runs of a notebook, or of all, newest first."""
        found = [run for session in self.all() for run in session.runs if notebook in (None, run.notebook)]
        return tuple(sorted(found, key=lambda run: (run.started_ms, run.run), reverse=True))

    def run(self, begins_with: str) -> Run:
        """Return the run whose id begins so. Raises `UnknownRun`, `AmbiguousRun`."""
        return choose_run(self.runs(), begins_with)

    def session_of(self, run: Run) -> Session:
        """Return the session that made a run."""
        session = self._readers[run.session].session
        assert session is not None
        return session


def _is_gone(journal: Path) -> bool:
    """Whether a file was removed. One that cannot be asked for may be there again in a moment."""
    try:
        os.stat(journal)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def choose_run(runs: tuple[Run, ...], begins_with: str) -> Run:
    """Return the one run whose id begins so. Raises `UnknownRun`, `AmbiguousRun`."""
    matches = [run for run in runs if begins_with and run.run.startswith(begins_with.lower())]
    if not matches:
        raise UnknownRun(begins_with, known=tuple(run.run for run in runs))
    if len(matches) > 1:
        raise AmbiguousRun(begins_with, matches=tuple(run.run for run in matches))
    return matches[0]


def session_ids(project: Project) -> tuple[SessionId, ...]:
    """Return the sessions that left a journal, oldest first."""
    try:
        names = [path.name for path in project.journals.iterdir()]
    except OSError:
        return ()
    ids = {name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")}
    return tuple(SessionId(name) for name in sorted(ids) if not name.endswith(".server"))


def measured_ids(project: Project) -> frozenset[SessionId]:
    """Return the sessions whose runs others have measured."""
    try:
        names = os.listdir(project.journals)  # noqa: PTH208 - five times a second
    except OSError:
        return frozenset()
    return frozenset(SessionId(name.removesuffix(".measured")) for name in names if name.endswith(".measured"))


def load_sessions(project: Project) -> Sessions:
    """Return every session, read once."""
    sessions = Sessions(project)
    sessions.poll()
    return sessions


def is_alive(started: SessionStarted | Session) -> bool:
    """Return whether the kernel that wrote this may write more.

    Told by its process, with the time it started, for a pid is reused. Of a kernel on another machine
    nothing can be known: it counts as alive until someone says that it ended.
    """
    if started.host != socket.gethostname():
        return True
    import psutil

    try:
        process = psutil.Process(started.pid)
        began_s = started.process_started_s
        same = began_s is None or abs(process.create_time() - began_s) < CLOCK_S
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
