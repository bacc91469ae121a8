"""How long `--help` takes, the whole process, beside `mlflow --help`."""

import os
import shutil
import statistics
import subprocess
import sys
import time

from benchmarks.bench import Bench
from benchmarks.figures import Estimate, Figure, Pair, estimate, ratio
from benchmarks.kernels import BenchmarkFailed
from benchmarks.rounds import turns

COMMANDS = ("cellmill", "mlflow")


def measure(bench: Bench, rounds: int) -> list[Figure]:
    """Ask both for help, in turn."""
    seconds: dict[str, list[float]] = {command: [] for command in COMMANDS}
    for command in COMMANDS:  # once unmeasured, for every file to be read and compiled
        ask_for_help(command, bench)
    for number in range(rounds):
        bench.say(f"{number} of {rounds} times asked for help")
        for command in turns(COMMANDS, number):
            seconds[command].append(ask_for_help(command, bench))
    ours_s, peer_s = (seconds[command] for command in COMMANDS)
    pairs = [Pair(peer, ours) for peer, ours in zip(peer_s, ours_s, strict=True)]
    return [
        Figure(
            "cellmill --help, as a share of the peer's", "ratio",
            estimate(ratio, pairs), Estimate(1, 1, 1), "mlflow --help",
            0.1, rounds, f"{statistics.median(ours_s) * 1000:.0f} ms and {statistics.median(peer_s) * 1000:,.0f} ms",
        )
    ]  # fmt: skip


def ask_for_help(command: str, bench: Bench) -> float:
    """Return how many seconds a command takes to print its help."""
    path = shutil.which(command, path=os.path.dirname(sys.executable)) or shutil.which(command)  # noqa: PTH120
    if path is None:
        raise BenchmarkFailed(f"there is no {command} beside {sys.executable}: install it there")
    began = time.perf_counter()
    done = subprocess.run(
        [path, "--help"],
        cwd=bench.home("help"),
        env=bench.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    elapsed_s = time.perf_counter() - began
    if done.returncode:
        raise BenchmarkFailed(f"{command} --help ended with {done.returncode}: {done.stderr[-2_000:]!r}")
    return elapsed_s
