"""Runs of other sessions whose models have come into this kernel, as from one step of a pipeline to the next.

What is measured of such a model belongs to its run, so it is written beside the journal of the run's session, into a
file that only this kernel writes: `Project.measured`. This kernel's own journal says only that it was done.
"""

from dataclasses import replace

from cellmill.capture.journal import append_once
from cellmill.capture.recording import Recording
from cellmill.core.clock import now_ms
from cellmill.core.events import CurveMeasured, DataEvaluated, MetricMeasured, RunMeasured
from cellmill.core.ids import RunId, SessionId

Measurement = MetricMeasured | CurveMeasured | DataEvaluated


class Elsewhere:
    """Which runs are of other sessions, and the way there."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._sessions: dict[RunId, SessionId] = {}
        self._told: set[RunId] = set()

    def session_of(self, run: RunId) -> SessionId:
        """Return the session of a run that is known here."""
        return self._sessions.get(run, self._recording.started.session)

    def knows(self, run: RunId, session: SessionId) -> bool:
        """Return whether a run can be reached: it is of this session, or of one whose journal lies in this project."""
        if session == self._recording.started.session:
            return True
        if run not in self._sessions and self._recording.project.journal(session).exists():
            self._sessions[run] = session
        return run in self._sessions

    def write(self, event: Measurement) -> None:
        """Write what was measured of a run where the run is. Raises `FolderNotWritable`, OSError."""
        session = self._sessions.get(event.run)
        if session is None:
            self._recording.write(event)
            return
        if event.run not in self._told:
            self._told.add(event.run)
            self._recording.write(RunMeasured(event.run, session, now_ms()))
        own = self._recording.started.session
        append_once(self._recording.project.measured(session) / f"{own}.jsonl", replace(event, session=own))
