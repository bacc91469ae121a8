"""Runs with parameters and checks of picks that browsers asked for: `cellmill` in a process of its own.

One at a time for each notebook. They end with the server: their input does.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cellmill.core.clock import now_ms
from cellmill.server.changes import Changes
from cellmill.server.following import follow
from cellmill.server.workspace import Workspace
from cellmill.wire.parameters import WireActivity


@dataclass
class _Attempt:
    kind: Literal["run", "pick"]
    started_ms: int
    at_work: "asyncio.Task[None] | None" = None
    cancelled_s: float | None = None
    ended_ms: int | None = None
    done: int = 0
    of: int = 0
    number: int | None = None
    message: str | None = None
    output: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def stage(self) -> Literal["running", "ended", "failed", "cancelled"]:
        if self.ended_ms is None:
            return "running"
        if self.cancelled_s is not None:
            return "cancelled"
        return "failed" if self.message is not None else "ended"


class Attempts:
    """Starts the processes, and knows how far they have come."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._log = log
        self._attempts: dict[Path, _Attempt] = {}

    def activity(self, notebook: str) -> WireActivity | None:
        """Return how the last attempt with a notebook stands, None when there was none."""
        one = self._attempts.get(self._workspace.path_of(notebook))
        if one is None:
            return None
        return WireActivity(
            kind=one.kind,
            stage=one.stage,
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
        self._begin("run", notebook, lambda path: ["run", str(path), "--log-json", "--json", "--attended"], given)

    def pick(self, notebook: str, names: Sequence[str]) -> None:
        """Begin `cellmill params --pick`. Where something is under way with the notebook, nothing is begun."""
        picks = [word for name in names for word in ("--pick", name)]
        self._begin("pick", notebook, lambda path: ["params", str(path), *picks, "--json", "--attended"], b"")

    def cancel(self, notebook: str) -> None:
        """Tell what is under way to end."""
        one = self._attempts.get(self._workspace.path_of(notebook))
        if one is not None and one.ended_ms is None and one.cancelled_s is None:
            one.cancelled_s = time.monotonic()

    def forget(self, notebook: str) -> None:
        """Forget an attempt that is over."""
        path = self._workspace.path_of(notebook)
        if path in self._attempts and self._attempts[path].ended_ms is not None:
            del self._attempts[path]

    def _begin(self, kind: Literal["run", "pick"], notebook: str, words: Any, given: bytes) -> None:
        path = self._workspace.path_of(notebook)
        before = self._attempts.get(path)
        if before is not None and before.ended_ms is None:
            return
        one = self._attempts[path] = _Attempt(kind, now_ms())
        one.at_work = asyncio.ensure_future(self._work(one, path, words(path), given))

    async def _work(self, one: _Attempt, path: Path, words: list[str], given: bytes) -> None:
        name = self._workspace.name_of(path)
        self._changes.tell("parameters", name)
        try:
            ended = await follow(
                words,
                path.parent,
                given=given,
                cancelled_s=lambda: one.cancelled_s,
                hear=lambda record: _take(one, record),
                tell=lambda: self._changes.tell("parameters", name),
            )
            _take_answer(one, ended.answer)
            if ended.code != 0 and one.message is None and one.cancelled_s is None:
                one.message = ended.words or f"The process ended with {ended.code} and said nothing."
        except Exception as error:  # noqa: BLE001 - the form must hear of it
            self._log.exception("Cellmill could not start a run of %s", path)
            one.message = f"It could not be started ({type(error).__name__}: {error})."
        finally:
            one.ended_ms = now_ms()
            self._changes.tell("parameters", name)


def _take(one: _Attempt, record: Mapping[str, Any]) -> None:
    event = record.get("event")
    if event == "cell":
        one.done, one.of, one.number = record["position"], record["of"], record["number"] or one.number
    elif event == "failed":
        one.message = record["message"]
    elif event == "said":
        one.notes.append(str(record["message"]).removeprefix("cellmill: "))


def _take_answer(one: _Attempt, answer: Mapping[str, Any]) -> None:
    output = answer.get("output")
    if output is not None and Path(output).exists():
        one.output = Path(output)
    one.notes += answer.get("notes", [])
