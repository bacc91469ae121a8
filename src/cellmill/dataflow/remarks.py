"""What a comment says of a value: its bounds, its choices, what it is for. Pure: text in, facts out.

`# 1..20, depth of a tree`, `# one of: sqrt, log2`, `# > 0`, `# (0, 1]`, `# path: where the table lies`.
"""

import ast
import io
import re
import tokenize
from dataclasses import dataclass, replace

from cellmill.core.parameters import NO_BOUNDS, Bounds, Kind

_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_BETWEEN = re.compile(
    rf"^(?:in |between |from |range:? )?\s*({_NUMBER})\s*(?:\.{{2,3}}|…|–|-(?=\s*\d)| to | and )\s*({_NUMBER})(?![\w.])"
)
_INTERVAL = re.compile(rf"^(?:in )?([\[(\]])\s*({_NUMBER})\s*[,;]\s*({_NUMBER})\s*([\])\[])")
_CHAIN = re.compile(rf"^({_NUMBER})\s*(<=?|≤)\s*\w+\s*(<=?|≤)\s*({_NUMBER})")
_COMPARED = re.compile(
    rf"^(>=|<=|>|<|≥|≤|at least |at most |above |below |min(?:imum)?[ :=]+|max(?:imum)?[ :=]+)\s*({_NUMBER})(?![\w.])"
)
_CHOICES = re.compile(r"^(?:one of|choices|options|either)\s*:?\s+(.+)$", re.IGNORECASE)
_BARS = re.compile(r"^[\w.'\"-]+(?:\s*\|\s*[\w.'\"-]+)+")
_KIND = re.compile(r"^(?:type:\s*)?(path|file|folder|date|datetime)\b\s*[:,;.-]?\s*", re.IGNORECASE)
_TYPE = re.compile(r"^type:\s*(\S+)\s*\|?\s*")  # papermill's own way
_ASIDE = re.compile(r"\s*\(([^()]+)\)\.?$")
_BEFORE_HELP = re.compile(r"^\s*[,;:.–—-]\s*|^\s+")


@dataclass(frozen=True)
class Remark:
    """What is said of a value. `annotation` is papermill's `# type: int`."""

    bounds: Bounds = NO_BOUNDS
    kind: Kind | None = None
    help: str | None = None
    annotation: str | None = None


def remark_of(comment: str) -> Remark:
    """Return what a comment says. What is no bound is help; nothing is found in an empty one."""
    rest = comment.lstrip("#").strip()
    found = Remark()
    if kind := _KIND.match(rest):
        word = kind[1].lower()
        found = replace(found, kind="path" if word in ("path", "file", "folder") else word)  # type: ignore[arg-type]
        # "file to read" is help as a whole, "path: file to read" is not.
        rest = rest[kind.end() :] if kind[0].rstrip() != kind[1] or not rest[kind.end() :] else rest
    elif written := _TYPE.match(rest):
        found, rest = replace(found, annotation=written[1]), rest[written.end() :]
    bounds, length = _bounds(rest)
    while length:
        found = replace(found, bounds=_merged(found.bounds, bounds))
        rest = _BEFORE_HELP.sub("", rest[length:])
        rest = re.sub(r"^and (?=[<>≤≥]|at |above |below )", "", rest)
        bounds, length = _bounds(rest)
    if not found.bounds and (aside := _ASIDE.search(rest)):
        bounds, length = _bounds(aside[1])
        if length == len(aside[1]):  # `# levels of each tree (1 to 20)`
            found, rest = replace(found, bounds=bounds), rest[: aside.start()]
    return replace(found, help=rest.strip() or None)


def comments_of(source: str) -> dict[int, str]:
    """Return the comments of a cell by line, from 1; empty where it cannot be read."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string
    except (tokenize.TokenError, IndentationError, SyntaxError):
        pass
    return found


def _bounds(text: str) -> tuple[Bounds, int]:
    """Return the bounds that a text begins with, and how long that part is."""
    if found := _BETWEEN.match(text):
        low, high = _number(found[1]), _number(found[2])
        return (Bounds(least=low, most=high), found.end()) if low < high else (NO_BOUNDS, 0)
    if found := _INTERVAL.match(text):
        low, high = _number(found[2]), _number(found[3])
        return _limits(low, high, open_low=found[1] != "[", open_high=found[4] != "]"), found.end()
    if found := _CHAIN.match(text):
        low, high = _number(found[1]), _number(found[4])
        return _limits(low, high, open_low=found[2] == "<", open_high=found[3] == "<"), found.end()
    if found := _COMPARED.match(text):
        limit, word = _number(found[2]), re.sub(r"[ :=]+$", "", found[1]) if found[1][0] == "m" else found[1].strip()
        side = _SIDES.get(word, "least")
        sided = {
            "least": Bounds(least=limit),
            "most": Bounds(most=limit),
            "above": Bounds(above=limit),
            "below": Bounds(below=limit),
        }
        return sided[side], found.end()
    if found := _CHOICES.match(text):
        words, _, _ = found[1].partition(". ")
        return Bounds(
            choices=tuple(_choices(re.split(r"\s*[,|/]\s*|\s+or\s+", words.rstrip(".")))),
        ), len(text) - (len(found[1]) - len(words))
    if found := _BARS.match(text):
        return Bounds(choices=tuple(_choices(re.split(r"\s*\|\s*", found[0])))), found.end()
    return NO_BOUNDS, 0


def _choices(words: list[str]) -> list[object]:
    found: list[object] = []
    for word in words:
        try:
            found.append(ast.literal_eval(word))
        except (ValueError, SyntaxError, TypeError):
            if word:
                found.append(word)
    return found


def _number(text: str) -> float:
    try:
        return int(text.replace("_", ""))
    except ValueError:
        return float(text.replace("_", ""))


def _limits(low: float, high: float, *, open_low: bool, open_high: bool) -> Bounds:
    found = Bounds(above=low) if open_low else Bounds(least=low)
    return replace(found, below=high) if open_high else replace(found, most=high)


def _merged(one: Bounds, other: Bounds) -> Bounds:
    said = {name: value for name, value in vars(other).items() if value not in (None, ())}
    return replace(one, **said)


_SIDES = {
    **dict.fromkeys((">", "above"), "above"),
    **dict.fromkeys(("<", "below"), "below"),
    **dict.fromkeys(("<=", "≤", "at most", "max", "maximum"), "most"),
}
