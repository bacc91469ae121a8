"""Headless runs beside papermill and nbclient: whole, by command line, cell by cell, many at once; and their memory.

Both sides run the same notebook without capture, but where the figure says otherwise: then ours has also captured
the run and recorded it in MLflow before it counts as done.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import IO, Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks.bench import Bench
from benchmarks.figures import Estimate, Figure, Pair, estimate, ratio
from benchmarks.kernels import BenchmarkFailed
from benchmarks.rounds import turns

IMPORTS = """\
import pandas
import mlflow
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression"""
FIT = """\
X, y = load_iris(return_X_y=True)
model = LogisticRegression(C=C, max_iter=200).fit(X, y)
print(model.score(X, y))"""
NOTEBOOKS = {
    "empty": ("",),
    "heavy": ("C = 1.0", IMPORTS, FIT),
    "cells": tuple(f"x = {index}" for index in range(100)),
}
SWEEP = 24
HEAVY = "import-heavy notebook, {}, as a share of the peer's"
EMPTY = "empty notebook, {}, as a share of the peer's"
RECORDED = "the same, captured and recorded in MLflow"
IN_SWEEP = "a run in a sweep of 24 on two cores, as a share of the peer's"
WARM_FOLDER = "CELLMILL_WARM_FOLDER"
HELD = f"C = 1.0\n{IMPORTS}\n{FIT}"


class Desk:
    """A folder without capture, one with it, and processes that run notebooks in them."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.plain, self.captured = bench.home("warm", "plain"), bench.home("warm", "captured")
        for folder in (self.plain, self.captured):
            (folder / ".git").mkdir(exist_ok=True)
            for name, cells in NOTEBOOKS.items():
                made = [new_code_cell(source) for source in cells]
                made[0].metadata["tags"] = ["parameters"]
                kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
                nbformat.write(new_notebook(cells=made, metadata={"kernelspec": kernelspec}), folder / f"{name}.ipynb")
        settings = bench.home("warm", "plain", ".cellmill") / "settings.toml"
        settings.write_text("capture = false\n")
        servers = bench.home("warm", "servers")
        servers.chmod(0o700)
        self.environment = bench.environment() | {
            WARM_FOLDER: str(servers),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }

    def command(self, *words: str, folder: Path) -> float:
        """Return how many seconds a command takes, the whole process."""
        path = shutil.which(words[0], path=os.path.dirname(sys.executable)) or shutil.which(words[0])  # noqa: PTH120
        if path is None:
            raise BenchmarkFailed(f"there is no {words[0]} beside {sys.executable}: install it there")
        began_s = time.perf_counter()
        done = subprocess.run(
            [path, *words[1:]],
            cwd=folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        elapsed_s = time.perf_counter() - began_s
        if done.returncode:
            raise BenchmarkFailed(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-2_000:]!r}")
        return elapsed_s


class Worker:
    """A process of `warm_worker`."""

    def __init__(self, desk: Desk, peer: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.warm_worker", peer],
            cwd=Path(__file__).parents[1],
            env=desk.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._peer = peer
        self._number = 0
        self._answer()

    def run(self, notebook: Path, **parameters: Any) -> float:
        """Return the seconds that a notebook took."""
        self._number += 1
        output = notebook.with_name(f"{self._peer}-{self._process.pid}.out")
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(notebook), str(output), parameters]) + "\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> str:
        out: IO[str] | None = self._process.stdout
        line = out.readline() if out is not None else ""
        if not line:
            raise BenchmarkFailed(f"the process that runs notebooks by {self._peer} ended")
        return line


def measure(bench: Bench, rounds: int) -> list[Figure]:
    """Everyone once in each round."""
    desk = Desk(bench)
    try:
        with ExitStack() as stack:
            workers = {peer: Worker(desk, peer) for peer in ("cellmill", "papermill", "nbclient")}
            for worker in workers.values():
                stack.callback(worker.close)
            _warm_up(desk)
            return [
                *_by_interface(desk, workers, rounds),
                *_by_command(desk, rounds),
                *_sweep(desk, max(1, rounds // 3)),
                _memory(desk),
            ]
    finally:
        subprocess.run(
            [sys.executable, "-m", "cellmill", "doctor", "--stop-fork-servers"],
            cwd=desk.plain, env=desk.environment, capture_output=True, check=False,
        )  # fmt: skip


def _warm_up(desk: Desk) -> None:
    """Run until the fork server has imported what the notebook does."""
    desk.bench.say("the fork server imports")
    for folder in (desk.plain, desk.captured):
        for _ in range(3):
            desk.command("cellmill", "run", "heavy.ipynb", "-o", "out.ipynb", folder=folder)
            time.sleep(2)
    for name in NOTEBOOKS:
        desk.command("papermill", f"{name}.ipynb", "out.ipynb", folder=desk.plain)


def _by_interface(desk: Desk, workers: dict[str, Worker], rounds: int) -> list[Figure]:
    took: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds):
        desk.bench.say(f"{number} of {rounds} rounds through Python")
        for name in NOTEBOOKS:
            for peer in turns(tuple(workers), number):
                took.setdefault((name, peer), []).append(workers[peer].run(desk.plain / f"{name}.ipynb"))
        took.setdefault(("captured", "cellmill"), []).append(workers["cellmill"].run(desk.captured / "heavy.ipynb"))
    a_cell = {
        peer: [(c - e) * 10 for c, e in zip(took["cells", peer], took["empty", peer], strict=True)] for peer in workers
    }
    note = f"nbclient {statistics.median(a_cell['nbclient']):.1f} ms"
    return [
        _share(HEAVY.format("from Python"), took["heavy", "cellmill"], took["heavy", "papermill"], 1 / 8),
        _share(RECORDED, took["captured", "cellmill"], took["heavy", "papermill"], None),
        _share(EMPTY.format("from Python"), took["empty", "cellmill"], took["empty", "papermill"], 1 / 4),
        Figure(
            "100 trivial cells, a cell", "ms", estimate(statistics.median, a_cell["cellmill"]),
            estimate(statistics.median, a_cell["papermill"]), "papermill", 4, rounds, note,
        ),
    ]  # fmt: skip


def _by_command(desk: Desk, rounds: int) -> list[Figure]:
    took: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds):
        desk.bench.say(f"{number} of {rounds} rounds by command line")
        for name in ("empty", "heavy"):
            for peer in turns(("cellmill", "papermill"), number):
                words = ("run", f"{name}.ipynb", "-o") if peer == "cellmill" else (f"{name}.ipynb",)
                took.setdefault((name, peer), []).append(desk.command(peer, *words, "out.ipynb", folder=desk.plain))
        whole = desk.command("cellmill", "run", "heavy.ipynb", "-o", "out.ipynb", folder=desk.captured)
        took.setdefault(("captured", "cellmill"), []).append(whole)
    return [
        _share(HEAVY.format("by command"), took["heavy", "cellmill"], took["heavy", "papermill"], 1 / 6),
        _share(RECORDED, took["captured", "cellmill"], took["heavy", "papermill"], None),
        _share(EMPTY.format("by command"), took["empty", "cellmill"], took["empty", "papermill"], 1 / 4),
    ]


def _sweep(desk: Desk, rounds: int) -> list[Figure]:
    """24 values; papermill one after the other, then each of us with two processes, and the command, which records."""
    notebook = desk.plain / "heavy.ipynb"
    values = [0.1 * (index + 1) for index in range(SWEEP)]
    took: dict[str, list[float]] = {"loop": [], "papermill": [], "cellmill": [], "captured": []}
    grid = f"C={','.join(f'{value:.1f}' for value in values)}"
    for number in range(rounds):
        desk.bench.say(f"{number} of {rounds} sweeps")
        for mode in turns(tuple(took), number):
            if mode == "captured":
                words = ("cellmill", "sweep", "heavy.ipynb", "--grid", grid, "--metric", "training_score")
                took[mode].append(desk.command(*words, folder=desk.captured) / SWEEP)
                continue
            peer, several = ("papermill", 1) if mode == "loop" else (mode, 2)
            with _workers(desk, peer, several) as workers, ThreadPoolExecutor(several) as pool:
                began_s = time.perf_counter()
                list(
                    pool.map(_run_all, workers, [values[index::several] for index in range(several)], repeat(notebook))
                )
                took[mode].append((time.perf_counter() - began_s) / SWEEP)
    return [
        _share(IN_SWEEP, took["cellmill"], took["loop"], 1 / 10, "papermill, a loop"),
        _share(IN_SWEEP, took["cellmill"], took["papermill"], 1 / 7, "papermill, two processes"),
        _share(f"{RECORDED} (cellmill sweep)", took["captured"], took["loop"], None, "papermill, a loop"),
    ]


def _run_all(worker: Worker, values: Sequence[float], notebook: Path) -> None:
    for value in values:
        worker.run(notebook, C=value)


@contextmanager
def _workers(desk: Desk, peer: str, several: int) -> Iterator[list[Worker]]:
    workers = [Worker(desk, peer) for _ in range(several)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def _memory(desk: Desk) -> Figure:
    """Four of each alive, after imports and a fit."""
    desk.bench.say("memory")
    script = (
        "import json, psutil, sys\nfrom contextlib import ExitStack\nfrom pathlib import Path\n"
        "from cellmill.executors.kernels import LocalKernels\n"
        "notebook, warm, source = Path(sys.argv[1]), sys.argv[2] == 'warm', sys.argv[3]\n"
        "with ExitStack() as stack:\n"
        "    start = lambda: LocalKernels().start("
        "notebook=notebook, cwd=notebook.parent, kernel=None, environment={}, warm=warm)\n"
        "    kernels = [stack.enter_context(start()) for _ in range(4)]\n"
        "    assert all(kernel.is_warm == warm and kernel.run(source).error is None for kernel in kernels)\n"
        "    print(json.dumps([psutil.Process(kernel.pid).memory_full_info().pss for kernel in kernels]))\n"
    )
    found: dict[str, list[float]] = {}
    for how in ("warm", "cold"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(desk.plain / "heavy.ipynb"), how, HELD],
            cwd=desk.plain, env=desk.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchmarkFailed(f"kernels could not be weighed: {done.stderr[-2_000:]}")
        found[how] = [pss / 1e6 for pss in json.loads(done.stdout.splitlines()[-1])]
    pairs = [Pair(cold, warm) for cold, warm in zip(found["cold"], found["warm"], strict=True)]
    note = f"{statistics.median(found['warm']):.0f} MB and {statistics.median(found['cold']):.0f} MB (PSS, four alive)"
    return Figure(
        "memory of a forked kernel, as a share of", "ratio", estimate(ratio, pairs), Estimate(1, 1, 1),
        "a cold kernel", 0.5, len(pairs), note,
    )  # fmt: skip


def _share(
    figure: str, ours_s: list[float], peer_s: list[float], target: float | None, peer: str = "papermill"
) -> Figure:
    pairs = [Pair(theirs, ours) for theirs, ours in zip(peer_s, ours_s, strict=True)]
    faster = f"{1 / ratio(pairs):.1f} times faster"
    note = f"{statistics.median(ours_s):.2f} s and {statistics.median(peer_s):.2f} s: {faster}"
    return Figure(figure, "ratio", estimate(ratio, pairs), Estimate(1, 1, 1), peer, target, len(pairs), note)
