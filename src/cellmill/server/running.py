"""Runs of pipelines that browsers asked for: `cellmill pipeline run` in a process of its own, one for each pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.core.pipeline_errors import PipelineFailed
from cellmill.core.project import Project
from cellmill.server.changes import Changes
from cellmill.server.jobs import Command, Job, Jobs
from cellmill.server.workspace import Workspace
from cellmill.wire.pipelines import WirePipelineRun, WireStanding

# Of the items of a loop the first of these counts for the step.
_ORDER = ("running", "failed", "interrupted", "waiting", "not reached", "ok", "unchanged", "left out")


@dataclass
class _Run(Job):
    project: Project
    start: str | None
    notes: list[str] = field(default_factory=list)
    standings: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    """As `--log-json` tells them, by step and key."""

    def hear(self, record: Mapping[str, Any]) -> None:
        event = record.get("event")
        if event == "step":
            items = self.standings.setdefault(record["step"], {})
            if record["key"] != record["step"]:
                items.pop(record["step"], None)  # its list is known by now
            items[record["key"]] = record
        elif event == "failed":
            # That steps failed is seen of the steps, and they say why.
            self.fail(record["message"] if record["kind"] != PipelineFailed.kind else None)
        elif event == "said":
            self.notes.append(str(record["message"]))


class PipelineRuns:
    """Starts the processes, and knows how far they have come."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._runs = Jobs[_Run](log)

    def run_of(self, folder: Path) -> WirePipelineRun | None:
        """Return how the last run of a pipeline stands, None when no browser has asked for one."""
        one = self._runs.of(folder)
        if one is None:
            return None
        return WirePipelineRun(
            stage=one.stage,
            is_cancelled=one.is_cancelled,
            start=one.start,
            started_ms=one.started_ms,
            ended_ms=one.ended_ms,
            steps=[self._standing(step, items, one.project) for step, items in one.standings.items()],
            message=one.message,
            notes=one.notes,
        )

    def run(self, folder: Path, start: str | None) -> bool:
        """Begin `cellmill pipeline run`. Returns False where the pipeline is run already: then nothing is begun."""
        if self._runs.is_running(folder):
            return False
        project = self._workspace.watch_of(folder).project
        words = ["pipeline", "run", str(folder), "--log-json", "--json", "--attended"]
        words += ["--from", start] if start is not None else []
        command = Command(words, project.root, project=project, insist=True)
        self._runs.begin(folder, _Run(project, start), command, lambda: self._changes.tell("pipelines"))
        return True

    def cancel(self, folder: Path) -> None:
        """Tell what is under way to end."""
        self._runs.cancel(folder)

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
