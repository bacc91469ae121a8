"""Deleting a run: from every list, from the store, and what it alone kept among the blobs."""

from collections.abc import Iterable
from dataclasses import dataclass

from cellmill.capture.blobs import blob_path
from cellmill.capture.journal import append_late
from cellmill.capture.sessions import Sessions
from cellmill.core.clock import now_ms
from cellmill.core.events import RunDeleted
from cellmill.core.ids import RunId, SessionId
from cellmill.core.runs import Run, Session


@dataclass(frozen=True)
class Deleted:
    """What a deletion took away. The store follows when the sessions that `changed` are recorded next."""

    run: RunId
    trials: int
    blobs: int
    freed_bytes: int
    changed: frozenset[SessionId]


def delete_run(sessions: Sessions, begins_with: str) -> Deleted:
    """Delete a run and, of a search, its trials. Record its session afterwards to delete it in the store too.

    The executions stay in the journal, for other runs may need them; outputs that no other run shows go. With the last
    run of a session that has ended go the uncommitted changes, states of random generators and sources of modules, too:
    before that, a later run may need what an earlier execution has left.

    Raises `UnknownRun`, `AmbiguousRun`, `FolderNotWritable`.
    """
    changed = sessions.poll()  # what was shown a moment ago goes, too
    run = sessions.run(begins_with)
    trials = [other for other in sessions.runs() if other.parent == run.run]
    going = {run.run, *(trial.run for trial in trials)}
    others = [other for other in sessions.runs() if other.run not in going]
    kept = _blobs(others)
    of_run = _blobs([run, *trials])
    if sessions.session_of(run).ended is not None and all(other.session != run.session for other in others):
        of_run |= _around([run, *trials], [sessions.session_of(run)])
        kept |= _around(others, [session for session in sessions.all() if session.session != run.session])
    # First the word, then the deed: killed between the two, blobs are left that no run names.
    append_late(sessions.project.outside_journal(run.session), RunDeleted(run.run, now_ms()))
    count = freed = 0
    for sha256 in sorted(of_run - kept):
        path = blob_path(sessions.project, sha256)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            continue
        count, freed = count + 1, freed + size
    changed |= sessions.poll()
    return Deleted(run.run, len(trials), count, freed, frozenset(changed))


def _blobs(runs: Iterable[Run]) -> set[str]:
    """Return the SHA-256 of all that some runs keep: models, examples, and what their executions showed."""
    found: set[str | None] = set()
    for run in runs:
        if run.model is not None:
            found |= {run.model.sha256, run.model.example_sha256}
        found |= {output.sha256 for part in run.executions for output in part.execution.outputs}
        found.add(run.executed_notebook)
    return {sha256 for sha256 in found if sha256 is not None}


def _around(runs: Iterable[Run], sessions: Iterable[Session]) -> set[str]:
    """Return the SHA-256 of what is kept of where runs were made, and of what was around the cells of sessions."""
    found: set[str | None] = set()
    for run in runs:
        if run.surroundings is not None and run.surroundings.git is not None:
            found.add(run.surroundings.git.diff)
    for session in sessions:
        for execution in session.executions:
            found |= {*execution.random.values(), *execution.imported_random.values()}
            found |= {module.sha256 for module in execution.modules}
    return {sha256 for sha256 in found if sha256 is not None}
