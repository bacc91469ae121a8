"""A measured figure, and how one is made of samples. Pure: samples in, figures out."""

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

CONFIDENCE = 0.95
RESAMPLES = 300
BLOCK = 200  # rounds in which one looks for a 99th percentile


@dataclass(frozen=True)
class Pair:
    """One round: what the same work cost on bare ipykernel and beside it."""

    bare: float
    other: float


Pairs = Sequence[Pair]


@dataclass(frozen=True)
class Estimate:
    """A figure with the interval in which it lies, were the same rounds drawn again (bootstrap, 95 %)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """One line of the table. `target` is None where it is only looked at, `peer` where no one does the like."""

    figure: str
    unit: str
    ours: Estimate
    peer: Estimate | None
    peer_name: str
    target: float | None
    rounds: int
    note: str

    @property
    def holds(self) -> bool | None:
        """Whether what was measured is within the target. Never said by hand."""
        return None if self.target is None else self.ours.value <= self.target

    @property
    def is_certain(self) -> bool:
        """Whether the whole interval lies on one side of the target. A single sample has none."""
        low, high = self.ours.low, self.ours.high
        return self.target is None or (low < high and not low <= self.target < high)

    def as_record(self) -> dict[str, Any]:
        """Return the figure as it stands in `latest.json`."""
        return {
            "figure": self.figure,
            "unit": self.unit,
            "ours": _rounded(self.ours.value),
            "peer": None if self.peer is None else _rounded(self.peer.value),
            "peer_name": self.peer_name,
            "target": self.target,
            "holds": self.holds,
            "certain": self.is_certain,
            "interval": [_rounded(self.ours.low), _rounded(self.ours.high)],
            "rounds": self.rounds,
            "note": self.note,
        }


@dataclass(frozen=True)
class Conditions:
    """What a reader must know to compare two runs of the benchmarks."""

    date: str
    cores: int
    machine: str
    versions: dict[str, str]
    load_before: float
    load_after: float
    scheduling: str
    seconds: float
    quick: bool

    def as_record(self) -> dict[str, Any]:
        return asdict(self)


# --- from samples to a figure


def estimate(statistic: Callable[..., float], *samples: Sequence[Any]) -> Estimate:
    """Return a statistic of one or more samples of rounds, each drawn again on its own for the interval."""
    value = statistic(*samples)
    source = random.Random(0)  # the same samples give the same interval
    drawn = sorted(statistic(*(source.choices(sample, k=len(sample)) for sample in samples)) for _ in range(RESAMPLES))
    outside = int(len(drawn) * (1 - CONFIDENCE) / 2)
    return Estimate(value, drawn[outside], drawn[-1 - outside])


def added(pairs: Pairs) -> float:
    """Return the median of what was added, round by round."""
    return statistics.median(pair.other - pair.bare for pair in pairs)


def added_p99(blocks: Sequence[Pairs]) -> float:
    """Return how much later the 99th percentile of a block of rounds lies, in the median block.

    Not the percentile of the differences: a hiccup of the machine in the bare round would count as speed,
    and one in the other as cost. In blocks, for a busy minute of the machine must not decide over the others.
    """
    return statistics.median(
        percentile([pair.other for pair in block], 0.99) - percentile([pair.bare for pair in block], 0.99)
        for block in blocks
    )


def ratio(pairs: Pairs) -> float:
    """Return the median of the ratios, round by round."""
    return statistics.median(pair.other / pair.bare for pair in pairs)


def grown(first: Pairs, last: Pairs) -> float:
    """Return how much dearer the last executions are than the first, beyond what bare ipykernel's became."""
    return ratio(last) / ratio(first)


def added_since(first: Pairs, last: Pairs) -> float:
    """Return how much more is added to the last executions than to the first."""
    return added(last) - added(first)


def blocks(pairs: Pairs) -> list[Pairs]:
    """Return consecutive blocks of rounds, whole ones only; all rounds as one where there are too few."""
    whole = [pairs[start : start + BLOCK] for start in range(0, len(pairs) - BLOCK + 1, BLOCK)]
    return whole or [pairs]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of the values that at least this share of them does not exceed."""
    ordered = sorted(values)
    rank = -int(-share * len(ordered) // 1)  # rounded up
    return ordered[max(rank, 1) - 1]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
