"""A pipeline as a tree: each step under the last of those that it comes after."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from cellmill.core.pipeline_runs import PipelineRun, Planned, StepRecord, StepStanding
from cellmill.core.pipelines import Pipeline, PipelineStep
from cellmill.core.words import count

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from cellmill.cli.attempts import Log

SHOWN_ITEMS = 8
_SIGNS = {
    "waiting": ("·", "dim"), "running": ("▶", "cyan"), "ok": ("✓", "green"), "unchanged": ("=", "dim"),
    "failed": ("✗", "red"), "left out": ("–", "dim"), "not reached": ("·", "yellow"), "interrupted": ("!", "yellow"),
}  # fmt: skip


@contextmanager
def live(pipeline: Pipeline, *, silent: bool, log: "Log") -> Iterator[Callable[[PipelineRun], None]]:
    """Give a function that shows a run as it stands: a tree on a terminal, else a line for each change.

    Where a log is wanted it is told there instead, and silence keeps all else away.
    """
    if log.wanted:
        yield _Logged(log)
    elif silent:
        yield lambda run: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.live import Live

        with Live(console=Console(stderr=True), transient=True, auto_refresh=False) as drawn:
            yield lambda run: drawn.update(running_tree(pipeline, run), refresh=True)
    else:
        yield _Lines()


class _Lines:
    def __init__(self) -> None:
        self._told: dict[str, tuple[str, int]] = {}

    def __call__(self, run: PipelineRun) -> None:
        for step in run.steps:
            now = (step.state, step.attempt)
            if step.state != "waiting" and self._told.get(step.key) != now:
                self._told[step.key] = now
                typer.echo(f"{step.key}: {words_of(step)}", err=True)


class _Logged:
    """Tells of each step that stands otherwise than before."""

    def __init__(self, log: "Log") -> None:
        self._log = log
        self._told: dict[str, StepStanding] = {}
        self._said: set[str] = set()

    def __call__(self, run: PipelineRun) -> None:
        if not self._told:
            self._log.tell("started", pipeline=run.pipeline, run=run.run)
        for step in run.steps:
            if self._told.get(step.key) != step:
                self._told[step.key] = step
                self._log.tell("step", **_facts(step))
        for words in run.words:
            if words not in self._said:
                self._said.add(words)
                self._log.tell("said", message=words)
        if run.ended_ms is not None:
            self._log.tell("ended", seconds=(run.ended_ms - run.started_ms) / 1000)


def _facts(step: StepStanding) -> dict[str, Any]:
    facts = {"key": step.key, "step": step.step, "state": step.state, "why": step.why, "attempt": step.attempt}
    cells = {"done": step.done, "of": step.total, "seconds": step.seconds}
    return {**facts, **cells, "output": step.output, "error": step.error}


def words_of(step: StepStanding) -> str:
    """Return how a step stands, in words."""
    why = "; ".join(step.why)
    again = f", attempt {step.attempt}" if step.attempt > 1 else ""
    if step.state == "running":
        return f"runs{again}: {why}"
    took = f" in {step.seconds:.1f} s" if step.seconds is not None else ""
    state = {"ok": "done", "not reached": "not reached"}.get(step.state, step.state)
    return f"{state}{took}{again}" if step.state in ("ok", "failed", "interrupted") or not why else f"{state}: {why}"


def running_tree(pipeline: Pipeline, run: PipelineRun) -> "Tree":
    """Return the tree of a run that goes on."""
    from rich.text import Text

    by_step: dict[str, list[StepStanding]] = {}
    for standing in run.steps:
        by_step.setdefault(standing.step, []).append(standing)

    def of(step: PipelineStep) -> "tuple[Text, list[Text]]":
        found = by_step.get(step.name, [])
        if len(found) == 1 and found[0].key == step.name:
            return _line(step.name, found[0], step), []
        done = sum(one.state in ("ok", "unchanged") for one in found)
        shown = sorted(found, key=lambda one: one.state not in ("running", "failed"))[:SHOWN_ITEMS]
        head = Text.assemble((step.name, "bold"), f"  {done} of {count(len(found), 'item')}", _also(step))
        return head, [_line(one.key, one, None) for one in shown]

    done = sum(one.state not in ("waiting", "running") for one in run.steps)
    return _tree(pipeline, Text(f"{pipeline.name}: {done} of {count(len(run.steps), 'step')}", style="bold"), of)


def planned_tree(pipeline: Pipeline, planned: Sequence[Planned], records: Mapping[str, StepRecord]) -> "Tree":
    """Return the tree of what is there and what would run."""
    from rich.text import Text

    by_step: dict[str, list[Planned]] = {}
    for each in planned:
        by_step.setdefault(each.step, []).append(each)

    def line(name: str, each: Planned, step: PipelineStep | None) -> "Text":
        record = records.get(each.key)
        took = f"  {record.seconds:.1f} s" if record is not None and record.outcome == "ok" else ""
        style = {"runs": "cyan", "may": "yellow"}.get(each.what, "dim")
        return Text.assemble((name, "bold" if step else ""), took, "  ", (each.words, style), _also(step))

    def of(step: PipelineStep) -> "tuple[Text, list[Text]]":
        found = by_step.get(step.name, [])
        if len(found) == 1 and found[0].key == step.name:
            return line(step.name, found[0], step), []
        words = step.for_each.words if step.for_each is not None else ""
        head = Text.assemble((step.name, "bold"), f"  {words}", _also(step))
        return head, [line(each.key, each, None) for each in found[:SHOWN_ITEMS]]

    return _tree(pipeline, Text(pipeline.name, style="bold"), of)


def _tree(pipeline: Pipeline, title: "Text", of: Callable[[PipelineStep], Any]) -> "Tree":
    from rich.tree import Tree

    whole = Tree(title)
    branches: dict[str, Tree] = {}
    for step in pipeline.ordered:
        head, items = of(step)
        branches[step.name] = (branches[step.after[-1]] if step.after else whole).add(head)
        for item in items:
            branches[step.name].add(item)
    return whole


def _line(name: str, one: StepStanding, step: PipelineStep | None) -> "Text":
    from rich.text import Text

    sign, style = _SIGNS[one.state]
    at = f"  cell {one.done} of {one.total}" if one.state == "running" and one.total else ""
    return Text.assemble(
        (f"{sign} ", style), (name, "bold" if step else ""), at, "  ", (words_of(one), style), _also(step)
    )


def _also(step: PipelineStep | None) -> str:
    return f"  (also after {', '.join(step.after[:-1])})" if step is not None and len(step.after) > 1 else ""
