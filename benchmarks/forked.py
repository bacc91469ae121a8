"""Commands of a peer, each in a fork of an interpreter that has imported what they need. POSIX only.

As a script it is that interpreter: `python forked.py MODULE ...` reads a job a line, and answers with its exit code.
"""

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class Forks:
    """An interpreter, left running until this process ends."""

    def __init__(self, python: str, modules: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [python, __file__, *modules], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path, timeout_s: int
    ) -> int:
        """Return the exit code of a Python script with its arguments; what it says goes to `log`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = {"command": command, "folder": str(folder), "environment": environment, "log": str(log)}
        self._process.stdin.write(json.dumps({**job, "timeout_s": timeout_s}) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve(modules: Sequence[str]) -> None:
    """Import the modules, and run the jobs that come in."""
    del sys.path[0]  # this folder, in which modules are named as some of the standard library
    for module in modules:
        importlib.import_module(module)
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(**job)
            sys.exit()  # and what else it ends with, as any interpreter does
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        answers.flush()


def _run(command: Sequence[str], folder: str, environment: Mapping[str, str], log: str, timeout_s: int) -> None:
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    signal.alarm(timeout_s)
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv = list(command)
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1:])
