"""Is anything lost when processes are killed? `python -m benchmarks.kills [--times N] [--seed S] [PART …]`.

Kernels, recorders and Jupyter servers get SIGKILL at random moments. Of every ten kills six meet kernels, three
recorders and one servers. The exit code is 1 when anything was lost, torn or doubled.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import kill_kernels, kill_recorders, kill_servers
from cellmill.core.project import Project
from cellmill.stores.mlflow_client import client_for

PARTS = {"kernels": 0.6, "recorders": 0.3, "servers": 0.1}


def main() -> int:
    """Return 1 when anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description="Is anything lost by kill -9?")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these of {', '.join(PARTS)}; by default all")
    parser.add_argument("--times", type=int, default=200, metavar="N", help="how many kills in all; by default 200")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="draws the moments")
    given = parser.parse_args()
    parts: list[str] = given.parts or list(PARTS)
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    share = sum(PARTS[part] for part in parts)
    is_whole = True
    with tempfile.TemporaryDirectory(prefix="cellmill-kills-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        database = folder / "empty.db"
        client_for(f"sqlite:///{database.as_posix()}").search_experiments()
        for part in parts:
            began_s, times = time.monotonic(), max(1, round(given.times * PARTS[part] / share))
            toll = _KILL[part](times, given.seed, folder / part, database)
            print(f"{time.monotonic() - began_s:5.0f} s  {toll}", flush=True)
            for kind, found in vars(toll).items():
                if isinstance(found, list) and found:
                    is_whole = False
                    print(f"  {kind}:", *found[:20], sep="\n    ", flush=True)
    return 0 if is_whole else 1


def _recorders(times: int, seed: int, folder: Path, database: Path) -> kill_recorders.Toll:
    (folder / ".git").mkdir(parents=True)
    shutil.copyfile(database, folder / "mlflow.db")
    return kill_recorders.kill_recorders(times, seed, Project(folder))


_KILL: dict[str, Callable[[int, int, Path, Path], object]] = {
    "kernels": lambda times, seed, folder, _: kill_kernels.kill_kernels(times, seed, folder),
    "recorders": _recorders,
    "servers": kill_servers.kill_servers,
}

if __name__ == "__main__":
    sys.exit(main())
