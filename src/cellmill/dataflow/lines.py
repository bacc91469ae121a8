"""Lines of a source, as Python counts them."""

import re

_BREAK = re.compile(r"\r\n|\n|\r")


def lines_of(source: str) -> list[str]:
    """Return a source's lines; the first is line 1 of its syntax tree.

    `str.splitlines` breaks at form feeds and at characters that text pasted from a document brings along (vertical
    tab, U+0085, U+2028) too, and the numbers of a syntax tree do not count those.
    """
    return _BREAK.split(source)
