"""What a whole notebook comes to when it runs from a clean kernel, and where two of them differ. Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cellmill.core.events import Failure

Digest = tuple[str | None, str]
"""A digest, None for what cannot be read, and how the value reads."""


@dataclass(frozen=True)
class Outcome:
    """Everything that can be compared. Cells are numbered among the code cells, from 1."""

    values: Mapping[str, Digest] = field(default_factory=dict)
    shown: Mapping[int, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Files written, by their path from the project's root, with their digests."""
    runs: tuple[tuple[str, Mapping[str, float]], ...] = ()
    """Trainings in their order: the class of the model, and its last metrics."""
    stopped: int | None = None
    """The cell that raised."""
    error: Failure | None = None

    @property
    def size(self) -> int:
        """How many things there are to compare."""
        return len(self.values) + len(self.shown) + len(self.files) + sum(len(metrics) for _, metrics in self.runs)


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same. `what` reads in the middle of a sentence."""

    what: str
    before: str
    after: str


def differences(before: Outcome, after: Outcome) -> tuple[Difference, ...]:
    """Return everything of `before` that is otherwise in `after`; names that only this one has do not count."""
    return (*_ends(before, after), *_values(before, after), *_metrics(before, after), *_rest(before, after))


def _ends(before: Outcome, after: Outcome) -> Iterator[Difference]:
    if (before.stopped, _type(before)) != (after.stopped, _type(after)):
        yield Difference("the end of the notebook", _end(before), _end(after))


def _values(before: Outcome, after: Outcome) -> Iterator[Difference]:
    for name, (digest, reads) in before.values.items():
        again, reads_again = after.values.get(name, (None, "nothing"))
        if name not in after.values or (digest is not None and digest != again):
            other = reads_again if reads_again != reads else f"another {reads_again}"
            yield Difference(f"`{name}`", reads, other)


def _metrics(before: Outcome, after: Outcome) -> Iterator[Difference]:
    if [model for model, _ in before.runs] != [model for model, _ in after.runs]:
        yield Difference("the list of trainings", _models(before), _models(after))
        return
    for (model, metrics), (_, others) in zip(before.runs, after.runs, strict=True):
        for name, value in metrics.items():
            again = others.get(name)
            if again != value and not (again is not None and math.isnan(value) and math.isnan(again)):
                yield Difference(f"the metric {name} of {model}", repr(value), repr(again))


def _rest(before: Outcome, after: Outcome) -> Iterator[Difference]:
    for number, text in before.shown.items():
        again = after.shown.get(number, "")
        if text != again:
            yield Difference(f"what cell {number} shows", *_parting(text, again))
    for path, digest in before.files.items():
        if after.files.get(path) != digest:
            yield Difference(f"the file {path}", "one content", "another" if path in after.files else "no file")
    for path in after.files.keys() - before.files.keys():
        yield Difference(f"the file {path}", "no file", "one")


def _type(outcome: Outcome) -> str | None:
    return outcome.error.type if outcome.error is not None else None


def _end(outcome: Outcome) -> str:
    if outcome.stopped is None or outcome.error is None:
        return "its last cell"
    return f"{outcome.error.type} in cell {outcome.stopped} ({outcome.error.message[:120]})"


def _models(outcome: Outcome) -> str:
    return ", ".join(model for model, _ in outcome.runs) or "none"


def _parting(text: str, again: str) -> tuple[str, str]:
    """The first lines that differ."""
    lines, others = text.splitlines(), again.splitlines()
    for line, other in zip(lines, others, strict=False):
        if line != other:
            return repr(line[:80]), repr(other[:80])
    rest = lines[len(others) :] or [""]
    more = others[len(lines) :] or [""]
    return repr(rest[0][:80]), repr(more[0][:80])
