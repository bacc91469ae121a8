"""What an output shows beyond plain text, without what numbers it within its process. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from cellmill.replay.judge import steady

# Widgets and Bokeh's pages say where their content is, in numbers of the process: they hold none of their own.
_KINDS = ("text/html", "text/markdown", "text/latex", "application/json", "application/geo+json")
_FIGURES = re.compile(r"application/vnd\.(?:plotly|vega|vegalite)\.v\d+(?:\.\d+)?\+json")
_PICTURE = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=\s]+")
# The ids of pandas' styles, of scikit-learn's, Altair's, Bokeh's and matplotlib's pages, and what any UUID is.
_NUMBERED = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-zA-Z])(?:_anim_\w*?)?[0-9a-f]{32}(?![0-9a-zA-Z])|"
    r"\bT_[0-9a-f]{5,}|-id-\d+|\b(?:param|view|selector|sel)_?\d+\b|\bp\d{4,}\b"
)
_ID = re.compile(r"\b(id|for|name)=(\"[^\"]*\"|'[^']*')")


def steady_rich(data: Mapping[str, Any]) -> str:
    """Return what an output shows as a page or a figure, one part a line; empty where it does not."""
    found = []
    for kind, content in sorted(data.items()):
        if kind in _KINDS or _FIGURES.fullmatch(kind):
            text = content if isinstance(content, str) else json.dumps(content, sort_keys=True, indent=0, default=repr)
            found.append(f"{_without_numbers(text)}\n")
    return "".join(found)


def _without_numbers(text: str) -> str:
    text = _ID.sub(r"\1=~", _NUMBERED.sub("~", _PICTURE.sub("~", text)))
    # A tag's end is no path.
    return steady(text.replace("</", "<").replace("/>", ">"))
