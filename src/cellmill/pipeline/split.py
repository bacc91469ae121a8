"""Where may borders stand in a notebook, and where are they best? Pure: cells and what would cross in, steps out."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cellmill.core.words import count
from cellmill.dataflow.crossing import Leaning, live

MOST_STEPS = 8
_LONGEST_NAME = 32
_KALE = re.compile(r"^(?:step|block):(?P<name>[a-z0-9][a-z0-9_-]*)$", re.IGNORECASE)


@dataclass(frozen=True)
class Cell:
    """A code cell. `heading` is the nearest one since the code cell before, with its level."""

    leaning: Leaning
    heading: tuple[int, str] | None = None
    tags: tuple[str, ...] = ()
    trains: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class Crossing:
    """What there is to cross before one cell."""

    names: frozenset[str] = frozenset()
    """All that exist there."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)
    """Names that cannot cross, with the reason."""
    sets: frozenset[str] = frozenset()
    """Names that hold sets, which another process may have in another order."""
    patches: tuple[str, ...] = ()
    """Attributes that the notebook has put into modules so far."""
    nothing_can: str | None = None
    """Why no border can stand here at all."""


@dataclass(frozen=True)
class Border:
    """The place before code cell `number`: the names that would cross with their sizes, or why no border can stand."""

    number: int
    names: Mapping[str, int] = field(default_factory=dict)
    reason: str | None = None

    @property
    def bytes(self) -> int:
        return sum(self.names.values())


@dataclass(frozen=True)
class ProposedStep:
    """Code cells `first` to `last`, both counted from 1, and the names that cross to the step after it."""

    name: str
    title: str
    first: int
    last: int
    gives: tuple[str, ...] = ()
    bytes: int = 0


@dataclass(frozen=True)
class Proposal:
    """A way to split. `notes` say which borders that one would expect do not stand, and why."""

    steps: tuple[ProposedStep, ...]
    notes: tuple[str, ...] = ()


class Splitter:
    """One notebook, as it ran. Cells and borders are numbered from 1: border 3 stands before cell 3."""

    def __init__(
        self,
        cells: Sequence[Cell],
        crossings: Sequence[Crossing],
        *,
        carried: Collection[str] = (),
        apart: Collection[str] = (),
        most_bytes: int,
    ) -> None:
        """`crossings` are those before each cell. `carried` names cross though nothing is seen to read them.

        Names `apart` never cross: each step has them from its cell of parameters.
        """
        self._cells = cells
        self._crossings = crossings
        self._carried = frozenset(carried)
        self._apart = frozenset(apart)
        self._most_bytes = most_bytes
        self._live = live([cell.leaning for cell in cells])

    def names_at(self, border: int) -> frozenset[str]:
        """Return the names that cross a border."""
        there = self._crossings[border - 1].names - self._apart - self.imports_at(border).keys()
        return there if self._wants_all(border) else there & (self._live[border - 1] | self._carried)

    def sets_at(self, border: int) -> frozenset[str]:
        """Return the names that cross a border and hold sets."""
        return self.names_at(border) & self._crossings[border - 1].sets

    def reads_in(self, first: int, last: int) -> frozenset[str]:
        """Return the names that some cells have from before them: all there are, where one asks for all."""
        if any(cell.leaning.wants_all for cell in self._cells[first - 1 : last]):
            return self._crossings[first - 1].names
        leanings = [cell.leaning for cell in self._cells[first - 1 : last]]
        return live(leanings)[0] | frozenset().union(*(cell.reads for cell in leanings))

    def imports_at(self, border: int) -> dict[str, tuple[str, ...]]:
        """Return the names that are nothing but imported before a border, and read behind it, with their statements.

        A step imports them itself. One name may take several: `import a.b` and `import a.c`.
        """
        found: dict[str, tuple[str, ...]] = {}
        for cell in self._cells[: border - 1]:
            for name in cell.leaning.binds - cell.leaning.imported:
                found.pop(name, None)
            for statement in cell.leaning.imports:
                for name in statement.names & cell.leaning.imported:
                    before = found.get(name, ()) if statement.adds else ()
                    found[name] = (*(text for text in before if text != statement.text), statement.text)
        wanted = found.keys() if self._wants_all(border) else found.keys() & self._live[border - 1]
        there = self._crossings[border - 1].names
        return {name: text for name, text in found.items() if name in wanted and name in there}

    def effects_at(self, border: int) -> tuple[str, ...]:
        """Return the imports before a border that bind nothing that is read: they may be there for what they do."""
        read = frozenset().union(*(cell.leaning.reads for cell in self._cells))
        statements = [each for cell in self._cells[: border - 1] for each in cell.leaning.imports]
        return tuple(dict.fromkeys(each.text for each in statements if not each.names & (read | {"*"})))

    def set_up_at(self, border: int) -> tuple[str, ...]:
        """Return what was said to the shell before a border, and holds behind it."""
        said = [line for cell in self._cells[: border - 1] for line in cell.leaning.set_up]
        return tuple(dict.fromkeys(said))

    def patches_at(self, border: int) -> tuple[str, ...]:
        """Return the attributes that were put into modules before a border."""
        return self._crossings[border - 1].patches

    def _wants_all(self, border: int) -> bool:
        return any(cell.leaning.wants_all for cell in self._cells[border - 1 :])

    def why_not(self, border: int) -> str | None:
        """Return why no border can stand there; None where one can."""
        crossing = self._crossings[border - 1]
        if crossing.nothing_can is not None:
            return crossing.nothing_can
        for number, cell in enumerate(self._cells[border - 1 :], border):
            if cell.leaning.wants_history:
                return f"cell {number} reads an output that IPython keeps of an earlier cell"
        names = self.names_at(border)
        for name in sorted(names):
            if name in crossing.cannot:
                return f"{name!r} cannot be handed over: {crossing.cannot[name]}"
        size = sum(crossing.sizes.get(name, 0) for name in names)
        if size > self._most_bytes:
            largest = max(names, key=lambda name: crossing.sizes.get(name, 0))
            return (
                f"{size / 1e9:.1f} GB would have to cross, most of it in {largest!r}, and {self._most_bytes / 1e9:.1f} "
                "is the most: write it to a file"
            )
        return None

    def borders(self) -> tuple[Border, ...]:
        """Return every place for a border. The names of each come the largest first."""
        return tuple(self._border(number) for number in range(2, len(self._cells) + 1))

    def _border(self, number: int) -> Border:
        sizes = self._crossings[number - 1].sizes
        names = {name: sizes.get(name, 0) for name in self.names_at(number)}
        by_size = dict(sorted(names.items(), key=lambda pair: (-pair[1], pair[0])))
        return Border(number, by_size, self.why_not(number))

    def propose(self, at: Sequence[int] | None = None, *, without: Collection[int] = ()) -> Proposal:
        """Return the best split, with borders `at` these cells where that is said. `without` are borders to avoid.

        One step is returned where no border can stand.
        """
        notes: list[str] = []
        wanted = list(at) if at is not None else self._expected()
        stands = []
        for border in wanted:
            reason = self.why_not(border)
            if reason is None and border not in without:
                stands.append(border)
            elif reason is not None:
                notes.append(f"No border before {self._describe(border)}: {reason}.")
        if at is None:
            stands = self._worthwhile(stands)
            if not stands and (other := self._best(without)) is not None:
                stands = [other]
            stands = self._fewest(stands)
        if not stands and not notes:
            notes.append(self._why_none())
        return Proposal(self._steps(stands), tuple(notes))

    def _expected(self) -> list[int]:
        """Where a person would look for borders: tags of Kale's, headings, around the trainings."""
        for found in (self._tagged(), self._headed(), self._around_trainings()):
            if self._worthwhile(found):
                return found
        return []

    def _tagged(self) -> list[int]:
        found, now = [], None
        for number, cell in enumerate(self._cells, 1):
            name = next((match["name"] for tag in cell.tags if (match := _KALE.match(tag))), now)
            if name != now and now is not None:
                found.append(number)
            now = name
        return found

    def _headed(self) -> list[int]:
        levels = [cell.heading[0] for cell in self._cells[1:] if cell.heading is not None]
        for level in sorted(set(levels)):
            found = [n for n, cell in enumerate(self._cells, 1) if n > 1 and cell.heading and cell.heading[0] <= level]
            if self._worthwhile(found):
                return found
        return []

    def _around_trainings(self) -> list[int]:
        trains = [number for number, cell in enumerate(self._cells, 1) if cell.trains]
        if not trains:
            return []
        return sorted({number for number in (trains[0], trains[-1] + 1) if 1 < number <= len(self._cells)})

    def _worthwhile(self, borders: Sequence[int]) -> list[int]:
        """Leave out borders around cells that compute nothing, or nothing that is needed: imports are no step."""
        kept: list[int] = []
        begins = 1
        for border in borders:
            first_only_prepares = begins == 1 and not self._trains(1, border - 1) and not self.names_at(border)
            if self._computes(begins, border - 1) and not first_only_prepares:
                kept.append(border)
                begins = border
        while kept and not self._computes(kept[-1], len(self._cells)):
            kept.pop()
        return kept

    def _computes(self, first: int, last: int) -> bool:
        return any(not cell.leaning.is_set_up for cell in self._cells[first - 1 : last])

    def _trains(self, first: int, last: int) -> bool:
        return any(cell.trains for cell in self._cells[first - 1 : last])

    def _fewest(self, borders: list[int]) -> list[int]:
        """A pipeline of many steps is no easier to read: those go that the most crosses."""
        while len(borders) >= MOST_STEPS:
            borders.remove(max(borders, key=self._weight))
        return borders

    def _best(self, without: Collection[int]) -> int | None:
        """The border that the least crosses, near the middle of the time that the notebook takes.

        One behind which nothing is needed of what is before it is better than none: it was asked for.
        """
        can = [b for b in range(2, len(self._cells) + 1) if b not in without and self.why_not(b) is None]
        worthwhile = [border for border in can if self._worthwhile([border])]
        computing = [b for b in can if self._computes(1, b - 1) and self._computes(b, len(self._cells))]
        return min(worthwhile or computing, key=self._cost, default=None)

    def _cost(self, border: int) -> tuple[float, int]:
        total = sum(cell.seconds for cell in self._cells) or 1.0
        before = sum(cell.seconds for cell in self._cells[: border - 1]) / total
        lopsided = abs(before - 0.5) + abs((border - 1) / len(self._cells) - 0.5)
        return len(self.names_at(border)) + 4 * lopsided, border

    def _weight(self, border: int) -> tuple[int, int]:
        crossing, names = self._crossings[border - 1], self.names_at(border)
        return len(names), sum(crossing.sizes.get(name, 0) for name in names)

    def _steps(self, borders: Sequence[int]) -> tuple[ProposedStep, ...]:
        begins = [1, *borders]
        ends = [*(border - 1 for border in borders), len(self._cells)]
        titles = self._titles(begins, ends)
        names = _unique([slug(title) for title in titles])
        found = []
        for name, title, first, last in zip(names, titles, begins, ends, strict=True):
            gives = sorted(self.names_at(last + 1)) if last < len(self._cells) else []
            sizes = self._crossings[last].sizes if last < len(self._cells) else {}
            size = sum(sizes.get(each, 0) for each in gives)
            found.append(ProposedStep(name, title, first, last, tuple(gives), size))
        return tuple(found)

    def _titles(self, begins: Sequence[int], ends: Sequence[int]) -> list[str]:
        trains = [any(cell.trains for cell in self._cells[a - 1 : b]) for a, b in zip(begins, ends, strict=True)]
        found = []
        for index, (first, last) in enumerate(zip(begins, ends, strict=True)):
            cells = self._cells[first - 1 : last]
            tagged = next((m["name"] for cell in cells for tag in cell.tags if (m := _KALE.match(tag))), None)
            headings = [cell.heading[1] for cell in cells if cell.heading is not None and not cell.leaning.is_set_up]
            if tagged is not None:
                found.append(tagged)
            elif cells[0].heading is not None and (index > 0 or not headings):
                found.append(cells[0].heading[1])
            elif headings:
                found.append(headings[0])
            elif trains[index]:
                found.append("Train")
            elif any(trains):
                found.append("Prepare" if not any(trains[:index]) else "Evaluate")
            else:
                found.append(f"Part {index + 1}")
        return found

    def _describe(self, border: int) -> str:
        heading = self._cells[border - 1].heading
        return f"cell {border}" + (f" ({heading[1]})" if heading is not None else "")

    def _why_none(self) -> str:
        if sum(not cell.leaning.is_set_up for cell in self._cells) < 2:
            return (
                f"Of {count(len(self._cells), 'code cell')} at most one computes anything: there is nothing to split."
            )
        reasons = [self.why_not(border) for border in range(2, len(self._cells) + 1)]
        told = next((reason for reason in reasons if reason is not None), "no border is left that was not tried")
        return f"No border can stand: {told}."


def slug(title: str) -> str:
    """Return a heading as a step's name: `3.2 Train & tune` -> `train-tune`."""
    text = re.sub(r"`|\*|\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
    text = re.sub(r"^[\divx]+(\.\d+)*[.):]?\s+", "", text.strip())
    words = re.sub(r"[^a-z0-9]+", "-", text).strip("-")
    if len(words) > _LONGEST_NAME:
        words = words[: _LONGEST_NAME + 1].rpartition("-")[0] or words[:_LONGEST_NAME]
    return words or "part"


def _unique(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        number = 2
        other = name
        while other in found:
            other, number = f"{name}-{number}", number + 1
        found.append(other)
    return found
