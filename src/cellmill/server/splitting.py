"""Splits of notebooks that browsers asked for: `cellmill split` in a process of its own, one for each notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cellmill.core.errors import NotebookError
from cellmill.core.step_errors import SplitRefused
from cellmill.notebook.plain import read_plain
from cellmill.pipeline.plan import source_digest
from cellmill.server.changes import Changes
from cellmill.server.following import Ended
from cellmill.server.jobs import Command, Job, Jobs
from cellmill.server.workspace import Workspace
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
class _Split(Job):
    kind: Literal["look", "make"]
    name: str
    digest: str
    pipeline: Path
    """The folder that is written, where the steps come to the same."""
    plan: WireSplitPlan | None = None
    words: str | None = None
    done: int = 0
    of: int = 0
    reasons: list[str] = field(default_factory=list)
    compared: int | None = None
    """The values that were the same, None where nothing was written."""
    notes: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path | None:
        """The pipeline that was written."""
        return self.pipeline if self.compared is not None else None

    def hear(self, record: Mapping[str, Any]) -> None:
        if record.get("event") == "progress":
            self.words, self.done, self.of = record["what"], record["done"], record["of"]
        elif record.get("kind") == SplitRefused.kind:
            self.fail(None)  # the reasons in its answer say why
        else:
            super().hear(record)

    def take(self, ended: Ended) -> None:
        answer = ended.answer
        self.reasons = list(answer.get("reasons", ()))
        if self.reasons:
            self.fail(self.message)
        if "borders" in answer:
            self.plan = _plan(answer)
        if answer.get("split"):
            self.compared = answer["compared"]
            self.notes = list(answer["notes"])


class Splits:
    """Starts the processes, and knows how far they have come."""

    def __init__(self, workspace: Workspace, changes: Changes, log: Any) -> None:
        self._workspace = workspace
        self._changes = changes
        self._splits = Jobs[_Split](log)

    def split_of(self, notebook: str) -> WireSplit | None:
        """Return how the last split of a notebook stands, None when no browser has asked for one."""
        one = self._splits.of(self._workspace.path_of(notebook))
        if one is None:
            return None
        return WireSplit(
            kind=one.kind,
            stage=one.stage,
            is_cancelled=one.is_cancelled,
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
        if self._splits.is_running(path):
            return None
        try:
            # Of the code alone: JupyterLab saves other things when it likes, and text may be mended meanwhile.
            digest = source_digest(read_plain(path))
        except NotebookError as error:
            return str(error)
        before = self._splits.of(path)
        plan = before.plan if before is not None and before.digest == digest else None
        if at is not None and plan is None:
            return "The notebook was changed since its steps were proposed. Look at it again."
        words = ["split", str(path), "--name", name, "--json", "--log-json", "--attended"]
        words += ["--plan"] if at is None else [word for each in at for word in ("--at", str(each))]
        words += ["--network"] if network else []
        project = self._workspace.watch_of(path).project
        one = _Split("look" if at is None else "make", name, digest, project.root / "pipelines" / name, plan)
        # What is said names files as from the project's root.
        command = Command(words, project.root, project=project)
        self._splits.begin(path, one, command, lambda: self._tell(path, one))
        return None

    def cancel(self, notebook: str) -> None:
        """Tell what is under way to end."""
        self._splits.cancel(self._workspace.path_of(notebook))

    def _tell(self, path: Path, one: _Split) -> None:
        self._changes.tell("splits", self._workspace.name_of(path))
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
