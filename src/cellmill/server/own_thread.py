"""A thread of one's own for requests that may hang: the server's other threads stay free, and its end does not wait."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar, cast

T = TypeVar("T")


class OwnThread:
    """Does one thing after another, beside the loop that awaits them.

    Unlike a thread of asyncio's or of `ThreadPoolExecutor` it is not waited for when the interpreter ends.
    """

    def __init__(self, name: str) -> None:
        """Nothing starts before it is first asked."""
        self._name = name
        self._thread: threading.Thread | None = None
        self._asked: SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = SimpleQueue()
        self._shared: dict[str, Future[Any]] = {}

    async def do(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, when all that was asked before is done. Raises what it raises."""
        return await asyncio.wrap_future(self._ask(work))

    async def share(self, what: str, work: Callable[[], T]) -> T:
        """As `do`; whoever asks for the same while it is awaited gets the same answer."""
        awaited = self._shared.get(what)
        if awaited is None or awaited.done():
            awaited = self._shared[what] = self._ask(work)
        return cast("T", await asyncio.wrap_future(awaited))

    def _ask(self, work: Callable[[], T]) -> "Future[T]":
        answer: Future[T] = Future()
        answer.set_running_or_notify_cancel()  # one who goes away cancels it for nobody else
        self._asked.put((work, answer))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return answer

    def _work(self) -> None:
        while True:
            work, answer = self._asked.get()
            try:
                answer.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised where it is awaited
                answer.set_exception(error)
