"""Notebooks that are hard to split: what crosses their border is shared, hidden, half consumed or bound to a kernel.

They stand in `tests/data/hostile.txt`. Of each, after its name, how it ends where that is not the same result; then
files beside it (`+++`), its cells (`---`), and what the last one prints (`>>>`): what a wrong split gets wrong. A
border is asked for before that cell.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_CASES = Path(__file__).parents[1] / "data" / "hostile.txt"


@dataclass(frozen=True)
class Hostile:
    """A notebook. It `ends` in the "same", "refused" for a reason with `because` in it, or "either"."""

    ends: str
    because: str
    cells: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    prints: str = ""


def read_cases() -> dict[str, Hostile]:
    """Return the notebooks by their names."""
    found = {}
    for text in re.split(r"^=== ", _CASES.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = text.partition("\n")
        name, _, end = head.partition(" | ")
        ends, _, because = end.partition(": ")
        before, _, prints = body.partition("\n>>>\n")
        cells, files = [], {}
        for mark, rest in re.findall(r"^(---|\+\+\+)(.*(?:\n(?!---$|\+\+\+ ).*)*)", before, flags=re.MULTILINE):
            line, _, content = rest.partition("\n")
            if mark == "---":
                cells.append(content)
            else:
                files[line.strip()] = content + "\n"
        found[name] = Hostile(ends or "same", because, cells, files, prints.strip())
    return found


CASES = read_cases()
