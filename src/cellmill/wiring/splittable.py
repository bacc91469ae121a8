"""A notebook run twice from a clean kernel: once for what it comes to, once to see what could cross between cells."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cellmill.core.ports import Kernels, LiveKernel, Progress
from cellmill.core.project import Project
from cellmill.core.runs import Execution, Session
from cellmill.dataflow.crossing import Leaning, leanings
from cellmill.executors.asking import ask_each
from cellmill.notebook.plain import runs, tags_of
from cellmill.pipeline.split import Cell, Crossing
from cellmill.replay.outcomes import Outcome
from cellmill.wiring.outcomes import Conditions, run_parts, whole

# As capture numbers an execution. `execution_count` is another before a cell and after it.
_NUMBER = "len(get_ipython().history_manager.input_hist_parsed)"
_WEIGH = "__import__('cellmill.kernel.crossing.weigh', fromlist=['x']).weigh(get_ipython(), {!r})"
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(\S.*)\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_WEIGHING_S = 600


@dataclass(frozen=True)
class Splittable:
    """What is known of a notebook before it is split. Cells are its code cells, numbered from 1."""

    cells: tuple[Cell, ...]
    crossings: tuple[Crossing, ...]
    """Before each cell."""
    positions: tuple[int, ...]
    """Of the code cells, in the notebook."""
    outcome: Outcome
    """What it came to."""
    again: Outcome
    """What it came to the second time, looked at between its cells and with texts hashed otherwise."""
    files: tuple[frozenset[str], ...]
    """The files that each cell wrote, by their paths in the scratch folder."""


def look_into(
    document: Mapping[str, Any],
    notebook: Path,
    project: Project,
    kernels: Kernels,
    conditions: Conditions,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Splittable:
    """Run a notebook twice, and say what it comes to and what would cross. Raises `KernelMissing`, `NoScratch`."""
    part = whole(document, notebook)
    positions = tuple(part.numbers)
    codes = [document["cells"][position] for position in positions]
    sources = [cell["source"] if runs(cell) else "" for cell in codes]  # what is passed over binds and reads nothing
    guessed = leanings(sources)
    scales = _Scales(guessed)
    # In another order of hashes: what leans on it shows.
    other = replace(part, hash_seed=1)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(run_parts, [part], project, kernels, conditions, progress=progress)
        second = pool.submit(run_parts, [other], project, kernels, conditions, look=scales.weigh)
        outcome, _ = first.result()
        again, sessions = second.result()
    ran = _executions(scales.ran, len(sources), sessions)
    # Of a cell with a secret in it another source was recorded, of one that was kept out none.
    transformed = [
        (one.python or source) if one is not None and one.source.strip() == source.strip() else source
        for one, source in zip(ran, sources, strict=True)
    ]
    leans = _merged(guessed, leanings(transformed))
    trained = {
        taking.execution.execution
        for session in sessions
        for run in session.runs
        for taking in run.executions
        if taking.part == "trained"
    }
    headings = _headings(document, positions)
    cells = tuple(
        Cell(
            leans[i],
            headings[i],
            tuple(tags_of(document["cells"][positions[i]])),
            trains=one is not None and one.execution in trained,
            seconds=(one.ended_ms - one.started_ms) / 1000 if one is not None and one.ended_ms is not None else 0.0,
        )
        for i, one in enumerate(ran)
    )
    files = tuple(
        frozenset(use.path for use in one.files if use.mode == "written") if one is not None else frozenset()
        for one in ran
    )
    return Splittable(cells, scales.crossings(len(cells)), positions, outcome, again, files)


class _Scales:
    """Weighs what could cross before each cell, in the kernel that runs them."""

    def __init__(self, leans: Sequence[Leaning]) -> None:
        self._patches = [leaning.patches for leaning in leans]
        self._found: dict[int, Crossing] = {}
        self.ran: dict[int, int] = {}
        """The cell of each execution, by its number in the kernel."""

    def weigh(self, kernel: LiveKernel, number: int) -> None:
        """Ask the kernel. `number` is that of the cell that comes."""
        paths = [path for each in self._patches[: number - 1] for path in each]
        asked = json.dumps({"names": None, "patches": list(dict.fromkeys(paths))})
        expressions = {"weighed": _WEIGH.format(asked), "number": _NUMBER}
        answers = ask_each(kernel, expressions, timeout_s=_WEIGHING_S)
        if (to_come := answers.get("number")) is not None:
            self.ran[to_come] = number  # an empty cell takes no number: that is the next one's
        answer = answers.get("weighed")
        if answer is None:
            self._found[number] = Crossing(nothing_can="what would cross could not be looked at")
            return
        said = json.loads(answer)
        running = said["running"]
        self._found[number] = Crossing(
            names=frozenset(said["names"]),
            sizes=said["sizes"],
            sets=frozenset(said["sets"]),
            cannot=said["cannot"],
            patches=tuple(dict.fromkeys(said["patches"].values())),
            nothing_can=f"{running} is running, and would end with its kernel" if running else said["together"],
        )

    def crossings(self, count: int) -> tuple[Crossing, ...]:
        none = Crossing(nothing_can="the notebook did not come so far")
        return tuple(self._found.get(number, none) for number in range(1, count + 1))


def _executions(cells: Mapping[int, int], count: int, sessions: Sequence[Session]) -> list[Execution | None]:
    """The execution of each cell, None for one that is empty or was not captured."""
    found = {cells[one.number]: one for session in sessions for one in session.executions if one.number in cells}
    return [found.get(number) for number in range(1, count + 1)]


def _merged(guessed: Sequence[Leaning], seen: Sequence[Leaning]) -> tuple[Leaning, ...]:
    """What the shell was told stands in the source as it was written; all else in what Python ran."""
    return tuple(
        replace(
            one,
            set_up=before.set_up,
            wants_all=one.wants_all or before.wants_all,
            imports=one.imports or before.imports,
            imported=one.imported or before.imported,
            patches=tuple(dict.fromkeys([*before.patches, *one.patches])),
        )
        for before, one in zip(guessed, seen, strict=True)
    )


def _headings(document: Mapping[str, Any], positions: Sequence[int]) -> list[tuple[int, str] | None]:
    """The heading that comes before each code cell and after the one before it: the highest, of several the last."""
    found: list[tuple[int, str] | None] = []
    before = -1
    for position in positions:
        here: list[tuple[int, str]] = []
        for cell in document["cells"][before + 1 : position]:
            if cell["cell_type"] == "markdown":
                text = re.sub(r"```.*?```", "", cell["source"], flags=re.DOTALL)
                here += [(len(match[1]), match[2].strip()) for match in _HEADING.finditer(text)]
                here += [(1 if match[2][0] == "=" else 2, match[1].strip()) for match in _UNDERLINED.finditer(text)]
        highest = min((level for level, _ in here), default=0)
        found.append(next((one for one in reversed(here) if one[0] == highest), None))
        before = position
    return found
