"""Do steps start when many start at once? `python -m benchmarks.many_starts [--times N] [--jobs N] [--cold]`.

Each start is a step of one line in a kernel of its own, as a pipeline runs it. A start that hangs is ended and made
again by Cellmill itself; one that still came to nothing counts here as unrecovered, and then the exit code is 1.
"""

import argparse
import statistics
import sys
import tempfile
import time
from concurrent.futures import as_completed
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from cellmill.core.ids import new_session_id
from cellmill.core.ports import StepEnded, StepTask
from cellmill.executors.steps import LocalSteps
from cellmill.executors.warm.client import stop_servers

PATIENCE_S = 3_600


def main() -> int:
    """Return 1 when a start came to nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_starts", description=__doc__)
    parser.add_argument("--times", type=int, default=1_000, help="how many starts; 1,000")
    parser.add_argument("--jobs", type=int, default=8, help="how many at a time; 8")
    parser.add_argument("--cold", action="store_true", help="start each kernel from nothing")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cellmill-starts-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        (root / ".git").mkdir()
        notebook = root / "step.ipynb"
        cells = [new_code_cell("x = 6 * 7")]
        nbformat.write(
            new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}),
            notebook,
        )
        began_s = time.monotonic()
        ended = _run(root, notebook, given.times, given.jobs, warm=not given.cold)
        took_s = time.monotonic() - began_s
    stop_servers()
    bad = [one for one in ended if one.outcome != "ok" or one.values != {"x": 42}]
    seconds = sorted((one.ended_ms - one.started_ms) / 1000 for one in ended)
    print(
        f"{len(ended)} starts, {given.jobs} at a time, in {took_s:.0f} s: {len(bad)} unrecovered. "
        f"A start with its cell and its end took {statistics.median(seconds):.2f} s, the longest {seconds[-1]:.2f} s."
    )
    for one in bad[:10]:
        print(f"  {one.outcome}: {one.error}")
    return 1 if bad or len(ended) != given.times else 0


def _run(root: Path, notebook: Path, times: int, jobs: int, *, warm: bool) -> list[StepEnded]:
    executor = LocalSteps(jobs)
    try:
        futures = [
            executor.submit(
                StepTask(
                    key=f"s.{number}",
                    session=new_session_id(),
                    root=str(root),
                    notebook=str(notebook),
                    output=str(root / "executed" / f"{number}.ipynb"),
                    warm=warm,
                    asks=("x",),
                ),
                lambda progress: None,
            )
            for number in range(times)
        ]
        return [future.result() for future in as_completed(futures, timeout=PATIENCE_S)]
    finally:
        executor.close()


if __name__ == "__main__":
    sys.exit(main())
