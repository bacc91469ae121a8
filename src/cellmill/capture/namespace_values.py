"""The plain values that the user's namespace holds when a training begins: what its names stood for then.

Read by exact types, so that nothing of the user's is called. Only of names that the cell's source has, and texts
only where the source has them too: a secret that a cell was given must not be written down here.
"""

import re
import sys
from types import FrameType, NoneType
from typing import Any

from cellmill.capture.secret_names import is_secret
from cellmill.core.ids import RunId

MOST_NAMES, MOST_ITEMS, LONGEST = 200, 50, 500
_NUMBERS = (int, float, bool, NoneType)
_NAME = re.compile(r"(?<![\w.])[^\W\d_]\w*")
_TIMED = "<timed exec>"  # the body of `%%time`, as IPython calls it


class NamespaceValues:
    """Reads them, for the cell that runs now."""

    def __init__(self, user_names: dict[str, object] | None = None) -> None:
        self._user_names = user_names if user_names is not None else {}
        self._source = ""
        self._named: list[str] | None = None
        self._steady: dict[RunId, Steady] = {}

    def cell_begins(self, source: str) -> None:
        """A cell is about to run."""
        self._source, self._named = source, None
        self._steady.clear()

    def at_start(self, run: RunId, *, in_steps: bool) -> tuple[dict[str, str], int | None]:
        """Return the values as text, and the line of the cell that runs; nothing where no line of it does.

        A training `in_steps` begins with the first of them, so what the running statement names may change with the
        next: that is told at its end, of what has stayed.
        """
        frame = self._running()
        if frame is None:
            return {}, None
        values = self._user_names
        if self._named is None:
            self._named = list(dict.fromkeys(_NAME.findall(self._source)))[: 10 * MOST_NAMES]
        stepping = set(frame.f_code.co_names) if in_steps else set()
        if in_steps:
            self._steady[run] = Steady(values, [name for name in stepping if _is_plain(values.get(name))])
        texts = ((name, self._text(name, values[name])) for name in self._named if name in values)
        found = {name: text for name, text in texts if text is not None and name not in stepping}
        line = frame.f_lineno + (frame.f_code.co_filename == _TIMED and self._source.startswith("%%"))
        return dict(list(found.items())[:MOST_NAMES]), line

    def steady(self, run: RunId | None) -> "Steady | None":
        """Return what has stayed since a training's first step, None for one that is not made in steps."""
        return self._steady.get(run) if run is not None else None

    def at_end(self, run: RunId) -> dict[str, str]:
        """Return the values, as text, that have stayed through all steps of a training."""
        steady = self._steady.pop(run, None)
        texts = {} if steady is None else {name: self._text(name, value) for name, value in steady.values()}
        return {name: text for name, text in texts.items() if text is not None}

    def _running(self) -> FrameType | None:
        """Return the frame of the cell's own code, in the calling thread."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if frame.f_globals is self._user_names and frame.f_code.co_name.startswith(("<module>", "<cell line")):
                return frame
            frame = frame.f_back
        return None

    def _text(self, name: str, value: Any) -> str | None:
        if not _is_plain(value) or is_secret(name, value):
            return None
        for each in _texts(value):
            if each not in self._source:
                return None
        text = str(value)
        return text if len(text) <= LONGEST else None


class Steady:
    """Names that hold the very objects that they held at a training's first step."""

    def __init__(self, user_names: dict[str, object], names: list[str]) -> None:
        self._user_names = user_names
        self._held = [(name, user_names[name]) for name in names]

    def look(self) -> None:
        """Another step is made: names that hold something else now are let go. Called at each step."""
        names = self._user_names
        for name, value in self._held:
            if names.get(name) is not value:
                self._held = [pair for pair in self._held if names.get(pair[0]) is pair[1]]
                return

    def values(self) -> list[tuple[str, Any]]:
        """Return the names that have stayed, with their values."""
        return self._held


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if kind in _NUMBERS:
        return value is not None
    if kind is str:
        return len(value) <= LONGEST
    if kind in (tuple, list):
        return 0 < len(value) <= MOST_ITEMS and all(type(each) in _NUMBERS or type(each) is str for each in value)
    if kind is dict:
        items = list(value.items()) if 0 < len(value) <= MOST_ITEMS else []
        return bool(items) and all(type(k) is str and (type(v) in _NUMBERS or type(v) is str) for k, v in items)
    return False


def _texts(value: Any) -> list[str]:
    items = [value] if type(value) is str else [*value, *value.values()] if type(value) is dict else value
    return [each for each in items if type(each) is str] if type(items) in (list, tuple) else []
