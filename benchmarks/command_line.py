"""How long `--help` takes, the whole process, beside `mlflow --help`."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Estimate, Figure, Pair, estimate, ratio
from benchmarks.kernels import BenchmarkFailed
from benchmarks.rounds import Progress, turns

COMMANDS = ("cellmill", "mlflow")


def measure(folder: Path, rounds: int, progress: Progress) -> list[Figure]:
    """Ask both for help, in turn."""
    seconds: dict[str, list[float]] = {command: [] for command in COMMANDS}
    for command in COMMANDS:
        ask_for_help(command, folder)  # once unmeasured: the system reads the files
    for number in range(rounds):
        progress(f"{number} of {rounds} times asked for help")
        for command in turns(COMMANDS, number):
            seconds[command].append(ask_for_help(command, folder))
    pairs = [Pair(peer, ours) for peer, ours in zip(seconds["mlflow"], seconds["cellmill"], strict=True)]
    ours_s, peer_s = (statistics.median(seconds[command]) for command in COMMANDS)
    return [
        Figure(
            "cellmill --help, as a share of the peer's", "ratio", estimate(ratio, pairs), Estimate(1, 1, 1),
            "mlflow --help", 0.1, rounds, f"{ours_s * 1000:.0f} ms and {peer_s * 1000:,.0f} ms",
        )
    ]  # fmt: skip


def ask_for_help(command: str, folder: Path) -> float:
    """Return how many seconds a command takes to print its help."""
    path = shutil.which(command, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if path is None:
        raise BenchmarkFailed(f"there is no {command} beside {sys.executable}: install it there")
    began = time.perf_counter()
    done = subprocess.run([path, "--help"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    elapsed_s = time.perf_counter() - began
    if done.returncode:
        raise BenchmarkFailed(f"{command} --help ended with {done.returncode}: {done.stderr[-2_000:]!r}")
    return elapsed_s
