"""What do the slices of ipyflow and LineaPy come to? `python -m benchmarks.slice_peers [--results FILE]`.

The ten sessions of `benchmarks/minimal_notebooks.py`, each with its last line kept in a name. The peer is asked for the
code behind that name, and the code is run in a bare kernel of the same environment, in a folder of its own. A slice
that runs and gives another value is silently wrong; one that raises, or that could not be asked for, says so itself.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.dataflow import IPYFLOW, LINEAPY, OLD
from benchmarks.kernels import BenchmarkFailed, Kernel, Mode
from benchmarks.minimal_notebooks import NOTEBOOKS, Notebook

PLAIN = Mode("bare ipykernel of ipyflow's environment", "plain", environment="ipyflow")
_WRITE = "__import__('pathlib').Path('slice.py').write_text({})"
ASK = {
    IPYFLOW: ("from ipyflow import code", "found = code(answer)", _WRITE.format("str(found)")),
    LINEAPY: ("import lineapy", "found = lineapy.save(answer, 'answer')", _WRITE.format("found.get_code()")),
}
BARE_OF = {IPYFLOW: PLAIN, LINEAPY: OLD}


@dataclass(frozen=True)
class Sliced:
    """What a peer's slice of one session came to."""

    peer: str
    session: str
    verdict: str  # same, silently wrong, raises, no slice, session fails
    said: str = ""


def main() -> int:
    """Print a line a session and peer."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slice_peers", description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="only sessions in whose name this occurs")
    parser.add_argument("--results", type=Path, metavar="FILE", help="JSON Lines, for the page that `replays` writes")
    given = parser.parse_args()
    found: list[Sliced] = []
    with tempfile.TemporaryDirectory(prefix="cellmill-slice-peers-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder), lambda text: print(text, file=sys.stderr))
        for peer in ASK:
            for at, notebook in enumerate(one for one in NOTEBOOKS if given.only in one.name):
                found.append(_sliced(bench, peer, notebook, f"{peer.folder}-{at}"))
                one = found[-1]
                print(f"{one.peer:8} {one.session:48} {one.verdict:15} {one.said}", flush=True)
                if given.results is not None:
                    given.results.write_text("".join(json.dumps(asdict(each)) + "\n" for each in found), "utf-8")
    return 0


def _sliced(bench: Bench, peer: Mode, notebook: Notebook, purpose: str) -> Sliced:
    *others, last = notebook.executions
    whole = [*others, f"answer = {last}"]
    wanted, said = _answer(bench, BARE_OF[peer], whole, f"{purpose}-whole")
    if wanted is None:
        return Sliced(peer.name, notebook.name, "session fails", said)
    kernel = Kernel(peer, bench, purpose)
    try:
        for source in (*whole, *ASK[peer]):
            kernel.run(source)
        code = (kernel.project.root / "slice.py").read_text("utf-8")
    except (BenchmarkFailed, OSError) as error:
        return Sliced(peer.name, notebook.name, "no slice", _first(error))
    finally:
        kernel.stop()
    answer, said = _answer(bench, BARE_OF[peer], [code], f"{purpose}-slice")
    if answer is None:
        return Sliced(peer.name, notebook.name, "raises", said)
    if answer == wanted:
        return Sliced(peer.name, notebook.name, "same")
    return Sliced(peer.name, notebook.name, "silently wrong", f"{answer}, not {wanted}")


def _answer(bench: Bench, mode: Mode, sources: list[str], purpose: str) -> tuple[str | None, str]:
    """Return what `answer` is after these cells in a kernel of its own; None and why, where one raises."""
    kernel = Kernel(mode, bench, purpose)
    try:
        for source in sources:
            kernel.run(source)
        return kernel.value_of("float(answer)"), ""
    except BenchmarkFailed as error:
        return None, _first(error)
    finally:
        kernel.stop()


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]


if __name__ == "__main__":
    sys.exit(main())
