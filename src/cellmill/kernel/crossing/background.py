"""Work that a notebook has left running: it ends with its kernel, so no border can stand behind it."""

import asyncio
import sys
import threading
from contextlib import suppress


def now() -> frozenset[int]:
    """Return the threads and tasks that run now."""
    return frozenset(map(id, [*threading.enumerate(), *_tasks()]))


def started_since(before: frozenset[int]) -> str | None:
    """Return how a thread, task or process of the user's reads that has begun since and still runs; None for none."""
    for thread in threading.enumerate():
        if id(thread) in before or _is_a_librarys(thread):
            continue
        return f"thread {thread.name}"
    for task in _tasks():
        if id(task) not in before and not task.done() and not _is_a_kernels(task):
            return f"task {task.get_name()}"
    processes = sys.modules.get("multiprocessing.process")
    for child in processes.active_children() if processes is not None else ():
        # Workers of pools are their library's; joblib's wait for the next call.
        if getattr(getattr(child, "_target", None), "__module__", None) == "__main__":
            return f"process {child.name}"
    return None


def _is_a_librarys(thread: threading.Thread) -> bool:
    """Threads of pools and monitors that libraries keep, and of the kernel itself."""
    target = getattr(thread, "_target", None)
    home = getattr(target, "__module__", None) or type(thread).__module__
    return home != "__main__" and not _is_users(thread, target)


def _is_users(thread: threading.Thread, target: object) -> bool:
    """`threading.Timer`, or a thread around something that the user wrote or asked for, such as a server's loop."""
    if type(thread) is threading.Timer:
        return True
    owner = getattr(target, "__self__", None)
    return type(thread) is threading.Thread and type(owner).__module__.partition(".")[0] in (
        "http",
        "socketserver",
        "wsgiref",
        "xmlrpc",
        "__main__",
    )


def _tasks() -> list["asyncio.Task[object]"]:
    with suppress(RuntimeError):  # no loop runs here
        return list(asyncio.all_tasks())
    return []


def _is_a_kernels(task: "asyncio.Task[object]") -> bool:
    code = getattr(task.get_coro(), "cr_code", None)
    name = getattr(code, "co_filename", "")
    return not ("ipykernel_" in name or name.startswith("<ipython-input"))
