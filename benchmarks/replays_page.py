"""The page on replays, made from the results."""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.replays_results import Examined, Replayed
from cellmill.core.verdicts import REPRODUCED

PAGE = Path(__file__).parent.parent / "docs" / "developers" / "replays.md"


def write_page(found: Sequence[Examined], *, most_runs: int) -> None:
    """Write docs/developers/replays.md."""
    runs = [run for one in found for run in one.replayed]
    verdicts = Counter(run.judgement for run in runs).most_common()
    trained = [one for one in found if one.runs]
    lines = [
        _PREFACE.strip(),
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d}: {len(found)} notebooks, of which {len(trained)} had a run in their "
        f"session; {sum(one.executions for one in found)} executions, {sum(one.raised for one in found)} of which "
        f"raised; {sum(one.runs for one in found)} runs; at most {most_runs} a notebook were drawn by the seed, "
        f"and {len(runs)} replayed.",
        "",
        "| what | measured | must reach |",
        "|---|---|---|",
        *_figures(runs),
        "",
        f"Verdicts: {', '.join(f'{count} {name}' for name, count in verdicts)}.",
        "",
        "## Notebooks",
        "",
        "| notebook | cells | executions | raised | runs | replayed | reproduced | median recipe |",
        "|---|---|---|---|---|---|---|---|",
        *(_notebook(one) for one in found),
        "",
        "## Runs that were not reproduced, or not by their recipe alone",
        "",
        "| notebook | execution | model | verdict | steady | reason | figures |",
        "|---|---|---|---|---|---|---|",
        *(_failure(one, run) for one in found for run in one.replayed if is_told(run)),
    ]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def is_told(run: Replayed) -> bool:
    """Whether a run stands in the table of what did not go as it should."""
    return run.judgement not in REPRODUCED or run.needed_all or run.judgement != run.second


def _figures(runs: Sequence[Replayed]) -> Iterable[str]:
    steady = [run for run in runs if run.steady]
    sizes = [run.kept / run.of for run in runs if run.of and run.kept]
    yield _share("runs `exact` or `within tolerance`", runs, _is_reproduced, "95 %")
    yield _share("of the steady ones (seeded, or without chance)", steady, _is_reproduced, "99 %")
    badges = [run for run in runs if _is_reproduced(run)]
    yield _share("badges that hold on a second replay", badges, lambda run: run.second == run.judgement, "99.5 %")
    silent = sum(run.is_silent_miss for run in runs)
    yield f"| recipes that silently miss a dependency | {silent} | 0 |"
    yield f"| recipes that needed all executions | {sum(run.needed_all for run in runs)} | |"
    tidy = [run for run in runs if _is_reproduced(run)]
    yield _share("reproduced as laid out, imports and parameters first", tidy, lambda run: run.layout == "tidy", "")
    if sizes:
        yield f"| recipe against all executions until then, median | {statistics.median(sizes):.0%} | |"


def _is_reproduced(run: Replayed) -> bool:
    return run.judgement in REPRODUCED


def _share(what: str, runs: Sequence[Replayed], holds: Callable[[Replayed], bool], target: str) -> str:
    right = sum(holds(run) for run in runs)
    share = f"{right / len(runs):.1%}" if runs else "none"
    return f"| {what} | {share} ({right} of {len(runs)}) | {target} |"


def _notebook(one: Examined) -> str:
    sizes = [run.kept / run.of for run in one.replayed if run.of and run.kept]
    cells = [
        one.notebook + (f" ({one.cut})" if one.cut else ""),
        one.cells,
        one.executions,
        one.raised,
        one.runs,
        len(one.replayed),
        sum(_is_reproduced(run) for run in one.replayed),
        f"{statistics.median(sizes):.0%}" if sizes else "",
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _failure(one: Examined, run: Replayed) -> str:
    verdict = run.judgement if run.judgement == run.second else f"{run.judgement}, then {run.second}"
    reason = "needed all executions" if run.needed_all else run.reason or ""
    figures = "; ".join(run.figures[:2])
    cells = [
        one.notebook,
        run.number,
        run.model_class,
        verdict,
        "yes" if run.steady else "no",
        _plain(reason),
        _plain(figures),
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")[:240]


_PREFACE = """
# Replays of real notebooks

Can runs be made again that came about as work in a notebook does? This page is made by
`python -m benchmarks.replays --write`. Each notebook of the bank that is kept for development is executed in an order
that a seed scrambles ([`benchmarks/scramble.py`](../../benchmarks/scramble.py)): mostly forward, with cells run again,
numbers edited and changed back, cells skipped and caught up on, jumps, and cells that raised tried again. Every session
is captured in a real kernel, in a copy of the notebook's repository; nothing in a notebook is made smaller. Notebooks
whose libraries are gone run on those of 2022.

Then the runs are replayed, each twice, without network and without what the kernel knew. Metrics on training data have
all the time they need in both, so that the machine's load does not decide how many there are. A run is *steady* when a
second kernel that goes through the very same session ends with the same figures: no chance is in it, and what hinders
its replay is a fault of the recipe or of the replay. A recipe *silently misses a dependency* when its replay differs or
fails, and the verdict names no cause in the world outside (data or packages that changed, a network, an interrupted
cell). It *needed all executions* when only the whole session up to then made the run again: that is told, and costs.
"""
