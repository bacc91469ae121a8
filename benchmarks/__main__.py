"""`python -m benchmarks`: measure, print the table, write `benchmarks/latest.json`."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks import cells, command_line, dataflow, fits, pipelines, reading, sidebar, starts, warm, work
from benchmarks.bench import Bench
from benchmarks.figures import Conditions, Figure
from benchmarks.kernels import BenchmarkFailed
from benchmarks.peers import NoPeer
from benchmarks.report import print_table, write_json

LATEST = Path(__file__).parent / "latest.json"
VERSIONS = ("cellmill", "ipykernel", "ipython", "mlflow", "scikit-learn", "pandas", "pyzmq")


@dataclass(frozen=True)
class Part:
    """Figures that are measured together, and how often."""

    measure: Callable[[Bench, int], list[Figure]]
    rounds: int
    quick_rounds: int


PARTS = {
    "starts": Part(starts.measure, 24, 1),
    "cells": Part(cells.measure, 2_000, 50),
    "dataflow": Part(dataflow.measure, 100, 6),
    "work": Part(work.measure, 8, 1),
    "reading": Part(reading.measure, 100, 3),
    "sidebar": Part(sidebar.measure, 60, 5),
    "fits": Part(fits.measure, 5, 1),
    "warm": Part(warm.measure, 9, 1),
    "pipelines": Part(pipelines.measure, 6, 1),
    "help": Part(command_line.measure, 5, 1),
}


def main() -> int:
    """Return 1 when something could not be measured. A target that is missed is a result, not a failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What Cellmill costs, beside its peers.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these of {', '.join(PARTS)}; by default all")
    parser.add_argument("--quick", action="store_true", help="a few rounds: shows that it works, measures little")
    parser.add_argument("--output", type=Path, help="where to write; by default latest.json, if all was measured")
    given = parser.parse_args()
    unknown = [name for name in given.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    chosen: list[str] = given.parts or list(PARTS)
    output: Path | None = given.output or (LATEST if not given.quick and set(chosen) == set(PARTS) else None)

    console, progress = Console(), Console(stderr=True)
    if not console.is_terminal:
        console = Console(width=150)
    load_before, began = psutil.getloadavg()[0], time.monotonic()
    figures: list[Figure] = []
    try:
        with tempfile.TemporaryDirectory(prefix="cellmill-bench-", ignore_cleanup_errors=True) as folder:

            def say(text: str) -> None:
                progress.print(f"{time.monotonic() - began:4.0f} s  {text}", style="dim", highlight=False)

            for name in chosen:
                part = PARTS[name]
                figures += part.measure(Bench(Path(folder), say), part.quick_rounds if given.quick else part.rounds)
    except (BenchmarkFailed, NoPeer) as error:
        progress.print(f"The benchmarks cannot go on: {error}", style="red", highlight=False, markup=False)
        return 1
    conditions = Conditions(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cores=os.cpu_count() or 1,
        machine=f"{platform.platform(terse=True)} {platform.machine()}",
        versions={"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        load_before=load_before,
        load_after=psutil.getloadavg()[0],
        scheduling=_scheduling(),
        seconds=round(time.monotonic() - began, 1),
        quick=given.quick,
    )
    print_table(console, conditions, figures)
    if output is not None:
        write_json(output, conditions, figures)
        console.print(f"Written to {output}", style="dim", highlight=False)
    return 0


def _scheduling() -> str:
    """Return what precedence this process and all that it starts have over the rest of the machine."""
    if sys.platform == "linux" and os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR):
        return "real-time"
    return f"nice {psutil.Process().nice()}"


if __name__ == "__main__":
    sys.exit(main())
