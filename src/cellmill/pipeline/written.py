"""YAML as values that know their lines. Read event by event: no document makes it deep, slow or run code.

Scalars are those of YAML 1.2's core schema, so `no` is a text and `12:30` is no number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_BYTES = 2_000_000
MOST_VALUES = 50_000
DEEPEST = 40

_PLAIN_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("null", "bool", "int", "float", "str", "seq", "map")}
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotWritten(Exception):
    """A text that cannot be read: on which line, why, and what to do."""

    def __init__(self, line: int | None, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.advice = line, reason, advice


@dataclass
class Written:
    """A value and its line, counted from 1. `value` is a scalar, a list of these, or a dict from text to these."""

    value: Any
    line: int
    key_lines: dict[str, int] = field(default_factory=dict)
    size: int = 1

    @property
    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {name: each.plain for name, each in self.value.items()}
        return [each.plain for each in self.value] if isinstance(self.value, list) else self.value


def read_written(text: str) -> Written:
    """Return the one document of a text. Raises `NotWritten`."""
    if len(text) > MOST_BYTES:
        raise NotWritten(
            None, f"it is larger than {MOST_BYTES // 1_000_000} MB", "A pipeline this large is better made several."
        )
    try:
        return _Reading().read(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        line = mark.line + 1 if mark is not None else None
        raise NotWritten(line, f"it is no YAML: {problem}", "Look at this line and the one above it.") from None


class _Reading:
    """`open` holds the lists and mappings that are not closed yet; a mapping has the key that waits for its value."""

    def __init__(self) -> None:
        self._open: list[Written] = []
        self._keys: list[tuple[str, int] | None] = []
        self._anchors: dict[str, Written] = {}
        self._named: list[str | None] = []
        self._whole: Written | None = None

    def read(self, text: str) -> Written:
        for event in _events(text):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.ScalarEvent):
                self._place(Written(_scalar(event, line), line), event.anchor)
            elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                _check_tag(event.tag, line)
                if len(self._open) >= DEEPEST:
                    raise NotWritten(line, f"values lie more than {DEEPEST} deep in one another", "Write it flatter.")
                self._open.append(Written({} if isinstance(event, yaml.MappingStartEvent) else [], line))
                self._keys.append(None)
                self._named.append(event.anchor)
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                self._keys.pop()
                self._place(self._open.pop(), self._named.pop())
            elif isinstance(event, yaml.AliasEvent):
                self._place(self._of(event.anchor, line), None)
            elif isinstance(event, yaml.DocumentStartEvent) and self._whole is not None:
                raise NotWritten(line, "a second document begins here", "Keep one in a file.")
        return self._whole or Written(None, 1)

    def _of(self, anchor: str | None, line: int) -> Written:
        if anchor is None or anchor not in self._anchors:
            raise NotWritten(line, f"*{anchor} stands for nothing yet", "Write the value out.")
        return self._anchors[anchor]

    def _place(self, made: Written, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = made
        if not self._open:
            self._whole = made
            return
        into, key = self._open[-1], self._keys[-1]
        # One that stands in several places counts in each: what is short to write may be endless to read.
        into.size += made.size
        if sum(each.size for each in self._open) > MOST_VALUES:
            advice = "Make it several pipelines, or loop over a list with for_each."
            raise NotWritten(made.line, f"it holds more than {MOST_VALUES:,} values up to here", advice)
        if isinstance(into.value, list):
            into.value.append(made)
        elif key is None:
            self._keys[-1] = self._key(made, into)
        else:
            name, at = key
            into.value[name], into.key_lines[name] = made, at
            self._keys[-1] = None

    def _key(self, made: Written, into: Written) -> tuple[str, int]:
        if isinstance(made.value, (dict, list)) or made.value is None:
            raise NotWritten(made.line, "a key here is no text", "Write: name: value")
        name = made.value if isinstance(made.value, str) else str(made.value)
        if name in into.value:
            before = into.key_lines[name]
            raise NotWritten(made.line, f"{name!r} stands on line {before} already", "Keep one of the two.")
        return name, made.line


def _events(text: str) -> Iterator[Any]:
    loader = Loader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _check_tag(tag: str | None, line: int) -> None:
    if tag is not None and tag != "!" and tag not in _PLAIN_TAGS:
        shown = tag.replace("tag:yaml.org,2002:", "!!")
        raise NotWritten(line, f"the tag {shown} is not taken, for it could run code", "Write the value without it.")


def _scalar(event: Any, line: int) -> Any:
    _check_tag(event.tag, line)
    text: str = event.value
    tag = _PLAIN_TAGS.get(event.tag or "")
    if tag == "str" or (event.tag is None and not event.implicit[0]) or event.tag == "!":
        return text
    value = resolved(text)
    kinds = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
    if tag in kinds and not isinstance(value, kinds[tag]):  # type: ignore[arg-type]
        raise NotWritten(line, f"{text!r} is no {tag}", "Write the value without a tag.")
    return value


def resolved(text: str) -> Any:
    """Return what a text without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text) if len(text) < 1_000 else text
    if _OTHER_INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "", 1)) if _NOT_FINITE.fullmatch(text) else text
