"""What is added to a kernel's start, and to the memory of one that has just started."""

import statistics

from benchmarks.bench import Bench
from benchmarks.figures import Figure, added, estimate
from benchmarks.kernels import BARE, MODES, OURS, PEER, kernels
from benchmarks.rounds import Rounds, turns

PEERS_EVERY = 6


def measure(bench: Bench, starts: int) -> list[Figure]:
    """Start kernels, one at a time, from the process to the reply of its first cell."""
    informed, replied, memory = Rounds(), Rounds(), Rounds()
    bench.say("one start of each, unmeasured, for every file to be read and compiled")
    for mode in MODES:
        with kernels(bench, "starts", mode) as running:
            running[mode].check()
    for number in range(starts):
        with_peer = number % PEERS_EVERY == 0
        if with_peer:
            bench.say(f"{number} of {starts} starts")
        for mode in turns(MODES if with_peer else (BARE, OURS), number):
            with kernels(bench, "starts", mode) as running:
                informed.add(number, mode, running[mode].informed_s * 1000)
                replied.add(number, mode, running[mode].replied_s * 1000)
                memory.add(number, mode, running[mode].memory_mb())

    def figure(name: str, unit: str, measured: Rounds, target: float) -> Figure:
        base = statistics.median(measured.of(BARE))
        return Figure(
            name, unit,
            estimate(added, measured.pairs(OURS)), estimate(added, measured.pairs(PEER)), f"import mlflow, {PEER.name}",
            target, starts, f"bare ipykernel: {base:.0f} {unit}",
        )  # fmt: skip

    return [
        figure("added to kernel start, to the first cell's reply", "ms", replied, 30.0),
        figure("added to kernel start, to kernel_info's reply", "ms", informed, 30.0),
        figure("memory (USS) added to the kernel after start", "MB", memory, 15.0),
    ]
