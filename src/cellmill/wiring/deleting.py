"""Deleting a run: from every list, from the store, and what it alone kept among the blobs."""

from collections.abc import Iterable
from dataclasses import dataclass

from cellmill.capture.blobs import blob_path
from cellmill.capture.journal import append_late
from cellmill.capture.sessions import Sessions
from cellmill.core.clock import now_ms
from cellmill.core.events import RunDeleted
from cellmill.core.ids import RunId, SessionId
from cellmill.core.runs import Run


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

    The executions stay in the journal, for other runs may need them; outputs that no other run shows go.

    Raises `UnknownRun`, `AmbiguousRun`, `FolderNotWritable`.
    """
    changed = sessions.poll()  # what was shown a moment ago goes, too
    run = sessions.run(begins_with)
    trials = [other for other in sessions.runs() if other.parent == run.run]
    going = {run.run, *(trial.run for trial in trials)}
    kept = _blobs(other for other in sessions.runs() if other.run not in going)
    # First the word, then the deed: killed between the two, blobs are left that no run names.
    append_late(sessions.project.outside_journal(run.session), RunDeleted(run.run, now_ms()))
    count = freed = 0
    for sha256 in sorted(_blobs([run, *trials]) - kept):
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
