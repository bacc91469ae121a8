"""From the fork to a process that is as one started with `python -m MODULE`.

What a fork shares with its siblings and a new process would not is made anew here: random state, environment,
working directory, signals, standard streams, limits, and what modules noted of these at their import.
"""

import atexit
import gc
import importlib
import io
import os
import resource
import runpy
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn

from cellmill.core.files import umask
from cellmill.executors.warm.hidden import Ahead, Hidden, shadows, top

KERNEL = "ipykernel_launcher"
CONTROL_S = 2.0


@dataclass(frozen=True)
class Request:
    """What a forked process shall be."""

    module: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    cwd: str
    command: tuple[str, ...]
    """The whole command line, for where only a new process will do."""
    umask: int
    cores: tuple[int, ...]
    niceness: int
    scheduling: tuple[int, int]
    """Its class, and its priority in there."""
    limits: dict[str, tuple[int, int]]
    wanted: tuple[str, ...] = ()
    project: str | None = None


def surroundings() -> dict[str, Any]:
    """Return the parts of a request that a process gives to its children without being asked."""
    return {
        "umask": umask(),
        "cores": tuple(sorted(os.sched_getaffinity(0))),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "scheduling": (os.sched_getscheduler(0), os.sched_getparam(0).sched_priority),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in _LIMITS},
    }


# As they are in an interpreter that has just started.
_HANDLERS: dict[int, Any] = {
    signal.SIGINT: signal.default_int_handler,
    **dict.fromkeys((signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD), signal.SIG_DFL),
}

_LIMITS = tuple(name for name in dir(resource) if name.startswith("RLIMIT_"))


class Outlet:
    """Standard output or error as modules find it that are imported ahead: the one of the moment.

    Someone who keeps `sys.stderr` at import, as a handler of logging does, would keep the server's. It is no
    stream itself: one of those closes what it stands for when it is let go of.
    """

    def __init__(self, name: str, first: Any) -> None:
        self._name = name
        self._first = first

    def __getattr__(self, name: str) -> Any:
        stream = getattr(sys, self._name)
        return getattr(self._first if stream is self or stream is None else stream, name)


def become(request: Request, streams: Sequence[int], line: int, ahead: Ahead, path: Sequence[str]) -> NoReturn:
    """Never returns. `line` is this process's end of the connection to its client, `path` a new process's."""
    code = 1
    try:
        _settle(request, streams, path)
        if shadows(request.cwd, {top(name) for name in ahead.modules}):
            os.execve(request.command[0], request.command, request.environment)
        for name, value in ahead.at_start.items():
            os.environ.setdefault(name, value)
        Hidden(ahead).hide()
        if request.module == KERNEL:
            _run_kernel(request, line)
        else:
            sys.argv = [request.module, *request.arguments]
            runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as leaving:
        code = _code_of(leaving)
    except BaseException:  # noqa: BLE001 - as the interpreter itself does
        sys.excepthook(*sys.exc_info())
    finally:
        _leave(code)


def _settle(request: Request, streams: Sequence[int], path: Sequence[str]) -> None:
    os.setsid()
    for number, handler in _HANDLERS.items():
        with suppress(OSError, ValueError, TypeError):
            signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    os.umask(request.umask)
    os.chdir(request.cwd)
    _take_limits(request)
    for name in ("stdin", "stdout", "stderr"):
        _open_stream(name)
    sys.path[:] = [request.cwd, *path]
    sys.orig_argv = list(request.command)
    _forget_the_server()
    _draw_anew()


def _take_limits(request: Request) -> None:
    with suppress(OSError):
        os.sched_setaffinity(0, request.cores)
    for name, limit in request.limits.items():
        with suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, name), tuple(limit))  # type: ignore[arg-type]
    with suppress(OSError):
        policy, priority = request.scheduling
        if policy != os.sched_getscheduler(0):
            os.sched_setscheduler(0, policy, os.sched_param(priority))
    with suppress(OSError):  # upward only, but for root
        os.setpriority(os.PRIO_PROCESS, 0, request.niceness)


def _open_stream(name: str) -> None:
    """As the interpreter opens them when it starts."""
    number = ("stdin", "stdout", "stderr").index(name)
    was: Any = getattr(sys, f"__{name}__")
    stream = open(  # noqa: SIM115
        number,
        "r" if name == "stdin" else "w",
        encoding=was.encoding if was is not None else "utf-8",
        errors="backslashreplace" if name == "stderr" else "surrogateescape" if was is None else was.errors,
        closefd=False,
    )
    if name == "stderr":
        stream.reconfigure(line_buffering=True)
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


def _forget_the_server() -> None:
    """What modules of Python's own keep of the process that imported them."""
    tempfile: Any = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = tempfile._name_sequence = None
    for name in ("multiprocessing.process", "joblib.externals.loky.backend.process"):
        module: Any = sys.modules.get(name)
        if module is not None and hasattr(module, "ORIGINAL_DIR"):
            module.ORIGINAL_DIR = os.getcwd()  # noqa: PTH109 - a text there
    sys.path_importer_cache.pop("", None)


def _draw_anew() -> None:
    """Generators that were seeded at import are the same in every fork. Python's own seeds itself."""
    numpy_random: Any = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.seed()


def _run_kernel(request: Request, line: int) -> None:
    """As `ipykernel_launcher` does: without the folder that it was started in on the path."""
    from ipykernel import kernelapp

    del sys.path[0]
    main = ModuleType("__main__")
    sys.modules["__main__"] = main
    launcher = importlib.util.find_spec(KERNEL)
    sys.argv = [launcher.origin if launcher and launcher.origin else KERNEL, *request.arguments]

    class ClientWatch(threading.Thread):
        """In the place of the poller that ends a kernel whose parent is gone: a fork's parent is the server."""

        def __init__(self, parent_pid: int = 0) -> None:
            super().__init__(daemon=True)

        def run(self) -> None:
            poll = select.poll()
            poll.register(line, select.POLLRDHUP)
            poll.poll()
            os.killpg(0, signal.SIGKILL)

    app: Any = kernelapp
    app.ParentPollerUnix = ClientWatch
    parent = int(request.environment.get("JPY_PARENT_PID") or 0)
    app.launch_new_instance(parent_handle=parent)
    _end_control(app.IPKernelApp.instance().control_thread)


def _end_control(thread: Any) -> None:
    """End the thread that was asked to shut down, while the one that carries its words is still there.

    ipykernel stops that one first. If the other is just then about to flush its last words, it waits ten seconds for
    somebody to do so, and the process with it.
    """
    if thread is not None and thread.is_alive():
        thread.stop()
        thread.join(CONTROL_S)


def _code_of(leaving: SystemExit) -> int:
    if leaving.code is None or isinstance(leaving.code, int):
        return leaving.code or 0
    print(leaving.code, file=sys.stderr)  # noqa: T201
    return 1


def _leave(code: int) -> NoReturn:
    """End as the interpreter does, but for freeing what was imported, which takes longer than most notebooks.

    Threads are waited for, what was registered for the exit runs, objects of the user's are freed and files
    that were left open are written out.
    """
    try:
        for last in (threading._shutdown, atexit._run_exitfuncs, _free_objects, _write_out):  # type: ignore[attr-defined]
            try:
                last()
            except BaseException:  # noqa: BLE001 - Ctrl-C, or SystemExit in a destructor: the end goes on
                sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code & 0xFF)


def _free_objects() -> None:
    main = sys.modules.get("__main__")
    if main is not None:
        main.__dict__.clear()
    gc.collect()


def _write_out() -> None:
    for each in gc.get_objects():
        # By its type: asking a proxy for its class would ask what it stands for, which may be gone.
        if issubclass(type(each), io.TextIOWrapper | io.BufferedWriter | io.BufferedRandom):
            with suppress(OSError, ValueError):  # closed or detached, or nobody reads it any more
                each.flush()
