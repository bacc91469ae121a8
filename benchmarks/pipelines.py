"""Pipelines beside DVC, Ploomber and papermill: nothing to do, what a step costs, many short steps on two cores.

Ours captures every step and records it in MLflow before the command counts as done; the peers keep no runs. DVC and
Ploomber are taken from the PATH, and left out where they are not there.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.bench import Bench
from benchmarks.figures import Estimate, Figure, Pair, estimate, ratio
from benchmarks.kernels import BenchmarkFailed
from benchmarks.rounds import turns
from benchmarks.warm import Desk, Worker

CHAIN, SHORT, WARM_STEPS = 10, 50, 20
IDLE = "nothing changed, 10 steps, whole command"
STEP = "a step of a pipeline, as a share of the peer's"
MANY = "50 independent short steps on two cores, as a share of the peer's"
POOL = """\
import logging, sys
from concurrent.futures import ProcessPoolExecutor
import papermill
def run(number):
    logging.getLogger("papermill").setLevel(logging.ERROR)
    papermill.execute_notebook("short.ipynb", f"out-{number}.ipynb", {"x": number}, progress_bar=False)
if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(run, range(int(sys.argv[1]))))
"""


def measure(bench: Bench, rounds: int) -> list[Figure]:
    """Everyone once in each round."""
    desk = Desk(bench)
    folder = bench.home("pipelines")
    (folder / ".git").mkdir(exist_ok=True)
    for name, steps, chained in (("chain", CHAIN, True), ("short", SHORT, False), ("line", WARM_STEPS, True)):
        _write(folder / "pipelines" / name, steps, chained=chained)
    _notebook(folder / "short.ipynb", "x = 1", "y = x + 1")
    (folder / "pool.py").write_text(POOL)
    try:
        bench.say("first runs of the pipelines")
        for name in ("chain", "short", "line"):
            desk.command("cellmill", "pipeline", "run", name, folder=folder)
        return [*_idle(desk, folder, rounds), _a_step(desk, folder, rounds), _many(desk, folder, max(1, rounds // 3))]
    finally:
        subprocess.run(
            [sys.executable, "-m", "cellmill", "doctor", "--stop-fork-servers"],
            cwd=folder, env=desk.environment, capture_output=True, check=False,
        )  # fmt: skip


def _write(folder: Path, steps: int, *, chained: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["version: 1", "steps:"]
    for number in range(steps):
        before = f", after: [s{number - 1}]" if chained and number else ""
        lines.append(f"  s{number}: {{notebook: s{number}.ipynb{before}}}")
        read = f"open('s{number - 1}.txt').read()\n" if chained and number else ""
        _notebook(folder / f"s{number}.ipynb", f"x = {number}", f"{read}open('s{number}.txt', 'w').write(str(x))")
    (folder / "pipeline.yaml").write_text("\n".join(lines) + "\n")


def _notebook(path: Path, declared: str, *cells: str) -> None:
    made = [new_code_cell(source) for source in (declared, *cells)]
    made[0].metadata["tags"] = ["parameters"]
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernelspec}), path)


# --- nothing to do


def _idle(desk: Desk, folder: Path, rounds: int) -> list[Figure]:
    dvc, ploomber = desk.bench.program_of("dvc", "dvc"), desk.bench.program_of("soorgeon", "ploomber")
    commands: dict[str, tuple[Path, tuple[str, ...]]] = {
        "cellmill": (folder, ("cellmill", "pipeline", "run", "chain")),
        "dvc repro": (_dvc(desk, dvc), (dvc, "repro")),
        "ploomber build": (_ploomber(desk), (ploomber, "build")),
    }
    for where, words in commands.values():
        desk.bench.say(f"first run of {Path(words[0]).name}")
        desk.command(*words, folder=where)
        desk.command(*words, folder=where)
    took: dict[str, list[float]] = {}
    for number in range(rounds):
        desk.bench.say(f"{number} of {rounds} rounds with nothing to do")
        for who in turns(tuple(commands), number):
            where, words = commands[who]
            took.setdefault(who, []).append(desk.command(*words, folder=where))
    ours = estimate(statistics.median, took.pop("cellmill"))
    return [
        Figure(IDLE, "s", ours, estimate(statistics.median, seconds), who, 0.3, rounds, "")
        for who, seconds in took.items()
    ]


def _dvc(desk: Desk, dvc: str) -> Path:
    folder = desk.bench.home("pipelines-dvc")
    stages = []
    for number in range(CHAIN):
        source = f"s{number - 1}.txt" if number else "begin.txt"
        stages.append(
            f"  s{number}:\n    cmd: cp {source} s{number}.txt\n    deps: [{source}]\n    outs: [s{number}.txt]"
        )
    (folder / "begin.txt").write_text("x")
    (folder / "dvc.yaml").write_text("stages:\n" + "\n".join(stages) + "\n")
    desk.command(dvc, "init", "--no-scm", "--force", folder=folder)
    return folder


def _ploomber(desk: Desk) -> Path:
    folder = desk.bench.home("pipelines-ploomber")
    tasks = []
    for number in range(CHAIN):
        upstream = f"['s{number - 1}']" if number else "None"
        _notebook(folder / f"s{number}.ipynb", f"upstream = {upstream}\nproduct = None", "x = 1")
        tasks.append(f"  - source: s{number}.ipynb\n    product: out/s{number}.ipynb")
    (folder / "pipeline.yaml").write_text("tasks:\n" + "\n".join(tasks) + "\n")
    return folder


# --- what a step costs


def _a_step(desk: Desk, folder: Path, rounds: int) -> Figure:
    """Twenty steps one after the other, from the first one's start to the last one's end; papermill's API as often."""
    ours, theirs = [], []
    worker = Worker(desk, "papermill")
    try:
        worker.run(folder / "short.ipynb")
        for number in range(rounds):
            desk.bench.say(f"{number} of {rounds} rounds of {WARM_STEPS} steps")
            run = _run_forced(desk, folder)
            ours.append((run["steps"][-1]["ended_ms"] - run["steps"][0]["started_ms"]) / 1000 / WARM_STEPS)
            theirs.append(statistics.mean(worker.run(folder / "short.ipynb") for _ in range(3)))
    finally:
        worker.close()
    pairs = [Pair(peer, mine) for peer, mine in zip(theirs, ours, strict=True)]
    note = f"{statistics.median(ours):.3f} s and {statistics.median(theirs):.3f} s"
    return Figure(STEP, "ratio", estimate(ratio, pairs), Estimate(1, 1, 1), "papermill, its API", 1 / 5, rounds, note)


def _run_forced(desk: Desk, folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "cellmill", "pipeline", "run", "line", "--force", "-j", "1", "--json"],
        cwd=folder, env=desk.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkFailed(
            f"the pipeline of {WARM_STEPS} steps ended with {done.returncode}: {done.stderr[-2_000:]}"
        )
    return json.loads(done.stdout)


# --- many steps


def _many(desk: Desk, folder: Path, rounds: int) -> Figure:
    took: dict[str, list[float]] = {}
    for number in range(rounds):
        desk.bench.say(f"{number} of {rounds} rounds of {SHORT} short steps")
        for who in turns(("cellmill", "papermill"), number):
            if who == "cellmill":
                seconds = desk.command("cellmill", "pipeline", "run", "short", "--force", "-j", "2", folder=folder)
            else:
                seconds = desk.command(sys.executable, "pool.py", str(SHORT), folder=folder)
            took.setdefault(who, []).append(seconds)
    pairs = [Pair(peer, mine) for peer, mine in zip(took["papermill"], took["cellmill"], strict=True)]
    note = f"{statistics.median(took['cellmill']):.1f} s and {statistics.median(took['papermill']):.1f} s"
    return Figure(
        MANY, "ratio", estimate(ratio, pairs), Estimate(1, 1, 1), "papermill, two processes", 1 / 5, rounds, note
    )
