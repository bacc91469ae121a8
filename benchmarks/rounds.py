"""Interleaving: A B C, B C A, C A B …, so that a busy moment of the machine strikes them all alike."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

Progress = Callable[[str], None]


def turns(who: Sequence[T], round_: int) -> Sequence[T]:
    """Return whose turn it is, in order: each round begins with another."""
    first = round_ % len(who)
    return [*who[first:], *who[:first]]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector of this process from running between a question and its answer."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
