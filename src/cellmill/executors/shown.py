"""What cells show, as a notebook keeps it."""

from collections.abc import Iterable, Mapping
from typing import Any

from cellmill.core.event_parts import Failure
from cellmill.executors.channels import Message

EXITS = ("", "0")  # `sys.exit()` is no failure
_LEAVINGS = [("SystemExit", message) for message in EXITS]


class Displays:
    """The outputs of one kernel that have a name, by which a later cell may change them."""

    def __init__(self) -> None:
        self._named: dict[str, list[dict[str, Any]]] = {}

    def add(self, name: str, output: dict[str, Any]) -> None:
        """Remember an output by its name."""
        self._named.setdefault(name, []).append(output)

    def update(self, name: str, content: dict[str, Any]) -> None:
        """Change the outputs of a name, wherever they are."""
        for output in self._named.get(name, ()):
            output["data"], output["metadata"] = content["data"], content["metadata"]


class Shown:
    """The outputs of one cell, in nbformat's shape."""

    def __init__(self, displays: Displays) -> None:
        self.outputs: list[dict[str, Any]] = []
        self._displays = displays
        self._clear_next = False

    def take(self, message: Message) -> bool:
        """Take a message of iopub. Returns whether the outputs are others now."""
        kind, content = message.kind, message.content
        if kind == "clear_output":
            self._clear_next = True
            if not content.get("wait"):
                self._clear()
            return True
        name: str | None = (content.get("transient") or {}).get("display_id")
        if kind == "update_display_data":
            self._displays.update(name or "", content)
            return True
        output = _as_output(kind, content)
        if output is None:
            return False
        self._clear()
        last = self.outputs[-1] if self.outputs else None
        if kind == "stream" and last is not None and last.get("name") == content["name"]:
            last["text"] += content["text"]
            return True
        if name is not None:
            self._displays.update(name, content)  # the same name shown again changes it everywhere
            self._displays.add(name, output)
        self.outputs.append(output)
        return True

    def _clear(self) -> None:
        if self._clear_next:
            self.outputs.clear()
            self._clear_next = False


def try_failure(outputs: Iterable[Mapping[str, Any]]) -> Failure | None:
    """Return the first error that is shown, None without one.

    A cell may show one and be told to have ended well: what raises after it, as the drawing of its plots, or `%run`.
    """
    for output in outputs:
        if output["output_type"] == "error" and (output["ename"], output["evalue"]) not in _LEAVINGS:
            return Failure(output["ename"], output["evalue"], "\n".join(output["traceback"]))
    return None


def _as_output(kind: str, content: dict[str, Any]) -> dict[str, Any] | None:
    match kind:
        case "stream":
            return {"output_type": kind, "name": content["name"], "text": content["text"]}
        case "display_data":
            return {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
        case "execute_result":
            return {
                "output_type": kind,
                "data": content["data"],
                "metadata": content["metadata"],
                "execution_count": content["execution_count"],
            }
        case "error":
            return {
                "output_type": kind,
                "ename": content["ename"],
                "evalue": content["evalue"],
                "traceback": content["traceback"],
            }
    return None
