"""What a cell shows, as it is kept: streams as a terminal would show them, pictures among the blobs, all capped.

Pure but for the blobs. Messages of a kernel come in as their type and content (Jupyter's messaging
protocol: stream, display_data, execute_result, update_display_data, clear_output), `Output`s come out.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from cellmill.core.event_parts import Output

Stream = Literal["stdout", "stderr"]
Keep = Callable[[bytes], str]

INLINE = 2_000  # characters of text that stand in the journal itself
MOST_TEXT = 64_000  # characters of text of one execution, streams and displays together
MOST_OUTPUTS = 100
LARGEST_IMAGE = 5_000_000
LARGEST_RICH = 500_000
_IMAGES = ("image/png", "image/jpeg", "image/svg+xml")
_RICH = ("text/html", "text/markdown", "text/latex")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")


@dataclass
class _Line:
    """A stream's last line, not ended yet: what a progress bar writes over itself."""

    text: str = ""
    column: int = 0


@dataclass
class _Message:
    """What one message shows: its outputs, each with the content of a blob that is not written yet."""

    outputs: list[tuple[Output, bytes | None]] = field(default_factory=list)
    characters: int = 0
    display: str | None = None
    is_out: bool = False
    """Whether it has been handed out, by this execution or, of an update to an earlier one's display, by that."""
    is_new: bool = True
    """Whether it is another than what was handed out."""
    updates: int = 0


class HandedOut(NamedTuple):
    """What was not handed out before. `updates` are new states of displays that were, here or in an earlier cell."""

    outputs: tuple[Output, ...] = ()
    updates: tuple[Output, ...] = ()
    is_cleared: bool = False
    """What the execution showed before is gone."""


@dataclass
class Shown:
    """The outputs of one execution. Not safe for several threads at once."""

    keep: Keep
    mask: Callable[[str], str] = str
    _ready: list[_Message] = field(default_factory=list)
    _displays: dict[str, _Message] = field(default_factory=dict)
    _current: _Message = field(default_factory=_Message)
    _streams: dict[Stream, list[str]] = field(default_factory=dict)
    _lines: dict[Stream, _Line] = field(default_factory=dict)
    _text: int = 0
    _count: int = 0
    _is_full: bool = False
    _clears_next: bool = False
    _is_cleared: bool = False
    _has_handed_out: bool = False

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message's content."""
        if self._clears_next and kind in ("stream", "display_data", "execute_result"):
            self._clear()
        match kind:
            case "stream":
                self._take_stream(content.get("name") or "stdout", str(content.get("text", "")))
            case "display_data" | "execute_result" | "update_display_data":
                self._end_streams(partly=True)
                self._take_display(kind, content)
            case "clear_output" if content.get("wait"):
                self._clears_next = True
            case "clear_output":
                self._clear()

    def hand_out(self, *, is_over: bool) -> HandedOut:
        """Return what was not handed out before. Of an execution that goes on, a line that is not ended stays.

        So do most updates of a display that is out already: a bar that moves for hours is written some ten times.
        """
        self._end_streams(partly=is_over)
        updated = [message for message in self._displays.values() if message.is_out and message.is_new]
        for message in updated:
            message.updates += 1
        # After one look, two, four, eight …
        due = [message for message in updated if is_over or message.updates & (message.updates - 1) == 0]
        given = HandedOut(self._written(self._ready), self._written(due), self._is_cleared)
        self._ready, self._is_cleared = [], False
        self._has_handed_out = self._has_handed_out or bool(given.outputs)
        return given

    def _written(self, messages: Iterable[_Message]) -> tuple[Output, ...]:
        found: list[Output] = []
        for message in messages:
            for output, content in message.outputs:
                sha256 = output.sha256 if content is None else self.keep(content)
                found.append(replace(output, sha256=sha256, display=message.display))
            message.outputs = [(output, None) for output, _ in message.outputs]  # they count on, without the content
            message.is_out, message.is_new = True, False
        return tuple(found)

    def _clear(self) -> None:
        self._is_cleared = self._is_cleared or self._has_handed_out
        self._ready.clear()
        self._displays.clear()
        self._streams.clear()
        self._lines.clear()
        self._text = self._count = 0
        self._is_full = self._clears_next = False

    # --- streams

    def _take_stream(self, name: Stream, text: str) -> None:
        others = [other for other in self._streams if other != name and self._streams[other]]
        if others:  # in the order in which they were written
            self._end_streams(partly=False)
        line = self._lines.setdefault(name, _Line())
        done = self._streams.setdefault(name, [])
        for part in re.split(r"([\n\r\b])", _ANSI.sub("", text)):
            if part == "\n":
                done.append(line.text + "\n")
                line.text, line.column = "", 0
            elif part == "\r":
                line.column = 0
            elif part == "\b":
                line.column = max(0, line.column - 1)
            elif part:
                line.text = line.text[: line.column] + part + line.text[line.column + len(part) :]
                line.column += len(part)

    def _end_streams(self, *, partly: bool) -> None:
        for name, done in self._streams.items():
            line = self._lines[name]
            if partly and line.text:
                done.append(line.text)
                line.text, line.column = "", 0
            if done:
                self._current = self._new()
                self._add_text(name, "text/plain", "".join(done))
                done.clear()

    # --- displays

    def _take_display(self, kind: str, content: Mapping[str, Any]) -> None:
        data: Mapping[str, Any] = content.get("data") or {}
        identity = (content.get("transient") or {}).get("display_id")
        display = (
            None if identity is None else hashlib.sha256(str(identity).encode("utf-8", "replace")).hexdigest()[:16]
        )
        if display is None or kind != "update_display_data":
            message = self._new(display)
        else:
            message = self._displays.get(display) or _Message(display=display, is_out=True)
            self._forget(message)
        if display is not None:
            self._displays[display] = message
        self._current = message
        self._show("result" if kind == "execute_result" else "display", data)

    def _new(self, display: str | None = None) -> _Message:
        message = _Message(display=display)
        self._ready.append(message)
        return message

    def _forget(self, message: _Message) -> None:
        """Let go what a message showed: another state takes its place."""
        self._text -= message.characters
        self._count -= len(message.outputs)
        message.outputs, message.characters, message.is_new = [], 0, True

    def _show(self, kind: Literal["result", "display"], data: Mapping[str, Any]) -> None:
        for mime in _IMAGES:
            if mime in data:
                return self._add_image(kind, mime, data[mime])
        for mime in (*_RICH, *(m for m in data if m.endswith("+json"))):
            if mime in data:
                self._add_rich(kind, mime, data[mime])
                break
        if "text/plain" in data:
            self._add_text(kind, "text/plain", str(data["text/plain"]))
        return None

    def _add_image(self, kind: Literal["result", "display"], mime: str, value: Any) -> None:
        try:
            svg = mime == "image/svg+xml"
            content = self.mask(str(value)).encode() if svg else base64.b64decode(str(value))
        except (binascii.Error, ValueError):
            return
        if len(content) > LARGEST_IMAGE:
            self._add(Output(kind, mime, size_bytes=len(content), note="an image of over 5 MB"))
        else:
            self._add(Output(kind, mime, size_bytes=len(content)), content)

    def _add_rich(self, kind: Literal["result", "display"], mime: str, value: Any) -> None:
        text = self.mask(value if isinstance(value, str) else json.dumps(value))
        content = text.encode("utf-8", "replace")
        if len(content) > LARGEST_RICH:
            self._add(Output(kind, mime, size_bytes=len(content), note="larger than 500 kB"))
        else:
            self._add(Output(kind, mime, size_bytes=len(content)), content)

    def _add_text(self, kind: Literal["stdout", "stderr", "result", "display"], mime: str, text: str) -> None:
        masked = self.mask(text)  # before it is cut: half of a token is not known for one
        left = MOST_TEXT - self._text
        self._text += len(masked)
        self._current.characters += len(masked)
        note = None
        if len(masked) > left:
            if left <= 0:
                return self._say_full()
            masked, note = masked[:left], f"cut: an execution keeps {MOST_TEXT:,} characters"
        content = masked.encode("utf-8", "replace")
        if len(masked) > INLINE:
            return self._add(Output(kind, mime, size_bytes=len(content), note=note), content)
        return self._add(Output(kind, mime, masked, None, len(content), note))

    def _add(self, output: Output, content: bytes | None = None) -> None:
        if self._count >= MOST_OUTPUTS:
            self._say_full()
        else:
            self._count += 1
            self._current.outputs.append((output, content))

    def _say_full(self) -> None:
        if not self._is_full:
            self._is_full = True
            self._new().outputs.append(
                (Output("display", "text/plain", note="it showed more, which is not kept"), None)
            )
