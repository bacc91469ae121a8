"""Telling open browsers that something is new, on Jupyter's own event stream."""

from typing import Any, Literal

from cellmill.wire.changes import CHANGES_SCHEMA_ID, Change

CHANGES_SCHEMA = {
    "$id": CHANGES_SCHEMA_ID,
    "version": "1",
    "title": "Cellmill changes",
    "description": "Runs, models, the state of capture or a run with parameters have changed: ask again.",
    "type": "object",
    "properties": {
        "subject": {"type": "string", "enum": ["runs", "models", "capture", "parameters"]},
        "notebook": {"type": ["string", "null"]},
    },
    "required": ["subject", "notebook"],
}


class Changes:
    """Emits `Change`s."""

    def __init__(self, event_logger: Any) -> None:
        self._event_logger = event_logger

    def tell(self, subject: Literal["runs", "models", "capture", "parameters"], notebook: str | None = None) -> None:
        """Tell every open browser."""
        change = Change(subject=subject, notebook=notebook)
        self._event_logger.emit(schema_id=CHANGES_SCHEMA_ID, data=change.model_dump())
