"""What a cell shows, as it is kept: streams as a terminal would show them, pictures among the blobs, all capped.

Pure but for the blobs. Messages of a kernel come in as their type and content (Jupyter's messaging
protocol: stream, display_data, execute_result, update_display_data, clear_output), `Output`s come out.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cellmill.core.events import Output

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
class Shown:
    """The outputs of one execution, those not handed out yet. Not safe for several threads at once."""

    keep: Keep
    mask: Callable[[str], str] = str
    _ready: list[Output] = field(default_factory=list)
    _displays: dict[str, int] = field(default_factory=dict)
    _streams: dict[Stream, list[str]] = field(default_factory=dict)
    _lines: dict[Stream, _Line] = field(default_factory=dict)
    _text: int = 0
    _count: int = 0
    _is_full: bool = False

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message's content."""
        match kind:
            case "stream":
                self._take_stream(content.get("name") or "stdout", str(content.get("text", "")))
            case "display_data" | "execute_result" | "update_display_data":
                self._end_streams(partly=True)
                self._take_display(kind, content)
            case "clear_output":
                self._ready.clear()
                self._displays.clear()
                self._streams.clear()
                self._lines.clear()

    def hand_out(self, *, is_over: bool) -> tuple[Output, ...]:
        """Return what was not handed out before. Of an execution that goes on, a line that is not ended stays."""
        self._end_streams(partly=is_over)
        outputs, self._ready, self._displays = tuple(self._ready), [], {}
        return outputs

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
                self._add_text(name, "text/plain", "".join(done))
                done.clear()

    # --- displays

    def _take_display(self, kind: str, content: Mapping[str, Any]) -> None:
        data: Mapping[str, Any] = content.get("data") or {}
        identity = (content.get("transient") or {}).get("display_id")
        before = len(self._ready)
        self._show("result" if kind == "execute_result" else "display", data)
        if identity is not None and len(self._ready) > before:
            last = self._ready.pop()
            if kind == "update_display_data" and identity in self._displays:
                self._ready[self._displays[identity]] = last
            else:
                self._displays[identity] = len(self._ready)
                self._ready.append(last)

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
            self._add(Output(kind, mime, sha256=self.keep(content), size_bytes=len(content)))

    def _add_rich(self, kind: Literal["result", "display"], mime: str, value: Any) -> None:
        text = self.mask(value if isinstance(value, str) else json.dumps(value))
        size = len(text.encode("utf-8", "replace"))
        if size > LARGEST_RICH:
            self._add(Output(kind, mime, size_bytes=size, note="larger than 500 kB"))
        else:
            self._add(Output(kind, mime, sha256=self.keep(text.encode("utf-8", "replace")), size_bytes=size))

    def _add_text(self, kind: Literal["stdout", "stderr", "result", "display"], mime: str, text: str) -> None:
        masked = self.mask(text)  # before it is cut: half of a token is not known for one
        left = MOST_TEXT - self._text
        self._text += len(masked)
        note = None
        if len(masked) > left:
            if left <= 0:
                return self._say_full()
            masked, note = masked[:left], f"cut: an execution keeps {MOST_TEXT:,} characters"
        size = len(masked.encode("utf-8", "replace"))
        if len(masked) > INLINE:
            return self._add(Output(kind, mime, None, self.keep(masked.encode("utf-8", "replace")), size, note))
        return self._add(Output(kind, mime, masked, None, size, note))

    def _add(self, output: Output) -> None:
        self._count += 1
        if self._count > MOST_OUTPUTS:
            self._say_full()
        else:
            self._ready.append(output)

    def _say_full(self) -> None:
        if not self._is_full:
            self._is_full = True
            self._ready.append(Output("display", "text/plain", note="it showed more, which is not kept"))
