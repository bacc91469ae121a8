"""The page on replays, made from the results."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.replays_results import Examined, Replayed
from cellmill.core.verdicts import REPRODUCED

PAGE = Path(__file__).parent.parent / "docs" / "developers" / "replays.md"


def write_page(found: Sequence[Examined], *, most_runs: int, slices: Path | None, peers: Path | None) -> None:
    """Write docs/developers/replays.md."""
    seeds = sorted({one.seed for one in found})
    runs = [run for one in found for run in one.replayed]
    verdicts = Counter(run.judgement for run in runs).most_common()
    trained = [one for one in found if one.runs]
    lines = [
        _PREFACE.strip(),
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d}: {len({one.notebook for one in found})} notebooks in {len(found)} "
        f"sessions (seeds {', '.join(map(str, seeds))}), {len(trained)} of which had a run; "
        f"{sum(one.executions for one in found)} executions, {sum(one.raised for one in found)} of which raised; "
        f"{sum(one.runs for one in found)} runs; at most {most_runs} a session were drawn by the seed, "
        f"and {len(runs)} replayed.",
        "",
        "| what | measured | must reach |",
        "|---|---|---|",
        *_figures(runs),
        "",
        f"Verdicts: {', '.join(f'{count} {name}' for name, count in verdicts)}.",
        "",
        *(_slices(slices) if slices is not None else ()),
        *(_peers(peers) if peers is not None else ()),
        _LEFT_OUT.strip(),
        "",
        "## Notebooks",
        "",
        "| notebook | seed | cells | executions | raised | runs | replayed | reproduced | median recipe |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_notebook(one) for one in found),
        "",
        "## Runs that were not reproduced, or not by their recipe alone",
        "",
        *(_table_of_failures(found) or ["None."]),
    ]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _table_of_failures(found: Sequence[Examined]) -> list[str]:
    rows = [_failure(one, run) for one in found for run in one.replayed if is_told(run)]
    head = [
        "| notebook | execution | model | verdict | steady | reason | figures |",
        "|---|---|---|---|---|---|---|",
    ]
    return [*head, *rows] if rows else []


def _slices(path: Path) -> Iterable[str]:
    """Give the section on recipes beside the slices that a reader found."""
    known = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    ratios = [len(one["recipe"]) / len(one["slice"]) for one in known]
    yield from (_READER.strip(), "")
    median = statistics.median(ratios)
    yield f"Median {median:.2f} of the reader's slice, at most 1.2 asked; the longest {max(ratios):.2f}."
    yield from ("", "| session | executions | reader | recipe | ratio | beyond | without | replay |")
    yield "|---|---|---|---|---|---|---|---|"
    for one, ratio in zip(known, ratios, strict=True):
        beyond, without = (
            sorted(set(a) - set(b)) for a, b in ((one["recipe"], one["slice"]), (one["slice"], one["recipe"]))
        )
        cells = [one["name"], one["executions"], len(one["slice"]), len(one["recipe"]), f"{ratio:.2f}"]
        cells += [", ".join(map(str, numbers)) for numbers in (beyond, without)]
        yield f"| {' | '.join(str(cell) for cell in [*cells, one['judgement']])} |"
    yield ""


def _peers(path: Path) -> Iterable[str]:
    """Give what came of the same sessions sliced by the kernels that follow data flow."""
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    verdicts = ("same", "silently wrong", "raises", "no slice", "session fails")
    yield from (PEERS_INTRODUCTION.strip(), "")
    yield f"| peer | {' | '.join(verdicts)} |"
    yield "|---" * (len(verdicts) + 1) + "|"
    for peer in dict.fromkeys(one["peer"] for one in found):
        counts = Counter(one["verdict"] for one in found if one["peer"] == peer)
        yield f"| {peer} | {' | '.join(str(counts[verdict]) for verdict in verdicts)} |"
    wrong = [one for one in found if one["verdict"] == "silently wrong"]
    yield ""
    yield from (f"- {one['peer']}, {one['session']}: {one['said']}" for one in wrong)
    yield ""


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
        one.seed,
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


_READER = """
## Recipes beside a reader's slice

Ten small sessions (`benchmarks/minimal_notebooks.py`), each with the executions that its last run needs as found by
reading them, written down before any recipe of them had been made: `python -m benchmarks.minimal_slices`. Longer are
recipes where only running tells that a change made no difference: a column that is dropped and not used, a method
of an object that was made of the data and might hold on to it, a plot that draws predictions.
"""

_LEFT_OUT = """
## What is not in these figures

- Of a session at most so many runs as said above, drawn by the seed: a loop may train hundreds. The others were not
  replayed.
- Trials of a search are replayed as part of their search, not each for itself.
- Ten of the bank's 37 notebooks hold no training at all: there is nothing to replay, and they were not run for this.
  Those that hold one and whose session has no run nevertheless stand in the table: what they fit are
  transformers, or their fit raised in this order.
- A seed after the first was run over the notebooks that had runs under the first, the quicker ones first, as long as
  there was time.
- Nothing is left out for its verdict. Notebooks that do not give the same figures when they are simply run twice
  (unseeded draws, times) are in: the random state of `random`, numpy and torch is recorded, and restored.
- None of these sessions needed a GPU, the network or a keyboard for what it trained.
- What raised in the scrambled order is an execution as any other; a run that was interrupted by the limit on a cell
  (120 s) or on a session (300 s) is replayed as far as it can be, and `cannot` counts as not reproduced.
"""

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

PEERS_INTRODUCTION = """\
The same sessions in the kernels that follow data flow, in their own environments (`python -m benchmarks.slice_peers`):
the peer is asked for the code behind the last score, and the code is run in a bare kernel. A slice that runs and gives
another score is silently wrong. Ours stand above: each was replayed and compared.
"""
