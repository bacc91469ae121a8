"""Asking a fork server: what it answered is heard, however soon it closes its end."""

from __future__ import annotations

import os
import select
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cellmill.executors.warm import client
from cellmill.executors.warm.places import FOLDER_VARIABLE, Interpreter, Server, can_fork, control_group
from cellmill.executors.warm.requests import say, try_receive

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux alone")


class HeldUp(socket.socket):
    """A client's end whose process is held up right after it sent: the server has long closed when it goes on."""

    def sendmsg(self, *given: Any) -> int:
        sent = super().sendmsg(*given)
        closed = select.poll()
        closed.register(self, select.POLLHUP)
        assert closed.poll(10_000)
        return sent


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """What is found of a server, without one that listens."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv(FOLDER_VARIABLE, folder)
        found = Server(os.getpid(), Interpreter("/usr/bin/python3"), {}, control_group(), stamp="")
        found.write()
        yield found


def test_a_refusal_is_told_when_the_server_closed_before_the_client_went_on(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [server.interpreter.python, "-m", "some_module"]
    with (
        Path(os.devnull).open("rb") as nothing,
        socket.socket(socket.AF_UNIX) as listener,
        ThreadPoolExecutor(1) as pool,
    ):
        listener.bind(str(server.socket))
        listener.listen()
        monkeypatch.setattr(socket, "socket", HeldUp)
        answered = pool.submit(_refuse_one, listener, server)
        outcome = client.fork(words, environment={}, cwd=Path("/"), streams=[nothing.fileno()] * 3)
        asked = answered.result(10)
    assert asked["request"]["module"] == "some_module"
    assert outcome == "the fork server refused: the environment has changed"


def _refuse_one(listener: socket.socket, server: Server) -> dict[str, Any]:
    """Do as a server does that serves no more: it is found no longer, says why, and closes."""
    connection, _ = listener.accept()
    received: list[int] = []
    asked = try_receive(connection, received)
    for descriptor in received:
        os.close(descriptor)
    server.remove()
    say(connection, {"refused": "the environment has changed"})
    connection.close()
    assert asked is not None
    return asked
