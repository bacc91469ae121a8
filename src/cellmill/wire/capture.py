"""Whether a notebook is being captured, and where its record lies."""

from typing import Literal

from cellmill.wire.base import WireModel


class CaptureStatus(WireModel):
    """`off` comes with the reason; `none` means that the notebook has no kernel yet.

    `failures` are what went wrong with us in the kernel's session, each once.
    """

    capture: Literal["on", "paused", "off", "none"]
    reason: str | None
    notebook: str | None
    session: str | None
    root: str
    store: str
    version: str
    failures: list[str]


class CaptureAsked(WireModel):
    """Pause or resume the capture of a notebook."""

    notebook: str
    capture: Literal["on", "paused"]
