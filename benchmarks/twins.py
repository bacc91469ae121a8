"""Two kernels that are given the same cells, one of them captured: everything they say and are is compared.

What differs between any two kernels is taken out first: addresses, process ids, their folders, durations.
What is left and differs is looked for in two bare kernels as well: only what those agree on is ours.
"""

import json
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from tests.kernel.kernels import Kernel, new_project, start_kernel

from benchmarks import kernel_state

CELL_PATIENCE_S = 60.0
# Not all: IPython runs nothing of an empty cell.
LEAST_CAPTURED = 0.5
# One sets the same order of sets, and leaves timings of threads alone.
STEADY = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "KERAS_BACKEND": "torch",
    "COLUMNS": "80",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
INSTALL_STATE = """\
import sys as _sys, types as _types
_twin = _types.ModuleType("twin_state")
_sys.modules["twin_state"] = _twin
exec({source!r}, vars(_twin))
del _twin, _sys, _types
"""
STATE = "__import__('sys').modules['twin_state'].state(get_ipython())"

_CHANGING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"ipykernel_\d+"), "ipykernel_PID"),
    (re.compile(r"0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"Task-\d+"), "Task"),  # they count the messages before, of which a start takes one more or less
    (re.compile(r"CPU times:[^\\\n]*"), "CPU times"),
    (re.compile(r"Wall time:[^\\\n]*"), "Wall time"),
    (re.compile(r"[\d.]+ (?:[nmµμu]|\\u00b5|\\u03bc)?s (?:±|\\u00b1)[^\\\n]*"), "timeit"),
    (re.compile(r"The slowest run took[^\\\n]*\\n[^\\\n]*\\n"), ""),
)
if sys.version_info < (3, 12):
    # IPython colours the expression that failed where `executing` finds it, and in 3.11 that is not so once the
    # interpreter has seen the call often enough to specialise it. How often is not the same with us.
    _CHANGING += ((re.compile(r"\\u001b\[[0-9;]*m"), ""),)


@dataclass(frozen=True)
class Seen:
    """What one kernel answered to a cell, and what it was like then. `facts` are texts by name."""

    facts: dict[str, str]
    died: int | None = None
    """The exit code, of a kernel that the cell ended."""


@dataclass(frozen=True)
class Difference:
    """A fact that the two kernels do not agree on."""

    cell: int
    source: str
    fact: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"cell {self.cell}, {self.fact}\n{self.source}\n  without: {self.first}\n  with:    {self.second}"


@dataclass
class Outcome:
    """What came of a session."""

    cells: int = 0
    """How many were run by both and compared."""
    differences: list[Difference] = field(default_factory=list)
    unsteady: list[Difference] = field(default_factory=list)
    """Differences that two bare kernels have as well."""
    gave_up: str | None = None
    """Why the session was not run to its end."""
    captured: int = 0
    """How many executions the journal of the captured kernel holds."""

    @property
    def compares_nothing(self) -> bool:
        """Whether there was nothing to compare, or hardly any of it was captured: then no difference means nothing."""
        return self.captured < max(1, self.cells * LEAST_CAPTURED)


class Twin:
    """One kernel of the two."""

    def __init__(self, root: Path, home: Path, *, bare: bool) -> None:
        """Start it in a project of its own."""
        self.kernel: Kernel = start_kernel(new_project(root), home, environment=STEADY, bare=bare)
        self._root = str(root)
        source = Path(kernel_state.__file__).read_text("utf-8")
        self.kernel.run(INSTALL_STATE.format(source=source), silent=True)

    def send(self, source: str) -> str:
        """Send a cell of the user's."""
        return self.kernel.begin(source)

    def receive(self, request: str, patience_s: float = CELL_PATIENCE_S) -> Seen:
        """Wait for all that a cell brings, then look at the kernel. Raises TimeoutError."""
        facts: dict[str, str] = {}
        told: list[Any] = []
        streams = {"stdout": "", "stderr": ""}
        until_s = time.monotonic() + patience_s
        client = self.kernel.client
        while True:
            try:
                message = client.get_iopub_msg(timeout=0.5)
            except Empty:
                if not self.kernel.is_alive:
                    return Seen({}, self.kernel.exit_code)  # how much it could still say is chance
                if time.monotonic() > until_s:
                    raise TimeoutError(f"no end after {patience_s:g} s") from None
                continue
            kind, content = message["msg_type"], message["content"]
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "status":
                if content["execution_state"] == "idle":
                    break
            elif kind == "stream":
                streams[content["name"]] += content["text"]
            else:
                content.pop("transient", None)
                told.append([kind, content])
        reply: dict[str, Any] = {}
        while reply.get("parent_header", {}).get("msg_id") != request:
            try:
                reply = client.get_shell_msg(timeout=0.5)
            except Empty:
                if not self.kernel.is_alive or time.monotonic() > until_s:
                    break
        answer = reply.get("content", {})
        facts["reply"] = self.steady({key: value for key, value in answer.items() if key != "engine_info"})
        facts["said"] = self.steady(told)
        return Seen(facts | self._streams(streams) | self._state())

    def _streams(self, streams: dict[str, str]) -> dict[str, str]:
        return {name: self.steady(text) for name, text in streams.items()}

    def _state(self) -> dict[str, str]:
        client = self.kernel.client
        content = {"code": "", "silent": True, "store_history": False, "user_expressions": {"state": STATE}}
        message = client.session.msg("execute_request", {**content, "allow_stdin": False})
        client.shell_channel.send(message)
        until_s = time.monotonic() + CELL_PATIENCE_S
        while time.monotonic() < until_s:
            try:
                reply = client.get_shell_msg(timeout=0.5)
            except Empty:
                if not self.kernel.is_alive:
                    return {"state": f"ended with {self.kernel.exit_code}"}
                continue
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                answer = reply["content"].get("user_expressions", {}).get("state", {"status": "aborted"})
                if answer["status"] != "ok":
                    return {"state": self.steady(answer)}
                # The text is the repr of a string: read back, it is JSON.
                state = json.loads(_unquoted(answer["data"]["text/plain"]))
                return {name: self.steady(value) for name, value in state.items()}
        return {"state": "no answer"}

    def steady(self, value: Any) -> str:
        """Return a value as text, without what differs between any two kernels."""
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
        text = text.replace(self._root, "ROOT")
        for changing, instead in _CHANGING:
            text = changing.sub(instead, text)
        return text


def _unquoted(text: str) -> str:
    import ast

    return str(ast.literal_eval(text))


@contextmanager
def twins(
    folder: Path, home: Path, *, both_bare: bool = False, beside: Path | None = None
) -> Iterator[tuple[Twin, Twin]]:
    """Two kernels in folders of the same length: a bare one, and a captured one or another bare one.

    What lies in the folder `beside`, the data of a notebook, is copied into each.
    """
    started: list[Twin] = []
    try:
        for name, bare in (("1st", True), ("2nd", both_bare)):
            if beside is not None:
                ignored = shutil.ignore_patterns("*.ipynb", ".*")
                shutil.copytree(beside, folder / name / "project", ignore=ignored, dirs_exist_ok=True)
            started.append(Twin(folder / name / "project", home, bare=bare))
        yield started[0], started[1]
    finally:
        for twin in started:
            twin.kernel.end()


def compare(
    cells: Sequence[str],
    folder: Path,
    home: Path,
    *,
    patience_s: float = CELL_PATIENCE_S,
    beside: Path | None = None,
) -> Outcome:
    """Run a session bare and captured; what differs, is run again in two bare kernels."""
    outcome = run_both(cells, folder / "a", home, patience_s=patience_s, beside=beside)
    if outcome.differences:
        control = run_both(cells, folder / "b", home, both_bare=True, patience_s=patience_s, beside=beside)
        by_itself = {(one.cell, one.fact) for one in control.differences}
        outcome.unsteady = [one for one in outcome.differences if (one.cell, one.fact) in by_itself]
        outcome.differences = [one for one in outcome.differences if (one.cell, one.fact) not in by_itself]
    return outcome


def run_both(
    cells: Sequence[str],
    folder: Path,
    home: Path,
    *,
    both_bare: bool = False,
    patience_s: float = CELL_PATIENCE_S,
    beside: Path | None = None,
) -> Outcome:
    """Run a session in two kernels and compare them after each cell. A fact that stays different is told once."""
    outcome = Outcome()
    with twins(folder, home, both_bare=both_bare, beside=beside) as (first, second):
        different: dict[str, tuple[str, str]] = {}
        for at, source in enumerate(cells):
            requests = first.send(source), second.send(source)
            try:
                one, other = first.receive(requests[0], patience_s), second.receive(requests[1], patience_s)
            except TimeoutError as error:
                outcome.gave_up = f"cell {at}: {error}"
                break
            outcome.cells += 1
            ours = differing(one, other)
            outcome.differences += [
                Difference(at, source, name, *(_around(a, b) for a, b in ((was, its), (its, was))))
                for name, (was, its) in ours.items()
                if different.get(name) != (was, its)
            ]
            different = ours
            if one.died is not None or other.died is not None:
                break
        if not both_bare:
            outcome.captured = sum(
                journal.read_text("utf-8").count('"execution_started"') for journal in second.kernel.journals
            )
    return outcome


def differing(one: Seen, other: Seen) -> dict[str, tuple[str, str]]:
    """Return the facts that differ, each as the two kernels have it."""
    mine, others = one.facts | {"exit code": str(one.died)}, other.facts | {"exit code": str(other.died)}
    names = [*mine, *(name for name in others if name not in mine)]
    return {
        name: (mine.get(name, "(nothing)"), others.get(name, "(nothing)"))
        for name in names
        if mine.get(name) != others.get(name)
    }


def _around(text: str, other: str, *, context: int = 120) -> str:
    """Return the part of a text where it begins to differ from another."""
    at = next(
        (at for at, (one, two) in enumerate(zip(text, other, strict=False)) if one != two), min(len(text), len(other))
    )
    return text[max(0, at - context) : at + context]
