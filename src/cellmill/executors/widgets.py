"""What widgets show, kept in the notebook as a front end would keep it.

The format: https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/v2/spec.md
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from cellmill.executors.channels import Message
from cellmill.executors.shown import Displays, Shown

MIME = "application/vnd.jupyter.widget-state+json"
_TARGET = "jupyter.widget"


class Widgets:
    """The widgets of one kernel. An output widget takes what is shown while it listens."""

    def __init__(self, send: Callable[[str, Mapping[str, Any]], None]) -> None:
        """`send` sends a request to the kernel."""
        self._send = send
        self._states: dict[str, dict[str, Any]] = {}
        self._buffers: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
        self._listening: dict[str, list[str]] = {}
        """The output widgets that take what belongs to a request, the last one first in turn."""
        self._taken: dict[str, Shown] = {}

    def take(self, message: Message) -> bool:
        """Take a message of iopub. Returns whether it is no more the cell's to show."""
        if message.kind in ("comm_open", "comm_msg"):
            self._take_state(message)
            return False
        listening = self._listening.get(message.parent or "")
        if not listening or message.kind not in ("stream", "display_data", "execute_result", "error", "clear_output"):
            return False
        widget = listening[-1]
        self._taken[widget].take(message)
        outputs = self._states[widget]["outputs"] = self._taken[widget].outputs
        data = {"method": "update", "state": {"outputs": outputs}, "buffer_paths": []}
        self._send("comm_msg", {"comm_id": widget, "data": data})
        return True

    def states(self) -> dict[str, Any] | None:
        """Return what a notebook keeps of them in its metadata, None where there are none."""
        if not self._states:
            return None
        kept = {
            name: {
                "model_name": state.get("_model_name"),
                "model_module": state.get("_model_module"),
                "model_module_version": state.get("_model_module_version"),
                "state": state,
                **({"buffers": list(self._buffers[name].values())} if name in self._buffers else {}),
            }
            for name, state in self._states.items()
        }
        return {MIME: {"state": kept, "version_major": 2, "version_minor": 0}}

    def _take_state(self, message: Message) -> None:
        content = message.content
        name, data = str(content["comm_id"]), content.get("data") or {}
        if message.kind == "comm_open" and content.get("target_name") != _TARGET:
            return
        if "state" not in data or (message.kind == "comm_msg" and name not in self._states):
            return
        self._states.setdefault(name, {}).update(data["state"])
        for path, buffer in zip(data.get("buffer_paths") or (), message.buffers, strict=False):
            encoded = {"data": base64.b64encode(buffer).decode(), "encoding": "base64", "path": path}
            self._buffers.setdefault(name, {})[tuple(path)] = encoded
        if self._states[name].get("_model_name") == "OutputModel" and "msg_id" in data["state"]:
            self._listen(name, data["state"]["msg_id"])

    def _listen(self, name: str, request: str) -> None:
        for listening in self._listening.values():
            if name in listening:
                listening.remove(name)
        if request:
            self._taken.setdefault(name, Shown(Displays()))
            self._listening.setdefault(request, []).append(name)
