"""The sockets of a kernel, and the messages on them: Jupyter's protocol, without a client that waits.

The format: https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import zmq

_DELIMITER = b"<IDS|MSG>"
_PROTOCOL = "5.3"
# A socket that connects before the kernel has bound its own asks again after this; ZMQ's default is 100.
_RECONNECT_MS = 5


@dataclass(frozen=True)
class Message:
    """What a kernel sends."""

    kind: str
    parent: str | None
    """The id of the request that it belongs to."""
    content: dict[str, Any]
    header: dict[str, Any]
    parent_header: dict[str, Any]
    metadata: dict[str, Any]
    buffers: tuple[bytes, ...] = ()


class Unreadable(Exception):
    """A message of the kernel's that is none."""


class Channels:
    """A client's end of a kernel's shell, control and iopub."""

    def __init__(self, info: Mapping[str, Any]) -> None:
        """`info` is what a connection file holds. Nothing is waited for."""
        key = info["key"]
        self._key: bytes = key if isinstance(key, bytes) else str(key).encode()
        self._session = os.urandom(8).hex()
        self._count = 0
        self._context = zmq.Context()
        self.shell = self._connect(zmq.DEALER, info, "shell_port")
        self.control = self._connect(zmq.DEALER, info, "control_port")
        self.iopub = self._connect(zmq.SUB, info, "iopub_port")
        self.iopub.setsockopt(zmq.SUBSCRIBE, b"")

    def _connect(self, kind: int, info: Mapping[str, Any], port: str) -> "zmq.Socket[bytes]":
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.linger = 0
        socket.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_MS)
        socket.setsockopt(zmq.RCVHWM, 0)
        if kind == zmq.DEALER:
            socket.identity = self._session.encode()
        separator = "-" if info["transport"] == "ipc" else ":"
        socket.connect(f"{info['transport']}://{info['ip']}{separator}{info[port]}")
        return socket

    def send(self, socket: "zmq.Socket[bytes]", kind: str, content: Mapping[str, Any]) -> str:
        """Send a request, and return its id."""
        self._count += 1
        identity = f"{self._session}_{os.getpid()}_{self._count}"
        header = {
            "msg_id": identity,
            "msg_type": kind,
            "username": "cellmill",
            "session": self._session,
            "date": datetime.now(UTC).isoformat(),
            "version": _PROTOCOL,
        }
        parts = [json.dumps(part, ensure_ascii=False).encode("utf-8", "replace") for part in (header, {}, {}, content)]
        socket.send_multipart([_DELIMITER, self._signature(parts), *parts])
        return identity

    def receive(self, socket: "zmq.Socket[bytes]") -> Message | None:
        """Return the next message of a socket, None when none is there or it is signed by somebody else."""
        try:
            frames = socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        start = frames.index(_DELIMITER)
        signature, parts, buffers = frames[start + 1], frames[start + 2 : start + 6], frames[start + 6 :]
        if self._key and not hmac.compare_digest(signature, self._signature(parts)):
            return None
        try:
            header, parent, metadata, content = (json.loads(part) for part in parts)
        except ValueError:  # a notebook may have put something of its own in the place of `json.dumps`
            raise Unreadable from None
        return Message(header["msg_type"], parent.get("msg_id"), content, header, parent, metadata, tuple(buffers))

    def close(self) -> None:
        """Let go of the sockets. What was not sent is lost."""
        for socket in (self.shell, self.control, self.iopub):
            socket.close(linger=0)
        self._context.term()

    def _signature(self, parts: list[bytes]) -> bytes:
        if not self._key:
            return b""
        signing = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in parts:
            signing.update(part)
        return signing.hexdigest().encode()
