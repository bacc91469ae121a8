"""Telling open browsers that something is new, on Jupyter's own event stream."""

from typing import Any, get_args

from cellmill.wire.changes import CHANGES_SCHEMA_ID, Change, Subject

CHANGES_SCHEMA = {
    "$id": CHANGES_SCHEMA_ID,
    "version": "1",
    "title": "Cellmill changes",
    "description": "Runs, models, capture, a run with parameters, a pipeline or a split have changed: ask again.",
    "type": "object",
    "properties": {
        "subject": {"type": "string", "enum": list(get_args(Subject))},
        "notebook": {"type": ["string", "null"]},
    },
    "required": ["subject", "notebook"],
}


class Changes:
    """Emits `Change`s."""

    def __init__(self, event_logger: Any) -> None:
        self._event_logger = event_logger

    def tell(self, subject: Subject, notebook: str | None = None) -> None:
        """Tell every open browser."""
        change = Change(subject=subject, notebook=notebook)
        self._event_logger.emit(schema_id=CHANGES_SCHEMA_ID, data=change.model_dump())
