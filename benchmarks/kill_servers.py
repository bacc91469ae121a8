"""Jupyter servers killed while kernels run and are captured: the next command records all that was answered."""

import os
import random
import shutil
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

import psutil
from tests.server.jupyter import its_family, jupyter

from cellmill.capture.sessions import load_sessions
from cellmill.core.project import Project
from cellmill.wiring.marks import pending
from cellmill.wiring.store_process import StoreProcess

PLAIN = "made = [{n}] * 1000"
EVERY_FITTING = 8
FIT = "model = Ridge(alpha={n}).fit([[0.0], [1.0], [2.0]], [0, 1, 2])\nmodel.score([[3.0]], [3])"


@dataclass
class Toll:
    """What was found after a number of kills. The list is empty when nothing was lost."""

    kills: int = 0
    acknowledged: int = 0
    runs: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.lost

    def __str__(self) -> str:
        return (
            f"{self.kills} servers killed: {self.acknowledged} acknowledged cells, {self.runs} runs; "
            f"lost {len(self.lost)}"
        )


def kill_servers(times: int, seed: int, folder: Path, database: Path) -> Toll:
    """Kill so many servers, each at a random moment while cells run; then record as the next command would."""
    rng, toll = random.Random(seed), Toll()
    for number in range(times):
        _kill_one(rng, toll, folder / f"{number}", database)
    return toll


def _kill_one(rng: random.Random, toll: Toll, home: Path, database: Path) -> None:
    home.mkdir(parents=True)
    answered: list[str] = []
    with jupyter(home, database) as server, server.notebook("work.ipynb") as notebook, notebook.client() as client:
        client.execute_interactive("from sklearn.linear_model import Ridge", timeout=60, output_hook=lambda _: None)
        family = its_family(server.process.pid)
        timer = threading.Timer(rng.uniform(0, 2.0), os.kill, (server.process.pid, signal.SIGKILL))
        timer.start()
        until_s = time.monotonic() + 30
        waiting = client.execute(_cell(0))
        while time.monotonic() < until_s:
            try:
                reply = client.get_shell_msg(timeout=0.5)
            except Empty:
                if not any(member.is_running() for member in family):
                    break
                if server.process.poll() is not None and not notebook_lives(family):
                    break
                continue
            if reply["parent_header"].get("msg_id") == waiting:
                answered.append(waiting)
                waiting = client.execute(_cell(len(answered)))
        timer.join()
        server.process.wait(30)
        psutil.wait_procs(family, timeout=30)
    toll.kills += 1
    toll.acknowledged += len(answered)
    _look(Project(home / "work"), answered, toll)
    shutil.rmtree(home, ignore_errors=True)


def _cell(number: int) -> str:
    return (PLAIN if number % EVERY_FITTING else FIT).format(n=number)


def notebook_lives(family: list[psutil.Process]) -> bool:
    """Return whether a kernel among these still runs: it ends by itself soon after its server."""
    for member in family:
        try:
            if member.status() != psutil.STATUS_ZOMBIE and "ipykernel_launcher" in " ".join(member.cmdline()):
                return True
        except psutil.Error:
            continue
    return False


def _look(project: Project, answered: list[str], toll: Toll) -> None:
    sessions = load_sessions(project)
    finished = {one.execution for session in sessions.all() for one in session.executions if one.outcome == "ok"}
    toll.lost += [f"{project.root.parent.name}: {one} was answered" for one in answered if one not in finished]
    runs = sessions.runs()
    toll.runs += len(runs)
    trained = -(-len(answered) // EVERY_FITTING)
    if len(runs) < trained:
        toll.lost.append(f"{project.root.parent.name}: {trained - len(runs)} runs")
    toll.lost += [f"run {run.run} still runs" for run in runs if run.status == "running"]
    process = StoreProcess(project)
    try:
        recorded = process.record()
    finally:
        process.close()
    known = {run.run for run in runs}
    left = pending(load_sessions(project), project.store)
    if left:
        toll.lost.append(f"{project.root.parent.name}: {left} could not be recorded: {len(recorded)} of {len(known)}")
