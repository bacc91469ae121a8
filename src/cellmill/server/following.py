"""A command of ours in a process of its own: what it tells while it runs, and its answer."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

LOOK_EVERY_S = 0.1
# Whoever is told to end first ends its kernel and removes its scratch folder.
LEAVE_S = 20.0
MOST_AT_ONCE = 10_000_000
MOST_WORDS = 2_000


@dataclass(frozen=True)
class Ended:
    """How the process ended. `answer` is what `--json` printed, empty where that was nothing."""

    code: int
    words: str
    answer: Mapping[str, Any]


async def follow(
    words: Sequence[str],
    cwd: Path,
    *,
    given: bytes = b"",
    cancelled_s: Callable[[], float | None],
    hear: Callable[[Mapping[str, Any]], None],
    tell: Callable[[], None],
    insist: bool = False,
) -> Ended:
    """Run `cellmill` with `words` to its end.

    `hear` gets each line of `--log-json`, then `tell` is called once for those that came together. Since `cancelled_s`
    says when it was to end its input is closed, and after 20 seconds it is killed. With `insist` it is interrupted once
    more before, half-way: `cellmill pipeline run` then kills its steps. Raises OSError where it cannot be started.
    """
    with TemporaryFile() as said, TemporaryFile() as answered:
        process = subprocess.Popen(
            [sys.executable, "-m", "cellmill", *words],
            stdin=subprocess.PIPE,
            stdout=answered,
            stderr=said,
            cwd=cwd,
            start_new_session=True,  # Ctrl-C is for the server; this one ends with its input
        )
        assert process.stdin is not None
        lines = _Lines(said)
        try:
            with contextlib.suppress(OSError):  # it has ended already, and has said why
                process.stdin.write(given)
                process.stdin.flush()
            while process.poll() is None:
                # Not waited for in a thread: a server that ends would wait for the thread in its turn.
                await asyncio.sleep(LOOK_EVERY_S)
                since_s = cancelled_s()
                if since_s is not None:
                    insist = _end(process, time.monotonic() - since_s, insist=insist)
                if lines.read(hear):
                    tell()
        finally:
            _close(process)
        lines.read(hear)
        return Ended(process.returncode, _last_words(said), _answer(answered))


class _Lines:
    """Reads what `--log-json` writes, while it is written."""

    def __init__(self, said: IO[bytes]) -> None:
        self._said = said
        self._at = 0

    def read(self, hear: Callable[[Mapping[str, Any]], None]) -> bool:
        """Hand on the lines that are whole by now. Returns whether there was one."""
        # Not by seeking: the process writes where this side would have left off reading.
        new = os.pread(self._said.fileno(), MOST_AT_ONCE, self._at)
        whole = new[: new.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                hear(record)
        return bool(whole)


def _last_words(said: IO[bytes]) -> str:
    """The sentence that the command line ends with, or else the end of a traceback."""
    said.seek(0)
    told = said.read().decode("utf-8", "replace").strip().splitlines()
    lines = [words for line in told if (words := _unlogged(line))]
    ours = [line.removeprefix("cellmill: ") for line in lines if line.startswith("cellmill: ")]
    return (ours[-1] if ours else "\n".join(lines[-3:]))[:MOST_WORDS]


def _unlogged(line: str) -> str:
    """Return a line as it were without `--log-json`: what was heard already is empty, an interruption is a sentence."""
    if not line.startswith('{"at_ms"'):
        return line
    try:
        record = json.loads(line)
    except ValueError:
        return line
    return f"cellmill: {record['message']}" if record.get("event") == "interrupted" else ""


def _answer(answered: IO[bytes]) -> Mapping[str, Any]:
    answered.seek(0)
    try:
        answer = json.loads(answered.read() or b"{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _end(process: "subprocess.Popen[bytes]", since_s: float, *, insist: bool) -> bool:
    """Bring it to its end, more roughly as time passes. Returns whether there is still to be insisted."""
    _close(process)
    if insist and since_s > LEAVE_S / 2:
        process.send_signal(signal.SIGINT)
        return False
    if since_s > LEAVE_S:
        process.kill()
    return insist


def _close(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None and not process.stdin.closed:
        with contextlib.suppress(OSError):
            process.stdin.close()
