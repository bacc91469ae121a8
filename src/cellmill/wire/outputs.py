"""What executions showed: text in short, and pictures by the digest of their content."""

import re
from collections.abc import Callable, Iterable
from typing import Literal

from cellmill.core.event_parts import Output
from cellmill.core.runs import Execution
from cellmill.wire.base import WireModel

MOST_OUTPUTS = 30
MOST_CHARACTERS = 8_000
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})

TextOf = Callable[[str], str | None]
"""Returns the beginning of a text among the blobs, None when it is gone."""

_TERMINAL = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


class WireOutput(WireModel):
    """A text that an execution showed. `is_cut` says that more of it was shown."""

    kind: Literal["stdout", "stderr", "display", "result", "error"]
    text: str
    is_cut: bool
    note: str | None


class WireFigure(WireModel):
    """A picture that an execution showed. `number` is that execution's."""

    sha256: str
    mime: str
    size_bytes: int
    number: int


def wire_outputs(outputs: Iterable[Output], text_of: TextOf) -> tuple[list[WireOutput], bool]:
    """Return the texts among the outputs, and whether more was shown than is told here."""
    told: list[WireOutput] = []
    room = MOST_CHARACTERS
    for output in outputs:
        if not output.mime.startswith("text/plain") and output.note is None:
            continue
        if room <= 0 or len(told) == MOST_OUTPUTS:
            return told, True
        text = _TERMINAL.sub("", _whole_or_beginning(output, text_of))
        told.append(
            WireOutput(kind=output.kind, text=text[:room], is_cut=_is_cut(output, text, room), note=output.note)
        )
        room -= len(text)
    return told, False


def wire_figures(executions: Iterable[Execution]) -> list[WireFigure]:
    """Return the pictures among what some executions showed, each once."""
    found = {
        output.sha256: WireFigure(
            sha256=output.sha256, mime=output.mime, size_bytes=output.size_bytes, number=execution.number
        )
        for execution in executions
        for output in execution.outputs
        if output.sha256 is not None and output.mime in IMAGES
    }
    return list(found.values())


def _whole_or_beginning(output: Output, text_of: TextOf) -> str:
    if output.text is not None:
        return output.text
    if output.sha256 is None or not output.mime.startswith("text/plain"):
        return ""
    return text_of(output.sha256) or ""


def _is_cut(output: Output, text: str, room: int) -> bool:
    in_blobs = output.text is None and output.mime.startswith("text/plain")
    return len(text) > room or (in_blobs and output.size_bytes > len(text.encode()))
