"""What an output shows beyond plain text, without what numbers it within its process. Pure."""

import hashlib
import json
import re
import sys
from array import array
from base64 import b64decode
from collections.abc import Collection, Mapping
from typing import Any

from cellmill.replay.steady import steady

# Widgets and Bokeh's pages say where their content is, in numbers of the process: they hold none of their own.
_KINDS = ("text/html", "text/markdown", "text/latex", "application/json", "application/geo+json")
_FIGURES = re.compile(r"application/vnd\.(?:plotly|vega|vegalite)\.v\d+(?:\.\d+)?\+json")
_PICTURE = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=\s]+")
# The ids of pandas' styles, of scikit-learn's, Altair's, Bokeh's and matplotlib's pages, and what any UUID is.
_NUMBERED = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-zA-Z])(?:_anim_\w*?)?[0-9a-f]{32}(?![0-9a-zA-Z])|"
    r"\bT_[0-9a-f]{5,}|-id-\d+|\b(?:param|view|selector|sel)_?\d+\b|\bp\d{4,}\b"
)
# An array of a figure of Plotly's, whose text would be taken for a path: by `dtype` what it holds, in `array`'s words.
_ENCODED = re.compile(r"(\\?[\"']bdata\\?[\"']\s*:\s*\\?[\"'])([A-Za-z0-9+/=\\]+)")
_NUMBERS = {
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
}
_MOST_DECODED_BYTES = 400_000  # of more it is told whether they are the same, and not where they differ
_ID = re.compile(r"\b(id|for|name)=(\"[^\"]*\"|'[^']*')")


def steady_rich(data: Mapping[str, Any], days: Collection[str] = ()) -> str:
    """Return what an output shows as a page or a figure, one part a line; empty where it does not. See `steady`."""
    found = []
    for kind, content in sorted(data.items()):
        if kind in _KINDS or _FIGURES.fullmatch(kind):
            text = content if isinstance(content, str) else _as_text(content)
            found.append(f"{_without_numbers(text, days)}\n")
    return "".join(found)


def _as_text(content: Any) -> str:
    return json.dumps(_decoded(content), sort_keys=True, indent=0, default=repr)


def _decoded(content: Any) -> Any:
    """Return a figure with its arrays as lists of numbers, of which one can be seen to differ."""
    if isinstance(content, list):
        return [_decoded(each) for each in content]
    if not isinstance(content, dict):
        return content
    encoded, code = content.get("bdata"), _NUMBERS.get(str(content.get("dtype")))
    if code is None or not isinstance(encoded, str) or len(encoded) > _MOST_DECODED_BYTES:
        return {key: _decoded(value) for key, value in content.items()}
    numbers = array(code)
    try:
        numbers.frombytes(b64decode(encoded, validate=True))
    except ValueError:  # then it is compared as it stands
        return content
    if sys.byteorder == "big":
        numbers.byteswap()
    return {**content, "bdata": numbers.tolist()}


def _without_numbers(text: str, days: Collection[str]) -> str:
    text = _ENCODED.sub(lambda found: found[1] + hashlib.sha256(found[2].encode()).hexdigest(), text)
    text = _ID.sub(r"\1=~", _NUMBERED.sub("~", _PICTURE.sub("~", text)))
    # A tag's end is no path.
    return steady(text.replace("</", "<").replace("/>", ">"), days)
