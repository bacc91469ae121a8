"""What is added to a trivial cell, and whether the 2,000th costs more than the first."""

from pathlib import Path

from benchmarks.figures import Figure, Pair, added, added_p99, added_since, estimate, grown
from benchmarks.kernels import BARE, MODES, OURS, PEER, kernels
from benchmarks.rounds import Progress, turns, undisturbed

WARM_UP = 20  # the first cells of a session load what they need
SHARE = 10  # first and last tenth of the session


def measure(folder: Path, executions: int, progress: Progress) -> list[Figure]:
    """Run the same trivial cells in a bare kernel, in ours and in one with autologging on."""
    seconds: dict[str, list[float]] = {mode.name: [] for mode in MODES}
    with kernels(folder, *MODES) as running, undisturbed():
        for number in range(WARM_UP):
            for kernel in running.values():
                kernel.run(cell(number))
        for number in range(WARM_UP, WARM_UP + executions):
            for mode in turns(MODES, number):
                seconds[mode.name].append(running[mode].run(cell(number)))
            if number % 500 == 0:
                progress(f"{number} of {executions} trivial cells")
        for kernel in running.values():
            kernel.check()
    bare = [second * 1000 for second in seconds[BARE.name]]
    ours = [Pair(b, second * 1000) for b, second in zip(bare, seconds[OURS.name], strict=True)]
    peer = [Pair(b, second * 1000) for b, second in zip(bare, seconds[PEER.name], strict=True)]
    base = sorted(bare)[len(bare) // 2]
    note = f"the reply of bare ipykernel takes {base:.1f} ms"
    tenth = max(1, executions // SHARE)
    ends = (ours[:tenth], ours[-tenth:])
    peers_ends = (peer[:tenth], peer[-tenth:])
    return [
        Figure(
            "added to a trivial cell, median", "ms", estimate(added, ours), estimate(added, peer),
            PEER.name, 0.5, executions, note,
        ),
        Figure(
            "added to a trivial cell, p99", "ms", estimate(added_p99, ours), estimate(added_p99, peer),
            PEER.name, 3.0, executions, "",
        ),
        Figure(
            f"last of {executions:,} executions against the first", "ratio",
            estimate(grown, *ends), estimate(grown, *peers_ends),
            PEER.name, 1.1, executions, "reply of the last tenth to the first, each over bare ipykernel's",
        ),
        Figure(
            f"more added to the last of {executions:,} than to the first", "ms",
            estimate(added_since, *ends), estimate(added_since, *peers_ends),
            PEER.name, None, executions, "the same in milliseconds",
        ),
    ]  # fmt: skip


def cell(number: int) -> str:
    """Return a cell that does next to nothing: one that binds a new name, or one that reads the last one."""
    if number % 2:
        return f"v{number} = v{number - 1} + 1"
    return f"v{number} = {number}\nw = [v{number}, {number}]"
