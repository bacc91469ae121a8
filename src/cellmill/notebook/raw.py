"""A notebook's file as text: single cells are changed in it, and every other byte stays as it is."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class RawCell:
    """Where a cell stands in the text, and its source in that; `source` is None where it has none."""

    begin: int
    end: int
    keys: tuple[str, ...]
    source: tuple[int, int] | None


def raw_cells(text: str) -> tuple[RawCell, ...]:
    """Return the cells of a notebook's text in order; empty where it has no list of cells, as before nbformat 4.

    Raises ValueError for what is no JSON.
    """
    for key, begin, _ in _members(text, _SPACE.match(text, 0).end()):  # type: ignore[union-attr]
        if key == "cells" and text[begin] == "[":
            return tuple(_cell(text, *span) for span in _elements(text, begin))
    return ()


def with_changes(text: str, sources: Mapping[int, str], *, cell: Mapping[str, Any] | None = None, at: int = 0) -> str:
    """Return the text with the sources of some cells replaced, by their positions, and perhaps a cell put in.

    `cell` goes in before the one that stands at position `at`. It is written as its neighbours are.
    """
    cells = raw_cells(text)
    edits = [(*place, _source(text, cells, place, new)) for i, new in sources.items() if (place := cells[i].source)]
    if cell is not None:
        begin = cells[at].begin
        edits.append((begin, begin, _new_cell(text, cells, at, cell)))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    return text


def _cell(text: str, begin: int, end: int) -> RawCell:
    found = list(_members(text, begin))
    source = next(((first, last) for key, first, last in found if key == "source"), None)
    return RawCell(begin, end, tuple(key for key, _, _ in found), source)


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Give each key of the object that begins there, with where its value begins and ends."""
    at = _skip(text, at + 1)
    while text[at] == '"':
        key, at = _DECODER.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, begin)
        yield key, begin, end
        at = _skip(text, end)
        if text[at] != ",":
            return
        at = _skip(text, at + 1)


def _elements(text: str, at: int) -> Iterator[tuple[int, int]]:
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()


def _dumped(text: str, value: Any, **how: Any) -> str:
    """As the file has it: where all is ASCII and something was escaped, escaped."""
    escaped = text.isascii() and "\\u" in text
    return json.dumps(value, ensure_ascii=escaped, **how)


def _source(text: str, cells: Sequence[RawCell], place: tuple[int, int], new: str) -> str:
    """A source as that in this place is written: a text, or a list of lines with the same space around them."""
    begin, end = place
    if text[begin] == '"':
        return _dumped(text, new)
    lines = new.splitlines(keepends=True)
    if not lines:
        return "[]"
    spans = list(_elements(text, begin))
    if spans:
        before, after = text[begin + 1 : spans[0][0]], text[spans[-1][1] : end - 1]
    else:  # an empty one tells nothing of how lines are written: others do
        before, after = _space_of_others(text, cells)
    return "[" + before + ("," + before).join(_dumped(text, line) for line in lines) + after + "]"


def _space_of_others(text: str, cells: Sequence[RawCell]) -> tuple[str, str]:
    for cell in cells:
        if cell.source is not None and text[cell.source[0]] == "[":
            spans = list(_elements(text, cell.source[0]))
            if spans:
                return text[cell.source[0] + 1 : spans[0][0]], text[spans[-1][1] : cell.source[1] - 1]
    return "", ""


def _new_cell(text: str, cells: Sequence[RawCell], at: int, cell: Mapping[str, Any]) -> str:
    first = cells[0].begin
    # The space before a cell: a new line and its indentation, or nothing where all stands in one line.
    space = text[text.rindex("[", 0, first) + 1 : first]
    order = cells[at].keys
    ordered = {key: cell[key] for key in sorted(cell, key=lambda key: (order.index(key) if key in order else 99, key))}
    if "\n" not in space:
        compact = '":"' in text[first : cells[0].end]
        return _dumped(text, ordered, separators=(",", ":") if compact else (", ", ": ")) + "," + space
    margin = space.rpartition("\n")[2]
    inner = re.match(r"\{\r?\n([ \t]*)", text[first:])
    unit = inner[1][len(margin) :] if inner else " "
    written = _dumped(text, ordered, indent=unit or " ", separators=(",", ": "))
    newline = "\r\n" if "\r\n" in space else "\n"
    return written.replace("\n", newline + margin) + "," + space
