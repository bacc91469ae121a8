"""Marks in `.cellmill/recorded/`: what the store was last seen to hold of each session.

They spare the recorder the question where nothing has changed, and tell everyone else where a run is in the store
without asking it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cellmill.capture.sessions import SessionReader, Sessions
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.ids import RunId, SessionId
from cellmill.core.project import Project
from cellmill.stores.identity import identity_of


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

    def write(self, project: Project, session: SessionId) -> None:
        """Leave it. Raises `FolderNotWritable`."""
        make_folder(project.recorded)
        write_atomically(_mark_path(project, session), json.dumps(asdict(self)).encode())


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


def _mark_path(project: Project, session: SessionId) -> Path:
    return project.recorded / f"{session}.json"


def _read_mark(project: Project, session: SessionId) -> Mark | None:
    """Return the mark, None where there is none that can be read: then the store is asked."""
    try:
        kept = json.loads(_mark_path(project, session).read_text("utf-8"))
        return Mark(kept["store"], tuple(kept["read_bytes"]), kept["ended"], dict(kept["runs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
