"""Interleaving: everyone once in each round, so that a busy moment of the machine strikes them all alike."""

import gc
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from benchmarks.figures import Pair
from benchmarks.kernels import BARE, Mode

T = TypeVar("T")


class Rounds:
    """What each mode took in each round. Not every mode has to take part in every round."""

    def __init__(self) -> None:
        self._rounds: dict[int, dict[Mode, float]] = defaultdict(dict)

    def add(self, number: int, mode: Mode, value: float) -> None:
        self._rounds[number][mode] = value

    def pairs(self, mode: Mode) -> list[Pair]:
        """Return the rounds in which a mode took part, each beside the bare kernel's of that round."""
        return [Pair(took[BARE], took[mode]) for took in self._rounds.values() if mode in took]

    def of(self, mode: Mode) -> list[float]:
        return [took[mode] for took in self._rounds.values() if mode in took]


def turns(who: Sequence[T], number: int) -> Sequence[T]:
    """Return the order of a round: another each time, the same in every run.

    Drawn by lot, not rotated: a kernel works on for a while after its reply, and whoever always came
    next would always pay for it.
    """
    return random.Random(number).sample(who, k=len(who))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the garbage collector of this process from running between a question and its answer."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
