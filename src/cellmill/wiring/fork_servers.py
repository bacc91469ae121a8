"""The fork servers of this user, and what they and their kernels hold in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cellmill.executors.warm.places import can_fork, servers

_MODULE = "cellmill.executors.warm.server"


@dataclass(frozen=True)
class Memory:
    """Of one process, in bytes. `shared` counts what it shares with others by its part of it (PSS)."""

    pid: int
    shared: int
    own: int


@dataclass(frozen=True)
class ForkServer:
    """A fork server that lives. `later` are the modules that its kernels import themselves, and why."""

    pid: int
    python: str
    modules: tuple[str, ...]
    later: dict[str, str]
    started_ms: int
    memory: Memory
    kernels: tuple[Memory, ...]


def fork_servers() -> Iterator[ForkServer]:
    """Yield what lives and can be looked at."""
    import psutil

    for server in servers() if can_fork() else ():
        try:
            process = psutil.Process(server.pid)
            if _MODULE not in process.cmdline():  # another process by the same number
                continue
            # A successor is its child too, and a server of its own.
            there = {each.pid for each in servers()}
            children = [child for child in process.children() if child.pid not in there]
            yield ForkServer(
                server.pid,
                server.interpreter.python,
                server.modules,
                dict(server.after_fork),
                int(process.create_time() * 1000),
                _memory(process),
                tuple(_memory(child) for child in children),
            )
        except psutil.Error:
            continue  # it has ended in the meantime


def _memory(process: Any) -> Memory:
    found = process.memory_full_info()
    return Memory(process.pid, found.pss, found.uss)
