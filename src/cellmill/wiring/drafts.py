"""The notebooks of a split that is being tried."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cellmill.core.project import Project
from cellmill.notebook.steps import StepCells, declared_lines, file_name, step_notebook
from cellmill.pipeline.split import Proposal, ProposedStep, Splitter
from cellmill.replay.outcomes import Outcome
from cellmill.replay.steady import steady
from cellmill.wiring.outcomes import Part
from cellmill.wiring.splittable import Splittable

MOST_UNHEARD = 500
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S|^\S.*\n(=+|-{3,})[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Files:
    """What a step writes, and what it may read: files of steps before it that were written, and not heard of.

    C code does so, under names that no cell holds. Whoever wrote them like this may read them like this.
    """

    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A split that can be run."""

    steps: tuple[ProposedStep, ...]
    parts: tuple[Part, ...]

    def files(self, seen: Splittable, expected: Outcome, outcome: Outcome) -> list[Files]:
        """Return the files of the project that each step writes and no later step does, and may read unheard.

        `expected` is the whole notebook's outcome, and `outcome` the steps'.
        """
        written: list[set[str]] = []
        unheard: list[set[str]] = []
        later: set[str] = set()
        for step, stamped in zip(self.steps[::-1], outcome.written[::-1], strict=True):
            paths = {path for files in seen.files[step.first - 1 : step.last] for path in files}
            heard = {name for name in expected.files if any(path.endswith(f"/{name}") for path in paths)}
            others = {name for name in stamped - heard if _is_result(name, expected, outcome)}
            own = heard | (others if len(others) <= MOST_UNHEARD else set())
            written.append(own - later)
            unheard.append(own - later - heard)
            later |= own
        written.reverse()
        unheard.reverse()
        return [
            Files(tuple(sorted(own)), tuple(sorted(set().union(*unheard[:index])))) for index, own in enumerate(written)
        ]


def _is_result(name: str, expected: Outcome, outcome: Outcome) -> bool:
    """Whether a file is to be there after each run: one of the same content and name each time."""
    path = PurePosixPath(name)
    if any(part.startswith(".") for part in path.parts) or steady(path.name) != path.name or _DATE.search(path.name):
        return False
    return name in expected.files and expected.files[name] == outcome.files.get(name)


class Origin:
    """The notebook that is split."""

    def __init__(self, document: Mapping[str, Any], path: Path, project: Project, name: str) -> None:
        self._document = document
        self._project = project
        self._name = name
        self._source = project.relative(str(path)) or path.name
        self._folder = project.relative(str(path.parent)) or "."
        self._declared = declared_lines(document)

    def movable(self, seen: Splittable) -> Collection[str]:
        """Return its parameters, if each step that reads one may declare it itself: nobody else binds any."""
        declared = self._declared
        if declared is None or not declared.is_alone or declared.position not in seen.positions:
            return ()
        others = [cell for cell, at in zip(seen.cells, seen.positions, strict=True) if at != declared.position]
        bound = frozenset().union(*(cell.leaning.binds for cell in others))
        return () if bound & declared.lines.keys() else tuple(declared.lines)

    def draft(self, proposal: Proposal, splitter: Splitter, seen: Splittable, apart: Collection[str]) -> Draft:
        """Return the notebooks of a proposal. Names `apart` are parameters of the steps that read them."""
        parts = []
        ranges = self._ranges(proposal.steps, seen.positions)
        numbers = {position: number for number, position in enumerate(seen.positions, 1)}
        moved = self._declared is not None and set(self._declared.lines) == set(apart) and bool(apart)
        homeless = set(apart)
        for index, step in enumerate(proposal.steps):
            lines: list[str] = []
            positions = list(ranges[index])
            if moved and self._declared is not None:
                positions = [position for position in positions if position != self._declared.position]
                read = splitter.reads_in(step.first, step.last) & set(apart)
                if index == len(proposal.steps) - 1:
                    read |= homeless - read  # what nobody reads stays turnable
                homeless -= read
                lines = [line for name, line in self._declared.lines.items() if name in read]
            border = step.last + 1
            is_last = index == len(proposal.steps) - 1
            made, places = step_notebook(
                self._document,
                StepCells(
                    name=step.name,
                    title=step.title,
                    number=index + 1,
                    of=len(proposal.steps),
                    pipeline=self._name,
                    source=self._source,
                    folder=self._folder,
                    positions=positions,
                    after=(proposal.steps[index - 1].name,) if index else (),
                    takes=proposal.steps[index - 1].gives if index else (),
                    gives=step.gives,
                    imports=_opening(splitter, step) if index else (),
                    patches=() if is_last else splitter.patches_at(border),
                    parameters=tuple(lines),
                ),
            )
            place = self._project.root / "pipelines" / self._name / file_name(index + 1, step.name, len(proposal.steps))
            counted = {places[p]: numbers[p] for p in positions if p in numbers}
            parts.append(Part(made, place, counted, self._project.root / self._folder))
        return Draft(proposal.steps, tuple(parts))

    def _ranges(self, steps: Sequence[ProposedStep], positions: Sequence[int]) -> list[range]:
        """Cells of text go with the code that follows, from the first heading on; without one they all do."""
        begins = [0]
        for step in steps[1:]:
            code, before = positions[step.first - 1], positions[step.first - 2]
            between = range(before + 1, code)
            headed = [i for i in between if _HEADING.search(self._document["cells"][i]["source"])]
            begins.append(headed[0] if headed else before + 1)
        return [range(a, b) for a, b in zip(begins, [*begins[1:], len(self._document["cells"])], strict=True)]


def _opening(splitter: Splitter, step: ProposedStep) -> tuple[str, ...]:
    """What a step says to the shell again, and imports again because its own cells read it or it may do something."""
    wanted = splitter.reads_in(step.first, step.last)
    effects = splitter.effects_at(step.first)
    imports = [text for name, texts in splitter.imports_at(step.first).items() if name in wanted for text in texts]
    first = [text for text in effects if text.startswith("from __future__ ")]  # where else they are no Python
    return tuple(dict.fromkeys([*first, *splitter.set_up_at(step.first), *effects, *imports]))
