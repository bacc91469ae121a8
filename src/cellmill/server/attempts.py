"""Runs with parameters and checks of picks that browsers asked for: `cellmill` in a process of its own.

One at a time for each notebook.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cellmill.server.changes import Changes
from cellmill.server.following import Ended
from cellmill.server.jobs import Command, Job, Jobs
from cellmill.server.workspace import Workspace
from cellmill.wire.parameters import WireActivity


@dataclass
class _Attempt(Job):
    kind: Literal["run", "pick"]
    done: int = 0
    of: int = 0
    number: int | None = None
    output: Path | None = None
    notes: list[str] = field(default_factory=list)

    def hear(self, record: Mapping[str, Any]) -> None:
        event = record.get("event")
        if event == "cell":
            self.done, self.of, self.number = record["position"], record["of"], record["number"] or self.number
        elif event == "said":
            self.notes.append(str(record["message"]).removeprefix("cellmill: "))
        else:
            super().hear(record)

    def take(self, ended: Ended) -> None:
        output = ended.answer.get("output")
        if output is not None and Path(output).exists():
            self.output = Path(output)
        self.notes += ended.answer.get("notes", [])


class Attempts:
    """Starts the processes, and knows how far they have come."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._attempts = Jobs[_Attempt](log)

    def activity(self, notebook: str) -> WireActivity | None:
        """Return how the last attempt with a notebook stands, None when there was none."""
        one = self._attempts.of(self._workspace.path_of(notebook))
        if one is None:
            return None
        return WireActivity(
            kind=one.kind,
            stage=one.stage,
            is_cancelled=one.is_cancelled,
            started_ms=one.started_ms,
            ended_ms=one.ended_ms,
            done=one.done,
            of=one.of,
            number=one.number,
            message=one.message,
            output=self._workspace.name_of(one.output) if one.output is not None else None,
            notes=one.notes,
        )

    def run(self, notebook: str, texts: Mapping[str, str]) -> None:
        """Begin `cellmill run`. Where something is under way with the notebook, nothing is begun."""
        # The values go by the input: a command line is for everybody to read.
        given = json.dumps(dict(texts)).encode() + b"\n"
        path = self._workspace.path_of(notebook)
        self._begin("run", path, ["run", str(path), "--log-json", "--json", "--attended"], given)

    def pick(self, notebook: str, names: Sequence[str]) -> None:
        """Begin `cellmill params --pick`. Where something is under way with the notebook, nothing is begun."""
        path = self._workspace.path_of(notebook)
        picks = [word for name in names for word in ("--pick", name)]
        self._begin("pick", path, ["params", str(path), *picks, "--json", "--attended"])

    def cancel(self, notebook: str) -> None:
        """Tell what is under way to end."""
        self._attempts.cancel(self._workspace.path_of(notebook))

    def forget(self, notebook: str) -> None:
        """Forget an attempt that is over."""
        self._attempts.forget(self._workspace.path_of(notebook))

    def _begin(self, kind: Literal["run", "pick"], path: Path, words: Sequence[str], given: bytes = b"") -> None:
        if not self._attempts.is_running(path):
            name = self._workspace.name_of(path)
            command = Command(words, path.parent, given)
            self._attempts.begin(path, _Attempt(kind), command, lambda: self._changes.tell("parameters", name))
