"""What the server tells every open browser: something is new, ask again."""

from typing import Literal

from cellmill.wire.base import WireModel

CHANGES_SCHEMA_ID = "tag:cellmill,2026:changes/v1"


Subject = Literal["runs", "models", "capture", "parameters", "pipelines", "splits"]


class Change(WireModel):
    """The data of an event on Jupyter's own event stream. `notebook` is None when several may be touched."""

    subject: Subject
    notebook: str | None
