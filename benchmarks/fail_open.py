"""Does capture change anything for the user? `python -m benchmarks.fail_open [--cells N] [--seed S] [NOTEBOOK …]`.

Cells made by chance, and those of the notebooks named, are run in a bare kernel and in a captured one. All that the
two say and are must be the same; what two bare kernels do not agree on either is counted apart. Notebooks are also
run whole, and the files that come out are compared byte for byte. The exit code is 1 when anything is different, and
when a session was not captured: two bare kernels agree, and that proves nothing.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import nbformat

from benchmarks.fuzz_cells import session
from benchmarks.twin_notebooks import differing_notebook
from benchmarks.twins import Outcome, compare

CELLS_PER_SESSION = 120
SHOWN = 20


def main() -> int:
    """Return 1 when capture changed something."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fail_open", description="Does capture change anything?")
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK", help="their code cells are run as well")
    parser.add_argument("--cells", type=int, default=2_400, metavar="N", help="how many cells to make; by default 2400")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed makes the same cells")
    parser.add_argument("--flavour", choices=["language", "science", "boosting", "torch"], help="only such sessions")
    parser.add_argument("--patience", type=float, default=60.0, metavar="S", help="for one cell; by default 60 s")
    parser.add_argument("--beside", action="store_true", help="copy what lies beside each notebook: its data")
    parser.add_argument("--whole", action="store_true", help="run the notebooks whole too, and compare the files")
    given = parser.parse_args()
    began_s = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    files: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory(prefix="cellmill-fail-open-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        for number in range(-(-given.cells // CELLS_PER_SESSION)):
            seed = given.seed * 10_000 + number
            cells = session(seed, min(CELLS_PER_SESSION, given.cells - number * CELLS_PER_SESSION), given.flavour)
            outcomes[f"seed {seed}"] = compare(cells, folder / str(seed), folder / "home", patience_s=given.patience)
            _say(f"seed {seed}", outcomes[f"seed {seed}"], began_s)
        for at, path in enumerate(given.notebooks):
            name = f"{path.parent.name}/{path.name}"
            notebook = nbformat.read(path, as_version=4)
            cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
            beside = path.parent if given.beside else None
            outcomes[name] = compare(
                cells, folder / f"n{at}", folder / "home", patience_s=given.patience, beside=beside
            )
            _say(name, outcomes[name], began_s)
            if given.whole and outcomes[name].gave_up is None:
                files[name] = differing_notebook(path, folder / f"w{at}", folder / "home")
                print(f"       {name} run whole: {files[name] or 'the same files'}", flush=True)
    return report(outcomes, files)


def _say(name: str, outcome: Outcome, began_s: float) -> None:
    said = f"{outcome.cells} cells, {outcome.captured} captured, {len(outcome.differences)} differences"
    more = f", given up at {outcome.gave_up}" if outcome.gave_up else ""
    more += ", NOT CAPTURED" if outcome.compares_nothing else ""
    print(f"{time.monotonic() - began_s:5.0f} s  {name}: {said}, {len(outcome.unsteady)} unsteady{more}", flush=True)
    for difference in outcome.differences[:SHOWN]:
        print(f"\n{difference}\n", flush=True)


def report(outcomes: dict[str, Outcome], files: dict[str, list[str]]) -> int:
    """Print what came of all sessions. Returns 1 when anything differed or a session was not captured."""
    cells, captured = (sum(getattr(one, of) for one in outcomes.values()) for of in ("cells", "captured"))
    different = Counter(one.fact for outcome in outcomes.values() for one in outcome.differences)
    unsteady = Counter(one.fact for outcome in outcomes.values() for one in outcome.unsteady)
    print(f"\n{cells} cells in {len(outcomes)} sessions, {captured} of them captured as executions")
    print(f"different: {different.total()} {dict(different)}")
    print(f"different in two bare kernels as well: {unsteady.total()} {dict(unsteady)}")
    print(f"given up: {[name for name, outcome in outcomes.items() if outcome.gave_up]}")
    nothing = [name for name, outcome in outcomes.items() if outcome.compares_nothing]
    print(f"not captured, so nothing was compared: {nothing}")
    if files:
        print(f"notebooks run whole: {len(files)}, of which different: { {n: d for n, d in files.items() if d} }")
    return 1 if different or nothing or not outcomes or any(files.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
