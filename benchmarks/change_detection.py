"""Is it seen what cells do to objects of many classes? `python -m benchmarks.change_detection`.

For each class an object is made, looked at, and changed, each in a cell of its own. A change that is not seen is a
defect; a look that is taken for a change is a cost.
"""

import argparse
import os
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Literal

from benchmarks.change_cases import Case
from benchmarks.change_cases_more import BEYOND, KISHU
from cellmill.capture.state import Changes, NamespaceState
from cellmill.dataflow.footprint import Footprint, Namespace, footprint

PAGE = Path(__file__).parent.parent / "docs" / "developers" / "change-detection.md"
DISTRIBUTIONS = [
    "numpy",
    "pandas",
    "pyarrow",
    "polars",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "torch",
    "lightning",
    "keras",
    "xgboost-cpu",
    "lightgbm",
    "catboost",
    "optuna",
    "matplotlib",
    "seaborn",
    "plotly",
    "networkx",
    "ipywidgets",
]
PLENTY_S = 1.0
"""Far more than any look here takes."""

Seen = Literal["changed", "unsure", "nothing", "by the source"]


@dataclass(frozen=True)
class Finding:
    """What was found out about one class."""

    case: Case
    after_change: Seen | None = None
    after_look: Seen | None = None
    in_time: Seen | None = None
    """After the change, in the time that a cell of that length leaves."""
    alias: bool = True
    """Whether the change was also seen through another name that leads to the object."""
    trouble: str = ""

    @property
    def verdict(self) -> str:
        if self.trouble:
            return self.trouble
        if self.after_change == "nothing" or not self.alias:
            return "missed"
        if self.after_change == "unsure" or self.after_look == "unsure":
            return "unsure"
        return "superfluous" if self.after_look == "changed" else "exact"


class Cells:
    """A namespace like a kernel's, in which cells run and are compared."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"__name__": "__main__"}
        self._functions = Namespace()
        self._state = NamespaceState(self.names)

    def run(self, source: str, *, in_time: bool) -> tuple[Changes, Footprint]:
        """Run a cell. Returns what it did by comparison, and what its source says."""
        started = time.perf_counter()
        exec(compile(source, "<cell>", "exec"), self.names)
        budget = max(0.0003, 0.01 * (time.perf_counter() - started)) if in_time else PLENTY_S
        found = self._functions.resolve(footprint(source))
        return self._state.after(found.reads | found.writes, budget), found


def main() -> int:
    """Return 1 when a change was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.change_detection", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="WORD", help="only classes in whose package or name this occurs")
    parser.add_argument("--write", action="store_true", help=f"write the table to docs/developers/{PAGE.name}")
    given = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "torch")
    warnings.simplefilter("ignore")
    findings = {
        title: [examine(case) for case in cases if _wanted(case, given.only)]
        for title, cases in (("Kishu's classes", KISHU), ("Beyond the list", BEYOND))
    }
    for title, found in findings.items():
        print(f"\n{title}: {_counts(found)}")
        for finding in found:
            if given.only or finding.verdict not in ("exact", "not installed"):
                print(f"  {finding.case.package:14} {finding.case.name:44} {finding.verdict:12}", end=" ")
                print(f"change: {finding.after_change}, look: {finding.after_look}, in time: {finding.in_time}")
    if given.write:
        PAGE.write_text(_page(findings), encoding="utf-8")
    return int(any(finding.verdict not in _KNOWN for found in findings.values() for finding in found))


_KNOWN = frozenset({"exact", "superfluous", "unsure", "not installed"})


def examine(case: Case) -> Finding:
    """Try one class: with plenty of time, then with the time that a kernel gives."""
    if not case.setup:
        return Finding(case, trouble="not installed")
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            look, _ = _last(case, [case.setup, case.look])
            change, alias = _last(case, [case.setup, case.look, case.change])
            in_time, _ = _last(case, [case.setup, case.look, case.change], in_time=True)
    except ModuleNotFoundError:
        return Finding(case, trouble="not installed")
    except Exception as error:  # noqa: BLE001 - one class must not stop the others
        traceback.print_exc(file=sys.stderr)
        return Finding(case, trouble=f"failed: {type(error).__name__}")
    return Finding(case, change, look, in_time, alias)


def _last(case: Case, sources: list[str], *, in_time: bool = False) -> tuple[Seen, bool]:
    """Run cells. Returns how `a` stands after the last, and whether another name that leads to it agrees."""
    cells = Cells()
    sources = [sources[0], "held = {'k': [a]}", *sources[1:]]
    for source in sources:
        changes, found = cells.run(source, in_time=in_time)
    if "a" in changes.bound | changes.changed:
        return "changed", "a" in changes.bound or "held" in changes.changed
    if "a" in changes.unsure:
        group = {"a"}.union(*(names for names in changes.aliases if "a" in names))
        written = bool(group & found.writes)
        return ("by the source" if in_time and written else "unsure"), "held" in changes.unsure
    return "nothing", True


def _wanted(case: Case, words: Iterable[str]) -> bool:
    words = list(words)
    return not words or any(word in case.package or word in case.name for word in words)


def _counts(found: Iterable[Finding]) -> str:
    counted = Counter(finding.verdict for finding in found)
    return ", ".join(f"{count} {verdict}" for verdict, count in counted.most_common())


def _page(findings: dict[str, list[Finding]]) -> str:
    lines = [_PREFACE.strip(), "", f"Measured {datetime.now(UTC):%Y-%m-%d} with {', '.join(_versions())}.", ""]
    for title, found in findings.items():
        here = [finding for finding in found if finding.verdict != "not installed"]
        counted = Counter(finding.verdict for finding in here)
        in_time = Counter(finding.in_time for finding in here)
        lines += [
            f"## {title}",
            "",
            f"{len(found)} classes, {len(here)} of them installed here: {counted['exact']} exact, "
            f"{counted['superfluous']} superfluous, {counted['unsure']} unsure, {counted['missed']} missed.",
            "",
            f"In the time that a kernel gives, of {len(here)} changes {in_time['changed']} are seen, "
            f"{in_time['by the source']} are unsure and named by the source, {in_time['unsure']} are unsure and not "
            f"named, {in_time['nothing']} are missed.",
            "",
            "| package | class | changed by | after the change | after a look | in a kernel's time | verdict |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [_row(finding) for finding in here]
        absent = sorted({finding.case.package for finding in found if finding.verdict == "not installed"})
        if absent:
            names = [finding.case.name for finding in found if finding.verdict == "not installed"]
            lines += ["", f"Not installed here, so not tried ({len(names)} classes): {', '.join(absent)}."]
        lines.append("")
    return "\n".join(lines)


def _row(finding: Finding) -> str:
    change = finding.case.change.replace("|", "\\|").replace("\n", "; ")
    cells = [finding.case.package, finding.case.name, f"`{change}`"]
    cells += [finding.after_change or "", finding.after_look or "", finding.in_time or "", finding.verdict]
    return f"| {' | '.join(cells)} |"


def _versions() -> list[str]:
    found = [f"Python {sys.version.partition(' ')[0]}"]
    for name in DISTRIBUTIONS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


_PREFACE = """
# Change detection

After each cell Cellmill compares the user's namespace with what it was before
([`capture/state`](../../src/cellmill/capture/state/__init__.py)): which names are bound to other objects, and which
objects have changed in place, through whatever name. This table shows for how many classes that works. It is made by
`python -m benchmarks.change_detection --write`.

The yardstick is [Kishu](https://github.com/illinoisdata/kishu), whose README lists 149 classes: of 134 it reports
changes exactly, of 15 it may report changes where there were none, and it misses none. The operations here are our own,
and only classes whose packages are installed could be tried, so the two counts are not of the same set. For each class
an object `a` is made, then looked at, then changed, each in a cell of its own, and a second name leads to it.

- **exact**: the change is seen, under both names, and the look is not taken for one.
- **superfluous**: the look is taken for a change too, mostly because the library keeps what it worked out: a cost.
- **unsure**: the object does not let itself be compared. The source decides, as it would without a comparison.
- **missed**: a defect.

These verdicts hold with plenty of time. A kernel gives each comparison 0.3 ms, or one hundredth of the time that the
cell took; what is not reached is unsure, and the source decides. The column "in a kernel's time" shows what becomes of
the change then: seen, unsure but named by the source, or unsure and not named, which is a change that is lost.

What is not found: state that a library keeps in C and no reader knows (it is unsure, not missed); a change of a list or
dict that no name of the cell's source leads to, such as by `exec` (all names are compared where the source shows such
words); changes made inside modules; what another thread does after the comparison (told with the next cell that touches
it).
"""

if __name__ == "__main__":
    raise SystemExit(main())
