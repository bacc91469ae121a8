"""Runs of pipelines that browsers asked for: `cellmill pipeline run` in a process of its own, one for each pipeline."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.capture.folder import prepare_folder
from cellmill.core.clock import now_ms
from cellmill.core.pipeline_errors import PipelineFailed
from cellmill.core.project import Project
from cellmill.server.changes import Changes
from cellmill.server.following import follow
from cellmill.server.workspace import Workspace
from cellmill.wire.pipelines import Stage, WirePipelineRun, WireStanding

# Of the items of a loop the first of these counts for the step.
_ORDER = ("running", "failed", "interrupted", "waiting", "not reached", "ok", "unchanged", "left out")


@dataclass
class _Run:
    project: Project
    start: str | None
    started_ms: int = field(default_factory=now_ms)
    at_work: "asyncio.Task[None] | None" = None
    cancelled_s: float | None = None
    ended_ms: int | None = None
    failed: bool = False
    message: str | None = None
    notes: list[str] = field(default_factory=list)
    standings: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    """As `--log-json` tells them, by step and key."""

    @property
    def stage(self) -> Stage:
        if self.ended_ms is None:
            return "running"
        if self.cancelled_s is not None:
            return "cancelled"
        return "failed" if self.failed else "ended"

    def take(self, record: Mapping[str, Any]) -> None:
        event = record.get("event")
        if event == "step":
            items = self.standings.setdefault(record["step"], {})
            if record["key"] != record["step"]:
                items.pop(record["step"], None)  # its list is known by now
            items[record["key"]] = record
        elif event == "failed":
            self.failed = True
            # That steps failed is seen of the steps, and they say why.
            self.message = record["message"] if record["kind"] != PipelineFailed.kind else None
        elif event == "said":
            self.notes.append(str(record["message"]))


class PipelineRuns:
    """Starts the processes, and knows how far they have come."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._log = log
        self._runs: dict[Path, _Run] = {}

    def run_of(self, folder: Path) -> WirePipelineRun | None:
        """Return how the last run of a pipeline stands, None when no browser has asked for one."""
        one = self._runs.get(folder)
        if one is None:
            return None
        return WirePipelineRun(
            stage=one.stage,
            start=one.start,
            started_ms=one.started_ms,
            ended_ms=one.ended_ms,
            steps=[self._standing(step, items, one.project) for step, items in one.standings.items()],
            message=one.message,
            notes=one.notes,
        )

    def run(self, folder: Path, start: str | None) -> bool:
        """Begin `cellmill pipeline run`. Returns False where the pipeline is run already: then nothing is begun."""
        before = self._runs.get(folder)
        if before is not None and before.ended_ms is None:
            return False
        one = self._runs[folder] = _Run(self._workspace.watch_of(folder).project, start)
        one.at_work = asyncio.ensure_future(self._work(one, folder))
        return True

    def cancel(self, folder: Path) -> None:
        """Tell what is under way to end."""
        one = self._runs.get(folder)
        if one is not None and one.ended_ms is None and one.cancelled_s is None:
            one.cancelled_s = time.monotonic()

    async def _work(self, one: _Run, folder: Path) -> None:
        words = ["pipeline", "run", str(folder), "--log-json", "--json", "--attended"]
        words += ["--from", one.start] if one.start is not None else []
        self._changes.tell("pipelines")
        try:
            prepare_folder(one.project)  # else the command line would take the pipeline's folder for the project
            ended = await follow(
                words,
                one.project.root,
                cancelled_s=lambda: one.cancelled_s,
                hear=one.take,
                tell=lambda: self._changes.tell("pipelines"),
                insist=True,
            )
            if ended.code != 0 and not one.failed and one.cancelled_s is None:
                one.failed = True
                one.message = ended.words or f"The process ended with {ended.code} and said nothing."
        except Exception as error:  # noqa: BLE001 - whoever looks on must hear of it
            self._log.exception("Cellmill could not run %s", folder)
            one.failed = True
            one.message = f"It could not be started ({type(error).__name__}: {error})."
        finally:
            one.ended_ms = now_ms()
            self._changes.tell("pipelines")

    def _standing(self, step: str, items: Mapping[str, Mapping[str, Any]], project: Project) -> WireStanding:
        by_weight = sorted(items.values(), key=lambda one: _ORDER.index(one["state"]))
        first = by_weight[0]
        of_loop = any(key != step for key in items)
        seconds = [one["seconds"] for one in items.values() if one["seconds"] is not None]
        output = first["output"]
        return WireStanding(
            step=step,
            state=first["state"],
            why=first["why"],
            done=first["done"],
            of=first["of"],
            items=len(items) if of_loop else 0,
            items_done=sum(one["state"] in ("ok", "unchanged") for one in items.values()) if of_loop else 0,
            attempt=first["attempt"],
            seconds=sum(seconds) if seconds else None,
            output=self._workspace.name_of(project.root / output) if output is not None else None,
            error=first["error"],
        )
