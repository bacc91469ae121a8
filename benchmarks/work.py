"""How much slower the user's own work becomes: loops, data frames, and a training of many seconds."""

import statistics

from benchmarks.bench import Bench
from benchmarks.figures import Figure, estimate, ratio
from benchmarks.kernels import BARE, MODES, OURS, PEER, kernels
from benchmarks.rounds import Rounds, turns, undisturbed

PREPARE = """\
import copy
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
records = [{"id": n, "values": [n, n + 1, n + 2], "name": f"item {n}"} for n in range(4_000)]
rng = np.random.default_rng(0)
orders = pd.DataFrame({"shop": rng.integers(0, 300, 400_000), "day": rng.integers(0, 365, 400_000),
                       "price": rng.random(400_000)})
shops = pd.DataFrame({"shop": range(300), "city": [f"city {n % 40}" for n in range(300)]})
features = rng.random((LONG_ROWS, 12))
target = (features[:, 0] + features[:, 1] > 1).astype(int)
"""
# What instruments slow down most: calls, attribute and item access, `id` by the million.
LOOP = """\
total = 0
for number in range(600_000):
    total += number % 7
    if total > 1_000_000:
        total -= 1_000_000
copies = copy.deepcopy(records)
words = sorted(record["name"].upper() for record in copies)
"""
FRAMES = """\
joined = orders.merge(shops, on="shop")
joined["week"] = joined["day"] // 7
by_city = joined.groupby(["city", "week"])["price"].agg(["sum", "mean", "count"]).reset_index()
best = by_city.sort_values("sum", ascending=False).head(20)
table = joined.pivot_table(index="city", columns="week", values="price", aggfunc="sum")
orders["discounted"] = orders["price"] * 0.9
"""
FIT = "model = GradientBoostingClassifier(n_estimators=LONG_TREES, random_state=ROUND).fit(features, target)"
FITS = 3
LONG, SHORT = ("12_000", "100"), ("500", "3")


def measure(bench: Bench, rounds: int) -> list[Figure]:
    """Run the same cells in a bare kernel, in ours and in one with autologging on."""
    loops, frames, fits = Rounds(), Rounds(), Rounds()
    rows, trees = LONG if rounds > 3 else SHORT
    trainings = FITS if rounds > 3 else 1
    with kernels(bench, "work", *MODES) as running, undisturbed():
        for kernel in running.values():
            kernel.run(PREPARE.replace("LONG_ROWS", rows))
        for number in range(-1, rounds):
            bench.say(f"{max(number, 0)} of {rounds} loops and data frames")
            for mode in turns(MODES, number):
                took = running[mode].run(LOOP), running[mode].run(FRAMES)
                if number >= 0:
                    loops.add(number, mode, took[0])
                    frames.add(number, mode, took[1])
        for number in range(trainings):
            bench.say(f"{number} of {trainings} long trainings")
            # Not the peer: what it adds to a fit is some seconds, whatever the fit takes (see `fits`).
            for mode in turns((BARE, OURS), number):
                source = FIT.replace("LONG_TREES", trees).replace("ROUND", str(number))
                fits.add(number, mode, running[mode].run(source))
        for mode, kernel in running.items():
            kernel.check(fits=0 if mode is PEER else trainings)
    peer = PEER.name
    return [
        Figure(
            "slow-down of a cell of hot loops", "ratio",
            estimate(ratio, loops.pairs(OURS)), estimate(ratio, loops.pairs(PEER)), peer,
            1.01, rounds, f"bare ipykernel: {statistics.median(loops.of(BARE)) * 1000:.0f} ms",
        ),
        Figure(
            "slow-down of a cell heavy with pandas", "ratio",
            estimate(ratio, frames.pairs(OURS)), estimate(ratio, frames.pairs(PEER)), peer,
            1.01, rounds, f"bare ipykernel: {statistics.median(frames.of(BARE)) * 1000:.0f} ms",
        ),
        Figure(
            "slow-down of a fit of many seconds, model kept", "ratio",
            estimate(ratio, fits.pairs(OURS)), None, "",
            1.01, trainings, f"bare ipykernel: {statistics.median(fits.of(BARE)):.1f} s",
        ),
    ]  # fmt: skip
