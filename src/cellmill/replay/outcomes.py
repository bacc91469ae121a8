"""What a whole notebook comes to when it runs from a clean kernel, and where two of them differ. Pure."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from cellmill.core.event_parts import Failure

_FRACTION = re.compile(r"\d+\.\d+(?:[eE][-+]?\d+)?")
_SHOWN = re.compile(r"what cell (\d+) shows")
# Aligning two longer texts takes minutes where they have little in common.
_MOST_ALIGNED = 2000

Digest = tuple[str | None, str]
"""A digest, None for what cannot be read, and how the value reads."""


@dataclass(frozen=True)
class Outcome:
    """Everything that can be compared. Cells are numbered among the code cells, from 1."""

    values: Mapping[str, Digest] = field(default_factory=dict)
    shown: Mapping[int, str] = field(default_factory=dict)
    pictures: Mapping[int, str] = field(default_factory=dict)
    """Digests of the pictures that a cell shows."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files written, by their path from the project's root, with their digests."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The text of those files that are short and hold one, without what is never the same twice."""
    written: tuple[frozenset[str], ...] = ()
    """The files that each of its notebooks wrote, as the file system tells: not all writing can be heard."""
    runs: tuple[tuple[str, Mapping[str, float]], ...] = ()
    """Trainings in their order: the class of the model, and its last metrics."""
    stopped: int | None = None
    """The cell that raised."""
    error: Failure | None = None

    @property
    def size(self) -> int:
        """How many things there are to compare."""
        measured = sum(len(metrics) for _, metrics in self.runs)
        return len(self.values) + len(self.shown) + len(self.pictures) + len(self.files) + measured


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same. `what` reads in the middle of a sentence."""

    what: str
    before: str
    after: str
    is_near: bool = False
    """Whether only the last digits of numbers differ: another order of additions."""


def differences(before: Outcome, after: Outcome) -> tuple[Difference, ...]:
    """Return everything of `before` that is otherwise in `after`; names that only this one has do not count."""
    return (*_ends(before, after), *_values(before, after), *_metrics(before, after), *_rest(before, after))


def told_apart(
    whole: Outcome, others: Sequence[Outcome], split: Outcome
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Return what tells `split` from the whole, and what sways: what differs between runs of the whole as well.

    A text that sways counts in those of its lines that are the same in the whole and all its `others`; and what
    sways in the last digits of its numbers alone, in all else.
    """
    swaying: dict[str, bool] = {}
    for each in (each for other in others for each in differences(whole, other)):
        swaying[each.what] = each.is_near and swaying.get(each.what, True)
    unlike = []
    for each in differences(whole, split):
        if each.what not in swaying or (swaying[each.what] and not each.is_near):
            unlike.append(each)
        elif (text := _text(whole, each.what)) is not None:
            texts = [_text(other, each.what) or "" for other in others]
            if (parting := _parting_in_steady(text, texts, _text(split, each.what) or "")) is not None:
                unlike.append(Difference(each.what, *parting))
    return tuple(unlike), tuple(sorted(swaying))


def _text(outcome: Outcome, what: str) -> str | None:
    """The text of what differs, None where it has none."""
    if match := _SHOWN.fullmatch(what):
        return outcome.shown.get(int(match[1]))
    return outcome.texts.get(what.removeprefix("the file "))


def _parting_in_steady(text: str, others: Sequence[str], again: str) -> tuple[str, str] | None:
    """The first line that is the same in all runs of the whole, and in `again` another; None where there is none."""
    lines, found = text.splitlines(), again.splitlines()
    runs = [other.splitlines() for other in others]
    if all(len(run) == len(lines) for run in runs):
        steady = [all(run[i] == line for run in runs) for i, line in enumerate(lines)]
        if len(found) != len(lines):
            return repr(f"{len(lines)} lines"), repr(f"{len(found)} lines")
        return next(
            ((repr(line[:80]), repr(found[i][:80])) for i, line in enumerate(lines) if steady[i] and line != found[i]),
            None,
        )
    kept = lines
    for run in runs:
        kept = _common(kept, run)
    missing = iter(found)
    return next(((repr(line[:80]), repr("")) for line in kept if line not in missing), None)


def _common(lines: list[str], others: list[str]) -> list[str]:
    """The lines that two texts have in common, in their order: none of very long ones."""
    if max(len(lines), len(others)) > _MOST_ALIGNED:
        return []
    blocks = SequenceMatcher(None, lines, others, autojunk=False).get_matching_blocks()
    return [line for block in blocks for line in lines[block.a : block.a + block.size]]


def _ends(before: Outcome, after: Outcome) -> Iterator[Difference]:
    if (before.stopped, _type(before)) != (after.stopped, _type(after)):
        yield Difference("the end of the notebook", _end(before), _end(after))


def _values(before: Outcome, after: Outcome) -> Iterator[Difference]:
    for name, (digest, reads) in before.values.items():
        again, reads_again = after.values.get(name, (None, "nothing"))
        if name not in after.values or (digest is not None and digest != again):
            other = reads_again if reads_again != reads else f"another {reads_again}"
            yield Difference(f"`{name}`", reads, other, _is_near(reads, reads_again))


def _metrics(before: Outcome, after: Outcome) -> Iterator[Difference]:
    if [model for model, _ in before.runs] != [model for model, _ in after.runs]:
        yield Difference("the list of trainings", _models(before), _models(after))
        return
    for (model, metrics), (_, others) in zip(before.runs, after.runs, strict=True):
        for name, value in metrics.items():
            again = others.get(name)
            if again != value and not (again is not None and math.isnan(value) and math.isnan(again)):
                texts = repr(value), repr(again)
                yield Difference(f"the metric {name} of {model}", *texts, _is_near(*texts))


def _rest(before: Outcome, after: Outcome) -> Iterator[Difference]:
    for number, text in before.shown.items():
        again = after.shown.get(number, "")
        if text != again:
            yield Difference(f"what cell {number} shows", *_parting(text, again), _is_near(text, again))
    for number, picture in before.pictures.items():
        other = after.pictures.get(number)
        if other != picture:
            yield Difference(f"the picture of cell {number}", "one", "none" if other is None else "another")
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


def _is_near(text: str, again: str) -> bool:
    rounded = [_FRACTION.sub(lambda number: f"{float(number[0]):.6g}", each) for each in (text, again)]
    return text != again and rounded[0] == rounded[1]


def _parting(text: str, again: str) -> tuple[str, str]:
    """The first lines that differ."""
    lines, others = text.splitlines(), again.splitlines()
    for line, other in zip(lines, others, strict=False):
        if line != other:
            return repr(line[:80]), repr(other[:80])
    rest = lines[len(others) :] or [""]
    more = others[len(lines) :] or [""]
    return repr(rest[0][:80]), repr(more[0][:80])
