"""What is added to a fit of some 36 ms whose model is kept, and what the kernel then weighs."""

import statistics
from pathlib import Path

from benchmarks.figures import Estimate, Figure, Pair, added, estimate
from benchmarks.kernels import BARE, MODES, OURS, PEER, kernels
from benchmarks.rounds import Progress, turns, undisturbed

IMPORTS = "from sklearn.datasets import load_iris\nfrom sklearn.linear_model import LogisticRegression"
DATA = "features, species = load_iris(return_X_y=True, as_frame=True)"
PEERS_EVERY = 5  # it takes seventy times as long


def measure(folder: Path, fits: int, progress: Progress) -> list[Figure]:
    """Fit the same models in a bare kernel, in ours and, every fifth, in one with autologging on."""
    ours: list[Pair] = []
    peer: list[Pair] = []
    with kernels(folder, *MODES) as running, undisturbed():
        first: dict[str, float] = {}
        for mode, kernel in running.items():
            progress(f"first fit with {mode.name}")
            kernel.run(IMPORTS)
            kernel.run(DATA)
            first[mode.name] = kernel.run(fit(-1))
        fitted = dict.fromkeys(MODES, 1)
        for number in range(fits):
            with_peer = number % PEERS_EVERY == 0
            taking_part = MODES if with_peer else (BARE, OURS)
            seconds = {}
            for mode in turns(taking_part, number):
                seconds[mode.name] = running[mode].run(fit(number)) * 1000
                fitted[mode] += 1
            ours.append(Pair(seconds[BARE.name], seconds[OURS.name]))
            if with_peer:
                peer.append(Pair(seconds[BARE.name], seconds[PEER.name]))
                progress(f"{number} of {fits} fits")
        memory = {mode.name: kernel.memory_mb() for mode, kernel in running.items()}
        for mode, kernel in running.items():
            kernel.check(fits=fitted[mode])
    base = statistics.median(pair.bare for pair in ours)
    return [
        Figure(
            "added to a LogisticRegression fit on iris, model kept", "ms", estimate(added, ours), estimate(added, peer),
            f"{PEER.name} on SQLite", 20.0, fits, f"the fit itself takes {base:.0f} ms",
        ),
        Figure(
            "added to the first fit of a kernel", "ms",
            _once((first[OURS.name] - first[BARE.name]) * 1000), _once((first[PEER.name] - first[BARE.name]) * 1000),
            f"{PEER.name} on SQLite", None, 1, "one sample",
        ),
        Figure(
            "memory added to the kernel after its fits", "MB",
            _once(memory[OURS.name] - memory[BARE.name]), _once(memory[PEER.name] - memory[BARE.name]),
            PEER.name, 15.0, 1, f"one sample (USS), after {fits + 1} fits",
        ),
    ]  # fmt: skip


def fit(number: int) -> str:
    """Return a cell that fits a model. No two models are alike: one seen before would be kept for nothing."""
    return f"model = LogisticRegression(max_iter=200, C={1 + number / 1000}).fit(features, species)"


def _once(value: float) -> Estimate:
    return Estimate(value, value, value)
