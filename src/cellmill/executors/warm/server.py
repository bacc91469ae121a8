"""The fork server: imports, forks and waits, and runs nothing else.

    python -m cellmill.executors.warm.server QUIET_S INTERPRETER LOCK

It listens before it has imported anything of the user's. What a notebook is known to import is imported in a
fork of the server, its successor, which takes its place when all went well: so nobody waits for an import, and
one that is unfit (`preload.Unfit`) is thrown away with the fork. The older one stays as long as its kernels do.

A request is a line of JSON with three descriptors; the answer is `{"pid": …}` or `{"refused": why}`, and when
the process has ended `{"exit": code}`. A client that hangs up has its process killed.
"""

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.executors.warm.kernel_modules import LATER, import_kernel_modules
from cellmill.executors.warm.places import Interpreter, Server, control_group, read_at_import, stamp_of
from cellmill.executors.warm.requests import is_ours, say, try_receive

READ_S = 2.0
LOOK_S = 5.0


@dataclass
class _Life:
    """What a server holds open."""

    listener: socket.socket
    wake: int
    lines: dict[int, socket.socket] = field(default_factory=dict)
    """The connections to the clients of its processes, by pid."""
    successor: int | None = None
    news: int | None = None
    """What the successor says, read from a pipe."""
    listens: bool = True


class _Forked(BaseException):
    """Raised in a fork, to leave every frame of the server's: a kernel begins with an empty stack."""

    def __init__(self, action: Callable[[], None]) -> None:
        super().__init__()
        self.action = action


def main() -> None:
    """Serve until it has been quiet for a time, or the environment has changed. `LOCK` is held until then."""
    quiet_s, interpreter, lock = float(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3])
    if os.fork():
        os._exit(0)  # whoever started it need not wait for its end
    os.setsid()
    path = [entry for entry in sys.path if entry not in ("", os.getcwd())]  # noqa: PTH109
    sys.path[:] = path
    given = dict(os.environ)
    os.environ.pop("JPY_PARENT_PID", None)  # ipykernel notes it at its import
    if not os.environ.get("MPLBACKEND"):
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as ipykernel does when it starts
    import_kernel_modules()
    from cellmill.executors.warm.child import Outlet
    from cellmill.executors.warm.preload import Preloading, Unfit

    sys.stdout, sys.stderr = Outlet("stdout", sys.__stdout__), Outlet("stderr", sys.__stderr__)
    server = Server(
        pid=os.getpid(),
        interpreter=Interpreter(interpreter["python"], tuple(interpreter["options"])),
        variables={},
        group=control_group(),
        stamp="",
        loading=False,
    )
    listener = socket.socket(socket.AF_UNIX)
    with contextlib.suppress(OSError):
        server.socket.unlink()
    listener.bind(str(server.socket))
    listener.listen(128)
    preloading = Preloading()
    set_by_us = {"MPLBACKEND", "LC_CTYPE"}
    preloading.ahead.at_start = {k: v for k, v in os.environ.items() if given.get(k) != v and k not in set_by_us}
    for name in LATER:
        with contextlib.suppress(Unfit):
            preloading.load(name)
    preloading.done.clear()
    action: Callable[[], None] | None = _Serving(server, listener, preloading, path, given, quiet_s).serve
    os.close(lock)
    while action is not None:
        try:
            action()
            action = None
        except _Forked as forked:
            action = forked.action


class _Serving:
    def __init__(
        self,
        server: Server,
        listener: socket.socket,
        preloading: Any,
        path: list[str],
        environment: dict[str, str],
        quiet_s: float,
    ) -> None:
        self._server = server
        self._preloading = preloading
        self._path = path
        self._environment = environment
        self._quiet_s = quiet_s
        self._used_s = time.monotonic()
        self._wanted: list[str] = []
        self._projects: set[str] = set()
        self._unread: list[str] = []
        self._heard = b""
        self._life = _Life(listener, self._hear_signals())
        self._settle()

    def serve(self) -> None:
        """Answer until there is nobody left to answer to."""
        while True:
            life = self._life
            with selectors.DefaultSelector() as selector:
                if life.listens:
                    selector.register(life.listener, selectors.EVENT_READ, self._accept)
                selector.register(life.wake, selectors.EVENT_READ, self._reap)
                if life.news is not None:
                    selector.register(life.news, selectors.EVENT_READ, self._hear_successor)
                for pid, line in life.lines.items():
                    selector.register(line, selectors.EVENT_READ, (lambda pid=pid: self._hung_up(pid)))
                ready = selector.select(LOOK_S)
            for key, _ in ready:
                key.data()
            if self._is_over():
                return
            if life.listens and (self._wanted or self._unread) and life.successor is None and life.news is None:
                self._raise_successor()

    # --- its own state

    def _settle(self) -> None:
        """Write down what it is, and keep the collector from dirtying what forks share."""
        self._preloading.finish()
        gc.collect()
        gc.freeze()
        self._folders = [entry for entry in self._path if os.path.isdir(entry)]  # noqa: PTH112
        self._files = self._preloading.own_files
        self._server.stamp = stamp_of(self._folders, self._files)
        self._server.variables = read_at_import(self._environment, self._preloading.heard)
        self._server.modules = tuple(self._preloading.done)
        self._server.write()

    @staticmethod
    def _hear_signals() -> int:
        wake, signalled = os.pipe()
        os.set_blocking(signalled, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        return wake

    def _is_over(self) -> bool:
        life = self._life
        if life.listens and (
            not self._server.socket.exists()
            or (not life.lines and life.successor is None and time.monotonic() - self._used_s > self._quiet_s)
        ):
            self._stop_listening()
        return not life.listens and not life.lines and life.successor is None

    def _stop_listening(self) -> None:
        if self._life.listens:
            self._life.listens = False
            self._life.listener.close()
            self._server.remove()

    # --- requests

    def _accept(self) -> None:
        try:
            connection, _ = self._life.listener.accept()
        except OSError:
            return
        connection.settimeout(READ_S)
        descriptors: list[int] = []
        try:
            asked = try_receive(connection, descriptors)
            if asked is None or not is_ours(connection):
                return
            self._used_s = time.monotonic()
            self._answer(connection, asked, descriptors)
        except (OSError, ValueError, KeyError, TypeError) as error:
            say(connection, {"refused": f"{type(error).__name__}: {error}"})
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
            if connection not in self._life.lines.values():
                connection.close()

    def _answer(self, connection: socket.socket, asked: dict[str, Any], descriptors: list[int]) -> None:
        if stamp_of(self._folders, self._files) != self._server.stamp:
            self._stop_listening()
            say(connection, {"refused": "the environment has changed"})
        elif threading.active_count() != 1:
            self._stop_listening()
            say(connection, {"refused": "a thread runs in it"})
        elif asked["do"] == "stop":
            self._stop_listening()
            say(connection, {"stopped": os.getpid()})
        elif asked["do"] == "load":
            self._want(asked)
            say(connection, {"loads": self._wanted})
        elif asked["do"] == "fork":
            self._fork(connection, asked["request"], descriptors)
            self._want(asked["request"])
        else:
            say(connection, {"refused": "that is not understood"})

    def _fork(self, connection: socket.socket, given: dict[str, Any], descriptors: list[int]) -> None:
        from cellmill.executors.warm.child import Request, become

        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
        request = Request(**fields)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            self._let_go(but=connection)
            connection.setblocking(True)
            streams, line = tuple(descriptors), connection.detach()
            descriptors.clear()
            ahead, path = self._preloading.ahead, self._path
            raise _Forked(lambda: become(request, streams, line, ahead, path))
        self._life.lines[pid] = connection
        connection.setblocking(False)
        say(connection, {"pid": pid})

    def _let_go(self, *, but: socket.socket | None = None) -> None:
        """Close, in a fork, what is the server's."""
        life = self._life
        for line in life.lines.values():
            if line is not but:
                line.close()
        if life.news is not None:
            os.close(life.news)
        os.close(life.wake)
        if but is not None:
            life.listener.close()

    def _hung_up(self, pid: int) -> None:
        """The client is gone, or at least its end of the line."""
        line = self._life.lines.get(pid)
        if line is None:
            return
        try:
            if line.recv(1):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        del self._life.lines[pid]
        line.close()
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)  # it may not have come to have a group

    def _reap(self) -> None:
        with contextlib.suppress(OSError):
            if signal.SIGTERM in os.read(self._life.wake, 4096):
                self._stop_listening()
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self._used_s = time.monotonic()
            line = self._life.lines.pop(pid, None)
            if line is not None:
                say(line, {"exit": os.waitstatus_to_exitcode(status)})
                line.close()
            elif pid == self._life.successor:
                self._life.successor = None

    # --- successors

    def _want(self, asked: dict[str, Any]) -> None:
        known = {*self._preloading.done, *self._server.after_fork, *self._wanted}
        self._wanted += [name for name in asked.get("wanted") or () if name not in known]
        project = asked.get("project")
        if project and project not in self._projects:
            self._projects.add(project)
            self._unread.append(project)

    def _raise_successor(self) -> None:
        wanted, unread, self._wanted, self._unread = self._wanted, self._unread, [], []
        news, told = os.pipe()
        pid = os.fork()
        if pid:
            os.close(told)
            self._life.successor, self._life.news = pid, news
            self._server.loading = True
            self._server.write()
            return
        os.close(news)
        raise _Forked(lambda: self._load(wanted, unread, told))

    def _load(self, wanted: list[str], projects: list[str], told: int) -> None:
        """In the successor: import, and take the place of the one before; or say what was unfit, and end."""
        from cellmill.executors.warm.hidden import top
        from cellmill.executors.warm.preload import FIRST, Unfit, in_order, is_installed
        from cellmill.executors.warm.wanted import imports_in_journals_aside

        os.setsid()
        self._let_go()
        self._life.lines, self._life.successor, self._life.news = {}, None, None
        wanted = wanted + [name for project in projects for name in imports_in_journals_aside(Path(project))]
        settled = {*self._preloading.done, *self._server.after_fork}
        names = [name for name in in_order(wanted) if name not in settled]
        if set(names) <= {*FIRST}:
            os._exit(0)  # nothing new
        gc.unfreeze()
        kept = [os.dup(1), os.dup(2)]
        with tempfile.TemporaryFile() as said:
            os.dup2(said.fileno(), 1)
            os.dup2(said.fileno(), 2)
            for name in names:
                if not is_installed(top(name)):
                    self._server.after_fork[name] = "it is not installed in this environment"
                    continue
                _tell(told, begins=name)
                try:
                    self._preloading.load(name)
                except Unfit as unfit:
                    _tell(told, unfit=name, why=str(unfit), again=names)
                    os._exit(0)
            for number, descriptor in enumerate(kept, 1):
                os.dup2(descriptor, number)
                os.close(descriptor)
        self._life.wake = self._hear_signals()
        before = self._server.socket
        self._server.pid = os.getpid()
        self._server.loading = False
        os.link(before, self._server.socket)  # whoever has read the old entry finds a server too
        self._settle()
        self._used_s = time.monotonic()
        _tell(told, ready=True)
        os.close(told)
        self.serve()

    def _hear_successor(self) -> None:
        assert self._life.news is not None
        heard = os.read(self._life.news, 1_000_000)
        self._heard += heard
        if heard:
            return
        os.close(self._life.news)
        said = [json.loads(line) for line in self._heard.splitlines()]
        self._heard, self._life.news = b"", None
        last = said[-1] if said else {}
        if "ready" in last:
            self._life.successor = None  # it stands on its own
            self._stop_listening()
            return
        if "unfit" in last:
            self._server.after_fork[last["unfit"]] = last["why"]
            self._wanted = [*last["again"], *self._wanted]
        elif "begins" in last:
            self._server.after_fork[last["begins"]] = "its import ended the process"
            self._wanted = [each["begins"] for each in said[:-1]] + self._wanted
        self._server.loading = False
        self._server.write()


def _tell(told: int, **news: Any) -> None:
    os.write(told, json.dumps(news).encode() + b"\n")


if __name__ == "__main__":
    main()
