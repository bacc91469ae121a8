"""A thread of one's own, for what may hang."""

import asyncio
import subprocess
import sys
import threading

import pytest

from cellmill.server.own_thread import OwnThread


def test_one_thing_after_another_and_each_gets_its_own_answer() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        return number * number

    async def ask() -> list[int]:
        own = OwnThread("test")
        return await asyncio.gather(*(own.do(lambda n=n: work(n)) for n in range(50)))  # type: ignore[misc]

    assert asyncio.run(ask()) == [n * n for n in range(50)]
    assert done == list(range(50))


def test_who_asks_for_the_same_meanwhile_shares_the_answer_and_who_asks_later_does_not() -> None:
    answered = threading.Event()
    asked: list[int] = []

    def answer() -> int:
        answered.wait()
        asked.append(len(asked))
        return asked[-1]

    async def ask() -> tuple[list[int], int]:
        own = OwnThread("test")
        waiting = [asyncio.ensure_future(own.share("models", answer)) for _ in range(20)]
        gone = asyncio.ensure_future(own.share("models", answer))
        await asyncio.sleep(0)
        gone.cancel()
        # While this one hangs, asyncio's own threads are free.
        assert await asyncio.to_thread(lambda: "free") == "free"
        answered.set()
        return await asyncio.gather(*waiting), await own.share("models", answer)

    assert asyncio.run(ask()) == ([0] * 20, 1)
    assert asked == [0, 1]


def test_what_is_raised_is_raised_to_all_and_the_next_is_done() -> None:
    def fail() -> int:
        raise LookupError("nothing there")

    async def ask() -> int:
        own = OwnThread("test")
        waiting = [asyncio.ensure_future(own.share("models", fail)) for _ in range(2)]
        for each in waiting:
            with pytest.raises(LookupError, match="nothing there"):
                await each
        return await own.share("models", lambda: 7)

    assert asyncio.run(ask()) == 7


def test_an_interpreter_that_ends_does_not_wait_for_what_hangs() -> None:
    program = """
import asyncio, threading
from cellmill.server.own_thread import OwnThread

async def ask():
    own = OwnThread("test")
    hangs = [asyncio.ensure_future(own.do(threading.Event().wait)) for _ in range(3)]
    await asyncio.sleep(0)
    print("asked", flush=True)

asyncio.run(ask())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("asked\n", "")
