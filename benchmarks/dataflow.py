"""What is added to a trivial cell, beside the kernels that follow data flow as well: ipyflow and LineaPy."""

import statistics

from benchmarks.bench import Bench
from benchmarks.cells import WARM_UP, cell
from benchmarks.figures import Figure, added, estimate
from benchmarks.kernels import BARE, OURS, Mode, kernels
from benchmarks.rounds import Rounds, turns, undisturbed

IPYFLOW = Mode("ipyflow", "ipyflow", "ipyflow", exec_line="%load_ext ipyflow", environment="ipyflow")
LINEAPY = Mode("LineaPy", "lineapy", "lineapy", exec_line="%load_ext lineapy", environment="lineapy")
OLD = Mode("bare ipykernel of LineaPy's environment", "old", environment="lineapy")


def measure(bench: Bench, executions: int) -> list[Figure]:
    """Run the same trivial cells in ours and in both of theirs, each beside a bare kernel of its environment."""
    ours, ipyflow, lineapy = Rounds(), Rounds(), Rounds()
    modes = (BARE, OURS, IPYFLOW, OLD, LINEAPY)
    with kernels(bench, "dataflow", *modes) as running, undisturbed():
        for number in range(WARM_UP + executions):
            took_ms = {mode: running[mode].run(cell(number)) * 1000 for mode in turns(modes, number)}
            if number < WARM_UP:
                continue
            at = number - WARM_UP
            for rounds, mode, bare in ((ours, OURS, BARE), (ipyflow, IPYFLOW, BARE), (lineapy, LINEAPY, OLD)):
                rounds.add(at, BARE, took_ms[bare])
                rounds.add(at, mode, took_ms[mode])
            if at % 50 == 0:
                bench.say(f"{at} of {executions} trivial cells beside ipyflow and LineaPy")
        for kernel in running.values():
            kernel.check()
    base = f"bare ipykernel: {statistics.median(ours.of(BARE)):.1f} ms"
    return [
        Figure(
            f"added to a trivial cell, beside {mode.name}", "ms",
            estimate(added, ours.pairs(OURS)), estimate(added, rounds.pairs(mode)), mode.name,
            0.5, executions, base,
        )
        for rounds, mode in ((ipyflow, IPYFLOW), (lineapy, LINEAPY))
    ]  # fmt: skip
