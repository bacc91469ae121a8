"""Commands of ours that browsers asked for, each in a process of its own: how they stand, and what came of them.

One at a time for each notebook or pipeline. They end with the server: their input does.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from cellmill.capture.folder import prepare_folder
from cellmill.core.clock import now_ms
from cellmill.core.project import Project
from cellmill.server.following import Ended, follow
from cellmill.wire.pipelines import Stage


@dataclass
class Job:
    """One command, under way or over. A kind of its own makes sense of what it tells."""

    started_ms: int = field(default_factory=now_ms, init=False)
    ended_ms: int | None = field(default=None, init=False)
    cancelled_s: float | None = field(default=None, init=False)
    """When it was told to end, on the monotonic clock."""
    failed: bool = field(default=False, init=False)
    message: str | None = field(default=None, init=False)
    """Why it failed, where that is not seen elsewhere."""
    at_work: "asyncio.Task[None] | None" = field(default=None, init=False, repr=False)
    """Kept because the event loop does not."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet, which it has not either when it is only told to."""
        return self.ended_ms is None

    @property
    def is_cancelled(self) -> bool:
        """Whether it was told to end."""
        return self.cancelled_s is not None

    @property
    def stage(self) -> Stage:
        """How it stands, as the browser reads it."""
        if self.is_running:
            return "running"
        if self.is_cancelled:
            return "cancelled"
        return "failed" if self.failed else "ended"

    def fail(self, message: str | None) -> None:
        """Take it that the command has failed, and why."""
        self.failed, self.message = True, message

    def hear(self, record: Mapping[str, Any]) -> None:
        """Take a line of `--log-json`."""
        if record.get("event") == "failed":
            self.fail(record["message"])

    def take(self, ended: Ended) -> None:
        """Take the answer of a command that has ended."""


@dataclass(frozen=True)
class Command:
    """What is run: the words after `cellmill`, where, and what it is given on its input."""

    words: Sequence[str]
    cwd: Path
    given: bytes = b""
    project: Project | None = None
    """Whose folder is made first. Else the command line might take a folder further down for the project."""
    insist: bool = False


J = TypeVar("J", bound=Job)


class Jobs(Generic[J]):
    """The last job of each notebook or pipeline, by its path."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._jobs: dict[Path, J] = {}

    def of(self, path: Path) -> J | None:
        """Return the last job, None where there was none."""
        return self._jobs.get(path)

    def is_running(self, path: Path) -> bool:
        """Return whether something is under way: then nothing else may be begun."""
        one = self.of(path)
        return one is not None and one.is_running

    def begin(self, path: Path, job: J, command: Command, tell: Callable[[], None]) -> None:
        """Begin a job in the place of the last one, which is over. `tell` is called whenever it stands otherwise."""
        self._jobs[path] = job
        job.at_work = asyncio.ensure_future(self._work(job, command, tell))

    def cancel(self, path: Path) -> None:
        """Tell what is under way to end."""
        one = self.of(path)
        if one is not None and one.is_running and one.cancelled_s is None:
            one.cancelled_s = time.monotonic()

    def forget(self, path: Path) -> None:
        """Forget a job that is over."""
        if not self.is_running(path):
            self._jobs.pop(path, None)

    async def _work(self, job: J, command: Command, tell: Callable[[], None]) -> None:
        tell()
        try:
            if command.project is not None:
                prepare_folder(command.project)
            ended = await follow(
                command.words,
                command.cwd,
                given=command.given,
                cancelled_s=lambda: job.cancelled_s,
                hear=job.hear,
                tell=tell,
                insist=command.insist,
            )
            job.take(ended)
            if ended.code != 0 and not job.failed and job.cancelled_s is None:
                job.fail(ended.words or f"The process ended with {ended.code} and said nothing.")
        except Exception as error:  # noqa: BLE001 - whoever looks on must hear of it
            self._log.exception("Cellmill could not run: cellmill %s", " ".join(command.words))
            job.fail(f"It could not be started ({type(error).__name__}: {error}).")
        finally:
            job.ended_ms = now_ms()
            tell()
