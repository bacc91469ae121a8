"""How much slower the user's own work becomes: loops, data frames, and a training of many seconds.

What capture adds to any cell, about a millisecond where the cell has filled the processor's caches, is a percent of
a cell of 85 ms; what it does to the work itself shows in longer ones: so there are both. Two bare kernels differ in a
loop by some percent, whichever chance laid out their memory: so each figure is taken over several sessions, and how
far a second bare kernel is from the first is said beside it.
"""

import statistics

from benchmarks.bench import Bench
from benchmarks.dataflow import IPYFLOW
from benchmarks.figures import Figure, Pairs, estimate, ratio
from benchmarks.kernels import BARE, OURS, TWIN, Kernel, Mode, kernels
from benchmarks.rounds import Rounds, turns, undisturbed

PREPARE = """\
import copy
import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
records = [{"id": n, "values": [n, n + 1, n + 2], "name": f"item {n}"} for n in range(4_000)]
rng = np.random.default_rng(0)
def made(rows):
    return pd.DataFrame({"shop": rng.integers(0, 300, rows), "day": rng.integers(0, 365, rows),
                         "price": rng.random(rows)})
orders, many_orders = made(400_000), made(2_500_000)
shops = pd.DataFrame({"shop": range(300), "city": [f"city {n % 40}" for n in range(300)]})
features = rng.random((LONG_ROWS, 12))
target = (features[:, 0] + features[:, 1] > 1).astype(int)
"""
# What instruments slow down most: calls, attribute and item access, names by the million.
LOOP = """\
total = 0
for number in range(TIMES):
    total += number % 7
    if total > 1_000_000:
        total -= 1_000_000
copies = copy.deepcopy(records)
words = sorted(record["name"].upper() for record in copies)
"""
FRAMES = """\
joined = ORDERS.merge(shops, on="shop")
joined["week"] = joined["day"] // 7
by_city = joined.groupby(["city", "week"])["price"].agg(["sum", "mean", "count"]).reset_index()
best = by_city.sort_values("sum", ascending=False).head(20)
table = joined.pivot_table(index="city", columns="week", values="price", aggfunc="sum")
ORDERS["discounted"] = ORDERS["price"] * 0.9
"""
FIT = "model = GradientBoostingClassifier(n_estimators=LONG_TREES, random_state=ROUND).fit(features, target)"
LONG, SHORT = ("12_000", "190"), ("500", "3")  # rows and trees; the long one takes more than five seconds
CELLS = {
    "of hot loops": LOOP.replace("TIMES", "1_000_000"),
    "of hot loops, a long one": LOOP.replace("TIMES", "8_000_000"),
    "heavy with pandas": FRAMES.replace("ORDERS", "orders"),
    "heavy with pandas, a long one": FRAMES.replace("ORDERS", "many_orders"),
}
ROUNDS, ROUNDS_OF_LONG_ONES, PEERS_ROUNDS = 5, 2, 1
MODES = (BARE, TWIN, OURS, IPYFLOW)
FITTING = (BARE, TWIN, OURS)  # ipyflow follows no fit: it would be one more bare kernel


def measure(bench: Bench, sessions: int) -> list[Figure]:
    """Run the same cells in two bare kernels, in ours and in ipyflow's, in several sessions."""
    cells = {name: Rounds() for name in CELLS}
    fits = Rounds()
    rows, trees = LONG if sessions > 1 else SHORT
    for session in range(sessions):
        bench.say(f"{session} of {sessions} sessions of loops, data frames and a long training")
        with kernels(bench, f"work-{session}", *MODES) as running, undisturbed():
            for kernel in running.values():
                kernel.run(PREPARE.replace("LONG_ROWS", rows))
            for number in range(-1, ROUNDS):
                modes = MODES if number < PEERS_ROUNDS else FITTING
                for name, rounds in cells.items():
                    if number < ROUNDS_OF_LONG_ONES or not name.endswith("long one"):
                        _work(rounds, running, modes, CELLS[name], session * ROUNDS + number, counts=number >= 0)
            source = FIT.replace("LONG_TREES", trees).replace("ROUND", str(session))
            for mode in turns(FITTING, session):
                fits.add(session, mode, running[mode].run(source))
            for mode, kernel in running.items():
                kernel.check(fits=mode is OURS)
    return [
        *(_figure(f"slow-down of a cell {name}", rounds, IPYFLOW) for name, rounds in cells.items()),
        _figure("slow-down of a fit of over 5 s, model kept", fits, None),
    ]


def _work(
    rounds: Rounds, running: dict[Mode, Kernel], modes: tuple[Mode, ...], source: str, number: int, *, counts: bool
) -> None:
    for mode in turns(modes, number):
        took_s = running[mode].run(source)
        if counts:
            rounds.add(number, mode, took_s)


def _figure(name: str, rounds: Rounds, peer: Mode | None) -> Figure:
    bare_s = statistics.median(rounds.of(BARE))
    pairs: Pairs = rounds.pairs(OURS)
    peers = None if peer is None else estimate(ratio, rounds.pairs(peer))
    took = f"{bare_s:.1f} s" if bare_s > 1 else f"{bare_s * 1000:.0f} ms"
    note = f"bare ipykernel: {took}; a second one: {ratio(rounds.pairs(TWIN)):.3f}"
    return Figure(name, "ratio", estimate(ratio, pairs), peers, peer.name if peer else "", 1.01, len(pairs), note)
