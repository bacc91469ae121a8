"""Where a run of the benchmarks works, and the surroundings it gives to every process that it measures."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import peers

# Whoever runs the benchmarks may sit in a kernel, or have these set: no measured process may know.
_NOT_INHERITED = ("CELLMILL_", "MLFLOW_", "JPY_", "IPYTHON", "PYTHON")


@dataclass(frozen=True)
class Bench:
    """A scratch folder, and a word to whoever waits."""

    folder: Path
    say: Callable[[str], None]

    def home(self, *names: str) -> Path:
        """Return a folder below the scratch folder, made if need be."""
        folder = self.folder.joinpath(*names)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def python_of(self, peer: str) -> str:
        """Return the interpreter of a peer that has an environment of its own. Raises `NoPeer`."""
        return peers.python_of(peer, self.say)

    def program_of(self, peer: str, program: str) -> str:
        """Return the path of a command of such a peer. Raises `NoPeer`."""
        return peers.program_of(peer, program, self.say)

    def environment(self) -> dict[str, str]:
        """Return the environment of every measured process, ours or a peer's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        return kept | {
            # Some installers leave packages uncompiled, and some machines forbid to compile them: then the
            # compiler would be measured. Here the first process compiles for all, in rounds that do not count.
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
            # On a busy machine the threads of BLAS spin for one another: a fit of 20 ms then takes 20 or 900.
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            # Else each process has names that collide in its tables, or has not: a loop of two bare kernels
            # then differs by as much as 8 %, whoever they are.
            "PYTHONHASHSEED": "0",
        }
