"""What is added to a kernel's start, and to the memory of one that has just started."""

import statistics
from pathlib import Path

from benchmarks.figures import Figure, Pair, added, estimate
from benchmarks.kernels import BARE, MODES, OURS, PEER, kernels
from benchmarks.rounds import Progress, turns

PEERS_EVERY = 4


def measure(folder: Path, starts: int, progress: Progress) -> list[Figure]:
    """Start kernels, one at a time, from the process to the reply of its first cell."""
    ready: dict[str, list[float]] = {mode.name: [] for mode in MODES}
    replied: dict[str, list[float]] = {mode.name: [] for mode in MODES}
    memory: dict[str, list[float]] = {mode.name: [] for mode in MODES}
    peer_rounds: list[int] = []
    for mode in MODES:  # once unmeasured: IPython makes its profile, and the system reads the files
        with kernels(folder, mode) as running:
            running[mode].check()
    for number in range(starts):
        with_peer = number % PEERS_EVERY == 0
        if with_peer:
            peer_rounds.append(number)
            progress(f"{number} of {starts} kernels started")
        for mode in turns(MODES if with_peer else (BARE, OURS), number):
            with kernels(folder, mode) as running:
                kernel = running[mode]
                ready[mode.name].append(kernel.ready_s * 1000)
                replied[mode.name].append(kernel.first_reply_s * 1000)
                memory[mode.name].append(kernel.memory_mb())

    def pairs(of: dict[str, list[float]]) -> tuple[list[Pair], list[Pair]]:
        bare = of[BARE.name]
        ours = [Pair(b, o) for b, o in zip(bare, of[OURS.name], strict=True)]
        peer = [Pair(bare[number], o) for number, o in zip(peer_rounds, of[PEER.name], strict=True)]
        return ours, peer

    figures = []
    for name, unit, target, of, base in (
        ("added to kernel start, to the first cell's reply", "ms", 30.0, replied, "bare ipykernel takes {:.0f} ms"),
        ("added to kernel start, to the kernel_info reply", "ms", 30.0, ready, "bare ipykernel takes {:.0f} ms"),
        ("memory added to the kernel after start", "MB", 15.0, memory, "bare ipykernel has {:.0f} MB (USS)"),
    ):
        ours, peer = pairs(of)
        note = base.format(statistics.median(of[BARE.name]))
        figures.append(
            Figure(
                name, unit, estimate(added, ours), estimate(added, peer),
                f"import mlflow, {PEER.name}", target, starts, note,
            )
        )  # fmt: skip
    return figures
