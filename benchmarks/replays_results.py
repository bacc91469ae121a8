"""What a benchmark of replays found, and how it is kept between its runs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cellmill.core.verdicts import REPRODUCED

NEEDED_ALL = "The executions that it was known to need were not enough"
# What a verdict may name as the cause though the recipe is right.
OUTSIDE = (
    "was changed",
    "is not there any more",
    "needs the network",
    "asks for input",
    "was interrupted",
    "needs a GPU",
    "was set by something else than a cell",
    "is not installed",
    "by something else than a cell",
)


@dataclass(frozen=True)
class Replayed:
    """One run, and what its two replays found."""

    run: str
    model_class: str
    number: int
    """Of the execution that trained it."""
    steady: bool
    judgement: str
    second: str
    reason: str | None
    notes: tuple[str, ...]
    figures: tuple[str, ...]
    compared: int
    parted: int | None
    kept: int
    of: int
    layout: str
    seconds: float

    @property
    def needed_all(self) -> bool:
        return any(note.startswith(NEEDED_ALL) for note in self.notes)

    @property
    def is_silent_miss(self) -> bool:
        """Whether it was not made again, for no cause that the verdict finds outside of the recipe."""
        if self.judgement in REPRODUCED:
            return False
        if self.judgement == "stochastic" and not self.steady:
            return False
        return not any(words in (self.reason or "") for words in OUTSIDE)


@dataclass(frozen=True)
class Examined:
    """One notebook: its scrambled session and the replays of its runs."""

    notebook: str
    seed: int
    cells: int
    executions: int
    raised: int
    seconds: float
    runs: int
    """Of which `replayed` were replayed."""
    replayed: tuple[Replayed, ...] = ()
    cut: str | None = None
    """Why the session ended before its last cell."""


def read_results(path: Path | None) -> dict[tuple[str, int], Examined]:
    """Return what is in a file of results, by notebook and seed; nothing where there is no file."""
    if path is None or not path.exists():
        return {}
    found = {}
    for line in path.read_text("utf-8").splitlines():
        plain: dict[str, Any] = json.loads(line)
        replayed = tuple(Replayed(**one) for one in plain.pop("replayed"))
        found[plain["notebook"], plain["seed"]] = Examined(replayed=replayed, **plain)
    return found


def add_result(path: Path, found: Examined) -> None:
    """Append a notebook's results."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(found)) + "\n")
