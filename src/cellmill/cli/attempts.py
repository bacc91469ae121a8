"""A notebook run headlessly: tried again, run anew when it changes, and what happens told as lines of JSON."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from cellmill.cli import exit_code
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellmillError, ExecutionError, KernelMissing
from cellmill.core.ports import Progress

LOOK_S = 0.5


class Log:
    """Tells on standard error what happens, a line of JSON each; silent unless it was asked for."""

    def __init__(self, *, wanted: bool) -> None:
        self.wanted = wanted

    def tell(self, event: str, **facts: Any) -> None:
        """Write one line."""
        if self.wanted:
            record = {"at_ms": now_ms(), "event": event, **facts}
            typer.echo(json.dumps(record, ensure_ascii=False, default=str), err=True)

    def say(self, words: str) -> None:
        """Say something on standard error: in the log, where one is wanted."""
        if self.wanted:
            self.tell("said", message=words)
        else:
            typer.echo(words, err=True)

    def interrupted(self, words: str, **facts: Any) -> None:
        """Say that the user has interrupted, and what that means."""
        if self.wanted:
            self.tell("interrupted", **facts, message=words)
        else:
            typer.echo(f"cellmill: {words}", err=True)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell what goes wrong inside, and end the command with its code; where no log is wanted it is raised."""
        try:
            yield
        except CellmillError as error:
            if not self.wanted:
                raise
            self.tell("failed", kind=error.kind, message=str(error))
            raise typer.Exit(exit_code(error)) from None

    def cell(self, progress: Progress) -> None:
        """Tell of a cell that has ended."""
        facts = {"number": progress.number, "outcome": progress.outcome, "seconds": progress.seconds}
        self.tell("cell", position=progress.done, of=progress.total, **facts)


def until_it_ends_well(once: Callable[[], None], *, retries: int, log: Log) -> None:
    """Run, and run again after a cell that raised, took too long, or a kernel that died. Raises what the last did."""
    for attempt in range(1, retries + 2):
        began_s = time.monotonic()
        log.tell("started", attempt=attempt)
        try:
            once()
        except CellmillError as error:
            is_last = attempt > retries or not isinstance(error, ExecutionError) or isinstance(error, KernelMissing)
            seconds = round(time.monotonic() - began_s, 3)
            log.tell("failed", attempt=attempt, seconds=seconds, kind=error.kind, message=str(error), again=not is_last)
            if is_last:
                raise
            if not log.wanted:
                typer.echo(f"cellmill: {error}\ncellmill: Again, {attempt} of {retries}.", err=True)
        else:
            log.tell("ended", attempt=attempt, seconds=round(time.monotonic() - began_s, 3))
            return


def whenever_it_changes(once: Callable[[], None], notebook: Path, *, log: Log) -> None:
    """Run now, and again whenever the file has changed, until a KeyboardInterrupt. What goes wrong is said."""
    while True:
        stamp = _stamp(notebook)
        try:
            once()
        except CellmillError as error:
            if not log.wanted:
                typer.echo(f"cellmill: {error}", err=True)
        if not log.wanted:
            typer.echo(f"Waiting for a change of {notebook.name}. Ctrl-C ends.", err=True)
        log.tell("waiting")
        while _stamp(notebook) in (stamp, None):
            time.sleep(LOOK_S)


def _stamp(notebook: Path) -> tuple[int, int] | None:
    try:
        state = notebook.stat()
    except OSError:
        return None  # an editor replaces it just now
    return state.st_mtime_ns, state.st_size
