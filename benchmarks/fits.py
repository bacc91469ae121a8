"""What is added to a fit of a few dozen milliseconds whose model is kept, and what the kernel then weighs."""

import statistics

from benchmarks.bench import Bench
from benchmarks.figures import Figure, added, estimate
from benchmarks.kernels import BARE, MODES, OURS, PEER, Mode, kernels
from benchmarks.rounds import Rounds, turns, undisturbed

IMPORTS = "from sklearn.datasets import load_iris\nfrom sklearn.linear_model import LogisticRegression"
DATA = "features, species = load_iris(return_X_y=True, as_frame=True)"
FITS_PER_SESSION = 12
PEERS_SESSIONS = 2  # it takes a hundred times as long,
PEERS_EVERY = 4  # so it takes part in fewer rounds


def measure(bench: Bench, sessions: int) -> list[Figure]:
    """Fit the same models in a bare kernel, in ours and in one with autologging on, in several sessions."""
    first, later, memory = Rounds(), Rounds(), Rounds()
    fits_each = FITS_PER_SESSION if sessions > 1 else PEERS_EVERY
    for session in range(-1, sessions):  # once unmeasured, for every file to be read and compiled
        bench.say(f"{max(session, 0)} of {sessions} sessions with {fits_each} fits each")
        modes = MODES if session < PEERS_SESSIONS else (BARE, OURS)
        with kernels(bench, f"fits-{session}", *modes) as running, undisturbed():
            fits = dict.fromkeys(modes, 0)

            def fit(mode: Mode, number: int) -> float:
                fits[mode] += 1  # noqa: B023 - called in this session alone
                return running[mode].run(cell(number)) * 1000

            for mode in turns(modes, session):
                running[mode].run(IMPORTS)
                running[mode].run(DATA)
                first.add(session, mode, fit(mode, 0))
            if session < 0:
                continue
            for number in range(1, fits_each + 1):
                taking_part = modes if number % PEERS_EVERY == 0 else (BARE, OURS)
                for mode in turns(taking_part, number):
                    later.add(session * fits_each + number, mode, fit(mode, number))
            for mode, kernel in running.items():
                memory.add(session, mode, kernel.memory_mb())
                kernel.check(fits=fits[mode])
    peer = f"{PEER.name} on SQLite"
    return [
        Figure(
            "added to a LogisticRegression fit on iris, model kept", "ms",
            estimate(added, later.pairs(OURS)), estimate(added, later.pairs(PEER)), peer,
            20.0, sessions * fits_each, f"bare ipykernel: {statistics.median(later.of(BARE)):.0f} ms",
        ),
        Figure(
            "added to the first fit of a session", "ms",
            estimate(added, first.pairs(OURS)[1:]), estimate(added, first.pairs(PEER)[1:]), peer,
            None, sessions, f"bare ipykernel: {statistics.median(first.of(BARE)[1:]):.0f} ms",
        ),
        Figure(
            "memory (USS) added to the kernel after its fits", "MB",
            estimate(added, memory.pairs(OURS)), estimate(added, memory.pairs(PEER)), peer,
            15.0, sessions, f"bare ipykernel: {statistics.median(memory.of(BARE)):.0f} MB",
        ),
    ]  # fmt: skip


def cell(number: int) -> str:
    """Return a cell that fits a model. No two models are alike: one that was kept before would be kept for nothing."""
    return f"model = LogisticRegression(max_iter=200, C={1 + number / 1000}).fit(features, species)"
