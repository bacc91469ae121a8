"""A notebook executed as people do: mostly forward, with re-runs, edits, skips and jumps. A seed fixes the session.

The rates are chosen, not measured: each kind of disorder is to come about several times in a notebook of thirty cells.
"""

import ast
import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal

from cellmill.dataflow.magics import without_magics

Why = Literal["next", "re-run", "edited", "changed back", "jumped to", "caught up on", "tried again"]

# What is done once a cell has run, of a hundred times. The rest go on to the next cell.
RERUN, EDIT, BACK, FORWARD, SKIP = 8, 9, 6, 4, 5
LONGEST_JUMP = 6
MOST_TRIES = 2  # of a cell that raises
MOST_EXECUTIONS = 2.0  # a cell: the session ends in any case


@dataclass(frozen=True)
class Step:
    """One execution: which cell, and its source as it stands then."""

    cell: int
    source: str
    why: Why


Steps = Generator[Step, bool, None]


def scrambled(cells: Sequence[str], seed: int) -> Steps:
    """Give the executions of a session; each is answered (`send`) with whether it ended well.

    Every cell runs at least once, unless the session grows longer than twice the notebook.
    """
    yield from _Session(cells, random.Random(seed)).steps()


class _Session:
    def __init__(self, cells: Sequence[str], chance: random.Random) -> None:
        self._sources = [*cells]
        self._chance = chance
        self._skipped: list[int] = []
        self._left = int(MOST_EXECUTIONS * len(cells)) + 4

    def steps(self) -> Steps:
        at = 0
        while at < len(self._sources) and self._left > 0:
            if self._happens(SKIP):
                self._skipped.append(at)
            else:
                yield from self._run(at, "next")
                yield from self._linger(at)
                if self._skipped and self._happens(30):
                    yield from self._run(self._skipped.pop(0), "caught up on")
            at += 1
        for skipped in self._skipped:
            yield from self._run(skipped, "caught up on")

    def _linger(self, at: int) -> Steps:
        """What people do before they go on."""
        what = self._chance.random() * 100
        last = len(self._sources) - 1
        if what < RERUN:
            yield from self._run(at, "re-run")
        elif what < RERUN + EDIT:
            yield from self._try_another_value(at)
        elif what < RERUN + EDIT + BACK:
            begin = max(0, at - self._chance.randint(1, LONGEST_JUMP))
            if self._happens(50):
                yield from self._try_another_value(begin)
            # From there forward again to where one was; or only that cell.
            until = at if self._happens(60) else begin
            for cell in range(begin, until + 1):
                yield from self._run(cell, "jumped to")
        elif what < RERUN + EDIT + BACK + FORWARD:
            yield from self._run(min(last, at + self._chance.randint(2, LONGEST_JUMP)), "jumped to")

    def _try_another_value(self, cell: int) -> Steps:
        before = self._sources[cell]
        edited = with_another_literal(before, self._chance)
        if edited is None:
            return
        self._sources[cell] = edited
        yield from self._run(cell, "edited")
        if self._happens(60):
            self._sources[cell] = before
            if self._happens(80):  # at times the text is changed back, and not run again
                yield from self._run(cell, "changed back")

    def _run(self, cell: int, why: Why) -> Steps:
        for attempt in range(MOST_TRIES):
            self._left -= 1
            if self._left < 0 or (yield Step(cell, self._sources[cell], why)):
                return
            if attempt == 0 and self._happens(50):  # the cell before may have been what was missing
                self._left -= 1
                yield Step(max(0, cell - 1), self._sources[max(0, cell - 1)], "jumped to")
            why = "tried again"

    def _happens(self, percent: float) -> bool:
        return self._chance.random() * 100 < percent


def with_another_literal(source: str, chance: random.Random) -> str | None:
    """Return the source with one of its numbers changed, None where it has none."""
    try:
        tree = ast.parse(without_magics(source))
    except (SyntaxError, ValueError):
        return None
    numbers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.lineno == node.end_lineno
    ]
    if not numbers:
        return None
    node = chance.choice(numbers)
    lines = source.splitlines(keepends=True)
    line = lines[node.lineno - 1].encode()  # columns are counted in bytes
    lines[node.lineno - 1] = (
        line[: node.col_offset] + repr(_another(node.value, chance)).encode() + line[node.end_col_offset :]
    ).decode()
    return "".join(lines)


def _another(number: object, chance: random.Random) -> int | float:
    if isinstance(number, float):
        return round(number * chance.choice((0.5, 0.8, 1.25, 2.0)), 6)
    assert isinstance(number, int)
    return number + 1 if number < 10 else chance.choice((number - 1, number + 1, number * 2))
