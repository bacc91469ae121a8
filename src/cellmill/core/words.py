"""Numbers and times in the words that people read. The same in the magics and on the command line."""

import math
import os
import re
from pathlib import Path

_STEPS = ((60, "s"), (60, "min"), (24, "h"), (7, "d"), (52, "wk"))


def age(then_ms: int, now_ms: int) -> str:
    """`just now`, `42 s ago`, `3 min ago`, `5 h ago`, `2 d ago`, `6 wk ago`."""
    amount = max(0.0, (now_ms - then_ms) / 1000)
    if amount < 5:
        return "just now"
    for size, unit in _STEPS:
        if amount < size or unit == "wk":
            return f"{int(amount)} {unit} ago"
        amount /= size
    raise AssertionError("the last step takes everything")


def number(value: float) -> str:
    """Four significant digits, without an exponent where it can be read without."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.4g}" if 1e-4 <= abs(value) < 1e6 else f"{value:.3e}"


def size(size_bytes: int) -> str:
    """`312 B`, `4.1 kB`, `12 MB`."""
    amount, unit = float(size_bytes), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


def shown_path(path: Path) -> str:
    """A path as a person would write it here: relative where it lies below, whole where it does not."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def count(amount: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def in_line(text: str, most: int) -> str:
    """A text of somebody else's as part of a sentence: without line ends and end point, no further than to a ruler.

    Of one of more than `most` characters the rest is `…`, after a whole word where it has some.
    """
    line = " ".join(re.split(r"(?m)^\s*[-=_*~]{5,}\s*$", text.strip(), maxsplit=1)[0].split())
    if len(line) > most:
        return f"{line[:most].rpartition(' ')[0] or line[:most]}…"
    return line.rstrip(".")
