"""Kernels killed at any moment: what was answered is in the journal, what ran is there with its source."""

import contextlib
import hashlib
import os
import random
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

from tests.kernel.kernels import Kernel, new_project, start_kernel

from cellmill.capture.blobs import blob_path
from cellmill.capture.journal import read_events
from cellmill.core.events import ExecutionEnded, ExecutionFinished, ExecutionStarted, ModelKept, TrainingFinished
from cellmill.core.lines import from_line

# Each cell says first of all, by a way of its own, that it runs. Out of sight of the capture.
PREPARE = """\
import os, time, random
_said = os.open("said", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def said(number): os.write(_said, b"%d\\n" % number)
"""
PREPARE_FITS = """\
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.ensemble import RandomForestRegressor
X, y = np.random.rand(200, 4), np.random.rand(200)
"""
BODIES = (
    "time.sleep({ms} / 1000)",
    "print('line ' * {ms})",
    "for i in range({ms}): print(i)",
    "made = [i for i in range({ms} * 1000)]",
    "text = '''" + "much source " * 500 + "'''",
    "1 / 0",
    "pass",
)
FITS = (
    "model = Ridge(alpha={ms}).fit(X, y); model.score(X, y)",
    "model = RandomForestRegressor({ms}).fit(X, y)",
    "for i in range({ms}): Ridge(alpha=i).fit(X, y)",
)
EVERY_FITTING = 4


@dataclass
class Toll:
    """What was found after a number of kills. All lists are empty when nothing was lost."""

    kills: int = 0
    acknowledged: int = 0
    """Cells whose reply a client had."""
    in_flight: int = 0
    """Cells that ran when the process died."""
    torn_ends: int = 0
    """Journals whose last line is not whole. They are read nevertheless."""
    runs: int = 0
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not (self.lost or self.torn or self.wrong)

    def __str__(self) -> str:
        return (
            f"{self.kills} kernels killed: {self.acknowledged} acknowledged cells, {self.in_flight} in flight, "
            f"{self.runs} runs; {self.torn_ends} last lines torn; lost {len(self.lost)}, torn lines {len(self.torn)}, "
            f"otherwise wrong {len(self.wrong)}"
        )


def kill_kernels(times: int, seed: int, folder: Path, *, within_s: float = 0.8, fitting: bool = True) -> Toll:
    """Kill so many kernels, each at a random moment while it runs cells, and look at what each left."""
    rng, toll = random.Random(seed), Toll()
    for number in range(times):
        kernel = start_kernel(new_project(folder / f"{number}"), folder / "home", environment={"OMP_NUM_THREADS": "1"})
        try:
            fits = fitting and number % EVERY_FITTING == 0
            kernel.run(PREPARE + (PREPARE_FITS if fits else ""), silent=True)
            _kill_one(kernel, rng, toll, BODIES + FITS * 3 if fits else BODIES, rng.uniform(0, within_s))
        finally:
            kernel.end()
    return toll


def _kill_one(kernel: Kernel, rng: random.Random, toll: Toll, bodies: tuple[str, ...], after_s: float) -> None:
    sent: dict[str, str] = {}
    answered: dict[str, str] = {}
    timer = threading.Timer(after_s, os.kill, (kernel.pid, signal.SIGKILL))
    timer.start()
    while kernel.is_alive:
        for _ in range(rng.choice((1, 1, 3))):  # some wait in the queue when it dies
            source = f"said({len(sent)})\n{rng.choice(bodies).format(ms=rng.randint(1, 30))}"
            with contextlib.suppress(OSError):
                sent[kernel.begin(source)] = source
        _collect(kernel, sent, answered)
    timer.join()
    _collect(kernel, sent, answered)
    toll.kills += 1
    toll.acknowledged += len(answered)
    _look(kernel, sent, answered, toll)


def _collect(kernel: Kernel, sent: dict[str, str], answered: dict[str, str]) -> None:
    """Take replies until all have come or the kernel is dead and silent."""
    until_s = time.monotonic() + 30
    while len(answered) < len(sent) and time.monotonic() < until_s:
        try:
            reply = kernel.client.get_shell_msg(timeout=0.05)
        except Empty:
            if not kernel.is_alive:
                return
            continue
        answered[reply["parent_header"]["msg_id"]] = reply["content"]["status"]


def _look(kernel: Kernel, sent: dict[str, str], answered: dict[str, str], toll: Toll) -> None:
    (journal,) = kernel.journals
    name = kernel.root.name
    *lines, rest = journal.read_bytes().split(b"\n")
    toll.torn_ends += bool(rest)
    toll.torn += [f"{name}: {line[:80]!r}" for line in lines if from_line(line) is None]
    events = read_events(journal)[0]
    ended = {event.execution for event in events if isinstance(event, ExecutionEnded | ExecutionFinished)}
    started = {event.execution: event for event in events if isinstance(event, ExecutionStarted)}
    executions = {one.execution: one for one in kernel.executions}
    for request, status in answered.items():
        if request not in executions or executions[request].outcome != status:  # type: ignore[index]
            toll.lost.append(f"{name}: {sent[request][:60]!r} was answered {status}")
    ran = [list(sent)[int(number)] for number in (kernel.root / "said").read_text().split()]
    for request in ran:
        if request not in started or started[request].source != sent[request]:  # type: ignore[index]
            toll.lost.append(f"{name}: {sent[request][:60]!r} ran and is not in the journal")
        elif request not in ended:
            toll.in_flight += 1
            found = executions[request]  # type: ignore[index]
            if found.outcome != "interrupted" or found.source != sent[request]:
                toll.wrong.append(f"{name}: {sent[request][:60]!r} was in flight and is {found.outcome}")
    for run in kernel.runs:
        toll.runs += 1
        if run.status == "running":
            toll.wrong.append(f"{name}: run {run.run} still runs")
    for event in events:
        if isinstance(event, TrainingFinished | ModelKept) and (model := event.model) is not None:
            content = blob_path(kernel.project, model.sha256).read_bytes()
            if hashlib.sha256(content).hexdigest() != model.sha256:
                toll.torn.append(f"{name}: the model of {event.run}")
