"""What a client says to a server and what it answers: lines of JSON on a socket, the first with three descriptors."""

import array
import contextlib
import json
import os
import socket
import struct
from typing import Any

LONGEST_REQUEST = 4_000_000


def try_receive(connection: socket.socket, descriptors: list[int]) -> dict[str, Any] | None:
    """Return a request, None when the client has gone. Its descriptors are added to the list."""
    read, ancillary, _, _ = connection.recvmsg(65_536, socket.CMSG_SPACE(3 * 4))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            received = array.array("i")
            received.frombytes(data[: len(data) - len(data) % received.itemsize])
            descriptors += received
    while read and not read.endswith(b"\n") and len(read) < LONGEST_REQUEST:
        more = connection.recv(65_536)
        if not more:
            return None
        read += more
    asked: dict[str, Any] | None = json.loads(read) if read else None
    return asked


def say(connection: socket.socket, answer: dict[str, Any]) -> None:
    """Send an answer."""
    with contextlib.suppress(OSError):  # nobody listens any more
        connection.sendall(json.dumps(answer).encode() + b"\n")


def is_ours(connection: socket.socket) -> bool:
    """Whether the same user is at the other end."""
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return bool(uid == os.getuid())
