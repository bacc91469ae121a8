"""Splits of notebooks that browsers asked for: `cellmill split` in a process of its own, one for each notebook."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cellmill.capture.folder import prepare_folder
from cellmill.core.clock import now_ms
from cellmill.core.errors import NotebookError
from cellmill.notebook.plain import read_plain
from cellmill.pipeline.plan import source_digest
from cellmill.server.changes import Changes
from cellmill.server.following import Ended, follow
from cellmill.server.workspace import Workspace
from cellmill.wire.pipelines import Stage
from cellmill.wire.splits import (
    WireBorder,
    WireCell,
    WireCrossing,
    WireProposedStep,
    WireSplit,
    WireSplitPlan,
)

MOST_NAMES = 100


@dataclass
class _Split:
    kind: Literal["look", "make"]
    name: str
    digest: str
    plan: WireSplitPlan | None = None
    started_ms: int = field(default_factory=now_ms)
    at_work: "asyncio.Task[None] | None" = None
    cancelled_s: float | None = None
    ended_ms: int | None = None
    words: str | None = None
    done: int = 0
    of: int = 0
    message: str | None = None
    reasons: list[str] = field(default_factory=list)
    folder: Path | None = None
    compared: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        if self.ended_ms is None:
            return "running"
        if self.cancelled_s is not None:
            return "cancelled"
        return "failed" if self.message is not None or self.reasons else "ended"

    def hear(self, record: Mapping[str, Any]) -> None:
        event = record.get("event")
        if event == "progress":
            self.words, self.done, self.of = record["what"], record["done"], record["of"]
        elif event == "failed":
            self.message = record["message"]

    def take(self, ended: Ended, folder: Path) -> None:
        answer = ended.answer
        self.reasons = list(answer.get("reasons", ()))
        if "borders" in answer:
            self.plan = _plan(answer)
        if answer.get("split"):
            self.folder = folder
            self.compared = answer["compared"]
            self.notes = list(answer["notes"])
        if ended.code != 0 and self.message is None and not self.reasons and self.cancelled_s is None:
            self.message = ended.words or f"The process ended with {ended.code} and said nothing."


class Splits:
    """Starts the processes, and knows how far they have come."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._log = log
        self._splits: dict[Path, _Split] = {}

    def split_of(self, notebook: str) -> WireSplit | None:
        """Return how the last split of a notebook stands, None when no browser has asked for one."""
        one = self._splits.get(self._workspace.path_of(notebook))
        if one is None:
            return None
        return WireSplit(
            kind=one.kind,
            stage=one.stage,
            name=one.name,
            started_ms=one.started_ms,
            ended_ms=one.ended_ms,
            words=one.words,
            done=one.done,
            of=one.of,
            message=one.message,
            reasons=one.reasons,
            plan=one.plan,
            folder=self._workspace.name_of(one.folder) if one.folder is not None else None,
            compared=one.compared,
            notes=one.notes,
        )

    def begin(self, notebook: str, name: str, at: Sequence[int] | None, *, network: bool) -> str | None:
        """Begin to look (`at` None) or to make. Where something is under way with the notebook, nothing is begun.

        Returns why it cannot be begun, None where it can.
        """
        path = self._workspace.path_of(notebook)
        before = self._splits.get(path)
        if before is not None and before.ended_ms is None:
            return None
        try:
            # Of the code alone: JupyterLab saves other things when it likes, and text may be mended meanwhile.
            digest = source_digest(read_plain(path))
        except NotebookError as error:
            return str(error)
        plan = before.plan if before is not None and before.digest == digest else None
        if at is not None and plan is None:
            return "The notebook was changed since its steps were proposed. Look at it again."
        one = self._splits[path] = _Split("look" if at is None else "make", name, digest, plan)
        words = ["split", str(path), "--name", name, "--json", "--log-json", "--attended"]
        words += ["--plan"] if at is None else [word for each in at for word in ("--at", str(each))]
        words += ["--network"] if network else []
        one.at_work = asyncio.ensure_future(self._work(one, path, words))
        return None

    def cancel(self, notebook: str) -> None:
        """Tell what is under way to end."""
        one = self._splits.get(self._workspace.path_of(notebook))
        if one is not None and one.ended_ms is None and one.cancelled_s is None:
            one.cancelled_s = time.monotonic()

    async def _work(self, one: _Split, path: Path, words: list[str]) -> None:
        name = self._workspace.name_of(path)
        project = self._workspace.watch_of(path).project
        self._changes.tell("splits", name)
        try:
            prepare_folder(project)  # else the command line would take the notebook's folder for the project
            ended = await follow(
                words,
                project.root,  # what is said names files as from there
                cancelled_s=lambda: one.cancelled_s,
                hear=one.hear,
                tell=lambda: self._changes.tell("splits", name),
            )
            one.take(ended, project.root / "pipelines" / one.name)
        except Exception as error:  # noqa: BLE001 - whoever looks on must hear of it
            self._log.exception("Cellmill could not split %s", path)
            one.message = f"It could not be started ({type(error).__name__}: {error})."
        finally:
            one.ended_ms = now_ms()
            self._changes.tell("splits", name)
            if one.folder is not None:
                self._changes.tell("pipelines")


def _plan(answer: Mapping[str, Any]) -> WireSplitPlan:
    return WireSplitPlan(
        cells=[WireCell.model_validate(cell) for cell in answer["cells"]],
        borders=[
            WireBorder(
                number=border["number"],
                reason=border["reason"],
                names=[WireCrossing.model_validate(each) for each in border["names"][:MOST_NAMES]],
                bytes=border["bytes"],
            )
            for border in answer["borders"]
        ],
        steps=[WireProposedStep(name=step["name"], first=step["first_cell"]) for step in answer.get("steps", ())],
        notes=list(answer.get("notes", ())),
    )
