"""What is added to a trivial cell, and whether the 2,000th costs more than the first."""

import statistics

from benchmarks.bench import Bench
from benchmarks.figures import Figure, added, added_p99, added_since, blocks, estimate, grown
from benchmarks.kernels import BARE, MODES, OURS, PEER, kernels
from benchmarks.rounds import Rounds, turns, undisturbed

WARM_UP = 20  # the first cells of a session load what they need
TENTHS = 10
ORDINARY = """\
prices = {"north": [1.5, 2.0, 3.5], "south": [4.0, 2.5, 6.0]}
total = sum(price for region in prices.values() for price in region)
names = sorted(prices, key=lambda name: -len(prices[name]))
pairs = [(name, number, price) for name in names for number, price in enumerate(prices[name])]
if total > 10:
    highest = {name: max(prices[name]) for name in names}
else:
    highest = {}
def shown(amounts, digits=2):
    return ", ".join(f"{name} {amount:.{digits}f}" for name, amount in amounts.items())
text = shown(highest)
"""
ORDINARY_SHARE = 8  # one for so many trivial ones


def measure(bench: Bench, executions: int) -> list[Figure]:
    """Run the same trivial cells in a bare kernel, in ours and in one with autologging on."""
    replies, ordinary = Rounds(), Rounds()
    ordinaries = max(2, executions // ORDINARY_SHARE)
    with kernels(bench, "cells", *MODES) as running, undisturbed():
        for number in range(WARM_UP + executions):
            for mode in turns(MODES, number):
                took_s = running[mode].run(cell(number))
                if number >= WARM_UP:
                    replies.add(number, mode, took_s * 1000)
            if number % 500 == 0:
                bench.say(f"{number:,} of {executions:,} trivial cells")
        bench.say(f"{ordinaries} cells of {len(ORDINARY.splitlines())} lines")
        for number in range(ordinaries):
            for mode in turns(MODES, number):
                ordinary.add(number, mode, running[mode].run(ORDINARY) * 1000)
        for kernel in running.values():
            kernel.check()
    ours, peer = replies.pairs(OURS), replies.pairs(PEER)
    base = f"bare ipykernel: {statistics.median(replies.of(BARE)):.1f} ms"
    tenth = max(1, executions // TENTHS)
    ours_ends, peers_ends = (ours[:tenth], ours[-tenth:]), (peer[:tenth], peer[-tenth:])
    name = PEER.name
    return [
        Figure(
            "added to a trivial cell, median", "ms",
            estimate(added, ours), estimate(added, peer), name,
            0.5, executions, base,
        ),
        Figure(
            "added to a trivial cell, p99", "ms",
            estimate(added_p99, blocks(ours)), estimate(added_p99, blocks(peer)), name,
            3.0, executions, "of 200 cells on end, in the median such block",
        ),
        Figure(
            f"added to a cell of {len(ORDINARY.splitlines())} ordinary lines, median", "ms",
            estimate(added, ordinary.pairs(OURS)), estimate(added, ordinary.pairs(PEER)), name,
            None, ordinaries, f"bare ipykernel: {statistics.median(ordinary.of(BARE)):.1f} ms",
        ),
        Figure(
            f"last of {executions:,} executions against the first", "ratio",
            estimate(grown, *ours_ends), estimate(grown, *peers_ends), name,
            1.1, executions, "the last tenth's replies over the first's, each over bare ipykernel's",
        ),
        Figure(
            f"more added to the last of {executions:,} than to the first", "ms",
            estimate(added_since, *ours_ends), estimate(added_since, *peers_ends), name,
            None, executions, "the same, of what is added alone",
        ),
    ]  # fmt: skip


def cell(number: int) -> str:
    """Return a cell that does next to nothing: one that binds a new name, or one that reads the last one."""
    if number % 2:
        return f"v{number} = v{number - 1} + 1"
    return f"v{number} = {number}\nw = [v{number}, {number}]"
