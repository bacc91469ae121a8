"""What a replayed notebook may not do: write outside of its folder, or reach the network.

Executed in the kernel of a replay before its first cell. On Linux the operating system enforces it
(Landlock, https://docs.kernel.org/userspace-api/landlock.html), for programs that the cells start too.
Elsewhere an audit hook of Python's does, which code in C that opens files by itself goes around; the
answer says which of the two it is.

Landlock knows no network before Linux 6.7, and of the network TCP alone: what it leaves open a hook for
sockets forbids in this process. Programs that the cells start can still reach the network by that.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# Numbers of the generic system call table, which every architecture of Linux has for calls this new.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_NO_NEW_PRIVS = 38
_O_PATH = getattr(os, "O_PATH", 0o10000000)

# linux/landlock.h: the rights to change something, by the version of the interface that brought them.
_WRITE_FILE = 1 << 1
_OF_FOLDERS = sum(1 << bit for bit in range(4, 13))  # remove and make whatever
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_CONNECT_TCP = 1 << 1

_REACHING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKING_UP = frozenset({"socket.gethostbyname", "socket.gethostbyaddr"})
_LOCAL_NAMES = (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::")
_WRITING_MODES = frozenset("wax+")
_CHANGING = """
os.remove os.rename os.rmdir os.mkdir os.chmod os.chown os.link os.symlink os.truncate os.utime
shutil.rmtree shutil.move shutil.copyfile
""".split()  # noqa: SIM905 - a list of quoted words reads worse


class NoNetwork(ConnectionError):
    """A replay has no network unless it is asked for."""


def confine(writable: Iterable[str], *, network: bool) -> str:
    """Forbid this process to write anywhere else, and without `network` to connect anywhere.

    Returns who enforces it: `landlock` or `audit hook`. It cannot be undone.
    """
    folders = [os.path.realpath(folder) for folder in writable]
    if not network:
        _without_names()
    if sys.platform == "linux" and _landlock(folders, network=network):
        if not network:
            sys.addaudithook(_without_sockets)
        return "landlock"
    sys.addaudithook(_hook(tuple(f"{folder.rstrip(os.sep)}{os.sep}" for folder in folders), network=network))
    return "audit hook"


def _without_names() -> None:
    """A name that is looked up asks a server for it: answered here, at once and clearly."""
    import socket

    original = socket.getaddrinfo

    def getaddrinfo(host: object, *args: object, **kwargs: object) -> object:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name in _LOCAL_NAMES:
            return original(host, *args, **kwargs)  # type: ignore[arg-type]
        raise NoNetwork(f"a replay has no network: {name} was not looked up")

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]


def _landlock(folders: list[str], *, network: bool) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    version = _version(libc)
    if version < 3:  # before, a file could be emptied all the same
        return False
    of_files = _WRITE_FILE | _TRUNCATE
    handled = of_files | _OF_FOLDERS | _REFER
    no_connecting = _CONNECT_TCP if not network and version >= 4 else 0
    attributes = struct.pack("QQ", handled, no_connecting) if version >= 4 else struct.pack("Q", handled)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for folder in folders:
            opened = os.open(folder, _O_PATH | os.O_CLOEXEC)
            try:
                rights = handled if Path(folder).is_dir() else of_files
                beneath = struct.pack("=Qi", rights, opened)
                if libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, beneath, ctypes.c_uint32(0)) != 0:
                    return False
            finally:
                os.close(opened)
        if libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(libc.syscall(_RESTRICT_SELF, rules, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(rules)


def _version(libc: ctypes.CDLL) -> int:
    """The version of Landlock's interface; less than 1 where there is none."""
    return int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def _without_sockets(event: str, arguments: tuple[Any, ...]) -> None:
    """Let sockets reach nobody but who listens on a path of this machine, whose address is a text."""
    if event in _REACHING:
        address = arguments[1]
        if isinstance(address, tuple):
            raise NoNetwork(f"a replay has no network: not connected to {address[0]}:{address[1]}")
    elif event in _LOOKING_UP and arguments[0] not in (*_LOCAL_NAMES, platform.node()):
        raise NoNetwork(f"a replay has no network: {arguments[0]} was not looked up")


def _hook(folders: tuple[str, ...], *, network: bool) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = (
                _WRITING_MODES.intersection(mode) if isinstance(mode, str) else isinstance(flags, int) and flags & 3
            )
            if writes and isinstance(path, str | bytes):
                check(path)
        elif event in _CHANGING:
            for path in arguments:
                if isinstance(path, str | bytes):
                    check(path)
        elif not network:
            _without_sockets(event, arguments)

    def check(path: str | bytes) -> None:
        whole = os.path.realpath(os.fsdecode(path))
        if not f"{whole}{os.sep}".startswith(folders) and not whole.startswith("/dev/"):
            raise PermissionError(13, "a replay writes in its own folder alone", os.fsdecode(path))

    return hook
