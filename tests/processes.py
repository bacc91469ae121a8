"""Servers that tests start: a port for one, and its end with everything that it started."""

import contextlib
import socket
import subprocess

import psutil


def free_port() -> int:
    """Return a port of this machine's that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def runs(process: psutil.Process, word: str) -> bool:
    """Whether a process lives that was started with a word: one that is just ending has no command any more."""
    try:
        return word in process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return False


def is_running(pid: int) -> bool:
    """Whether a process can still do something. One that has ended keeps its pid until somebody asks how."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end_family(process: "subprocess.Popen[bytes]", *, within_s: float = 20) -> None:
    """End a process and whatever it started: kernels live in process groups of their own."""
    try:
        family = psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        family = []
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for member in psutil.wait_procs(family, timeout=5)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
