"""Asking for a forked process, and starting the servers that fork."""

import array
import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cellmill.core.errors import FolderNotWritable
from cellmill.executors.warm.places import FOLDER_VARIABLE, Interpreter, Server, can_fork, servers, servers_folder

ANSWER_S = 3.0
QUIET_S = 900.0
MOST_SERVERS = 4
NO_SERVER_YET = "there was no fork server yet"
_MODULE = "cellmill.executors.warm.server"

_started: list["subprocess.Popen[bytes]"] = []


@dataclass(frozen=True)
class Command:
    """`python OPTIONS -m MODULE ARGUMENTS`, taken apart."""

    interpreter: Interpreter
    module: str
    arguments: tuple[str, ...]


def try_command(words: Sequence[str]) -> Command | None:
    """Return a command line taken apart, None when it is not one that a server can stand in for."""
    options = 1
    while options < len(words) and words[options].startswith("-X"):
        options += 1
    if len(words) < options + 2 or words[options] != "-m" or not os.path.isabs(words[0]):  # noqa: PTH117
        return None
    interpreter = Interpreter(words[0], tuple(words[1:options]))
    return Command(interpreter, words[options + 1], tuple(words[options + 2 :]))


class Forked:
    """A process that a server has forked: the part of `subprocess.Popen` that is asked for here."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        connection.setblocking(False)

    def fileno(self) -> int:
        """Return what becomes readable when the process ends."""
        return self._connection.fileno()

    def poll(self) -> int | None:
        """Return how it ended, None while it lives. -9 stands for an end that nobody has seen."""
        if self.returncode is None:
            try:
                line = self._connection.recv(4096)
            except BlockingIOError:
                if _is_there(self.pid):
                    return None
                line = b""
            except OSError:
                line = b""
            if not line and _is_there(self.pid):
                return None
            self.returncode = int(json.loads(line)["exit"]) if line else -signal.SIGKILL
            self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises `subprocess.TimeoutExpired`."""
        ends_s = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left_s = None if ends_s is None else ends_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            if self._connection.fileno() >= 0:
                select.select([self._connection], [], [], min(0.5, left_s if left_s is not None else 0.5))
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        self._connection.close()


def fork(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    streams: Sequence[int],
    wanted: Iterable[str] = (),
    project: Path | None = None,
) -> Forked | str:
    """Return a forked process, or why there is none; in that case a server may be on its way for the next one.

    `streams` are its standard input, output and error. `wanted` are modules that it is going to import: those
    that the server has not, it will have for the next one.
    """
    command = try_command(words)
    if not can_fork():
        return "kernels are not forked on this system"
    if command is None:
        return "only Python that is started as a module is forked"
    try:
        server = try_server(command.interpreter, environment)
        if server is None:
            start_server(command.interpreter, environment)
            return NO_SERVER_YET
        from cellmill.executors.warm.child import surroundings

        request = {
            "module": command.module,
            "arguments": command.arguments,
            "environment": dict(environment),
            "cwd": str(cwd),
            "command": list(words),
            "wanted": list(wanted),
            "project": str(project) if project is not None else None,
            **surroundings(),
        }
        try:
            answer = _ask(server, {"do": "fork", "request": request}, streams)
        except ConnectionError:  # another has just taken its place
            server = try_server(command.interpreter, environment)
            if server is None:
                raise
            answer = _ask(server, {"do": "fork", "request": request}, streams)
    except (OSError, FolderNotWritable) as error:
        return f"the fork server did not answer ({error})"
    if isinstance(answer, Forked):
        return answer
    return f"the fork server refused: {answer.get('refused', 'it ended')}"


def try_server(interpreter: Interpreter, environment: Mapping[str, str]) -> Server | None:
    """Return a server whose imports are those that such a process would make."""
    return next((server for server in servers() if server.serves(interpreter, environment)), None)


def start_server(interpreter: Interpreter, environment: Mapping[str, str], *, quiet_s: float = QUIET_S) -> bool:
    """Start a server without waiting for it, unless one is being started or cannot be. Says whether it did."""
    folder = servers_folder()
    _started[:] = [process for process in _started if process.poll() is None]
    lock = os.open(folder / "start.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        if try_server(interpreter, environment) is not None:
            return False
        _make_room()
        words = [interpreter.python, *interpreter.options]
        described = json.dumps({"python": interpreter.python, "options": interpreter.options})
        environment = {name: value for name, value in environment.items() if not name.startswith("CELLMILL_")}
        environment[FOLDER_VARIABLE] = str(folder)
        with (folder / "server.log").open("wb") as log:
            _started.append(
                subprocess.Popen(
                    [*words, "-m", _MODULE, str(quiet_s), described, str(lock)],
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=[lock],  # held until the server can be found
                )
            )
    finally:
        os.close(lock)
    return True


def warm_up(
    interpreter: Interpreter, environment: Mapping[str, str], wanted: Iterable[str] = (), *, timeout_s: float = 60
) -> Server | None:
    """Wait until there is a server that has imported what is wanted; None if there is none in time."""
    names = tuple(wanted)
    ends_s = time.monotonic() + timeout_s
    asked: int | None = None
    while time.monotonic() < ends_s:
        server = try_server(interpreter, environment)
        if server is None:
            start_server(interpreter, environment)
        elif {*names} <= {*server.modules, *server.after_fork}:
            return server
        elif not server.loading and asked != server.pid:
            asked = server.pid
            with contextlib.suppress(OSError):
                _ask(server, {"do": "load", "wanted": names})
        time.sleep(0.02)
    return None


def stop_servers() -> None:
    """Ask every server to end when its last kernel does."""
    for server in servers():
        _stop(server)


def _make_room() -> None:
    there = servers()
    for server in there[MOST_SERVERS - 1 :]:
        _stop(server)


def _stop(server: Server) -> None:
    with contextlib.suppress(OSError):
        _ask(server, {"do": "stop"})


def _ask(server: Server, asked: Mapping[str, Any], streams: Sequence[int] = ()) -> Any:
    """Return the answer, or the process that was forked. A server that is gone is forgotten. Raises `OSError`."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(ANSWER_S)
        try:
            connection.connect(str(server.socket))
        except (ConnectionRefusedError, FileNotFoundError):
            server.remove()
            raise
        data = json.dumps(asked).encode() + b"\n"
        passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))] if streams else []
        sent = connection.sendmsg([data], passed)
        if sent < len(data):  # even nothing cannot be sent to a server that has answered and closed
            connection.sendall(data[sent:])
        answer = json.loads(_line(connection) or b"{}")
        if "pid" in answer:
            forked = Forked(connection, int(answer["pid"]))
            connection = None  # type: ignore[assignment]
            return forked
        return answer
    finally:
        if connection is not None:
            connection.close()


def _line(connection: socket.socket) -> bytes:
    """Read no further than the line's end: what comes after is of the process's end."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            return b""
        line += byte
    return line


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
