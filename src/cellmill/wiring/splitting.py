"""A notebook made a pipeline: proposed, run beside the whole, mended where they differ, and written only when equal."""

import hashlib
import os
import platform
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cellmill._version import __version__
from cellmill.capture.folder import prepare_folder
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.pipeline_errors import PipelineExists
from cellmill.core.pipelines import DOCUMENT, Pipeline, PipelineStep, is_name
from cellmill.core.ports import Kernels, Progress
from cellmill.core.step_errors import BadBorder, BadStepName, SplitRefused
from cellmill.core.steps import MOST_CROSSING_BYTES
from cellmill.core.words import count, shown_path
from cellmill.notebook.plain import as_bytes, read_plain
from cellmill.notebook.steps import file_name
from cellmill.pipeline.document import text_of
from cellmill.pipeline.split import Border, Proposal, ProposedStep, Splitter
from cellmill.replay.judge import why_it_failed
from cellmill.replay.outcomes import Difference, Outcome
from cellmill.wiring.drafts import Draft, Origin
from cellmill.wiring.outcomes import Conditions, Part, run_parts, whole
from cellmill.wiring.projects import project_of
from cellmill.wiring.split_proof import Proof, without_later_metrics
from cellmill.wiring.splittable import Splittable, look_into

MOST_TRIES = 12
MOST_NAMED = 6
LONGEST_LINE = 120
NOTEBOOK_MODE, FOLDER_MODE = 0o644, 0o755
_ORDER = (
    "Otherwise for each PYTHONHASHSEED, of which `cellmill pipeline run` and exports give one to all steps (so must "
    "whoever else runs them): {}."
)
# By the code that reads it, or by a pickle that holds an object of its class.
_MISSING = re.compile(r"name '(\w+)' is not defined|Can't get attribute '(\w+)' on <module '__main__'")

Told = Callable[[str, Progress | None], None]


@dataclass(frozen=True)
class SplitMade:
    """A pipeline that was written, and comes to the same as the notebook."""

    folder: Path
    source: Path
    steps: tuple[ProposedStep, ...]
    compared: int
    notes: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class CellShown:
    """A code cell, for people who move borders. `id` is its own in the notebook, None in an old one."""

    number: int
    id: str | None
    first_line: str
    heading: str | None
    trains: bool
    seconds: float


@dataclass
class _Search:
    """What has been learned of a notebook while splits of it were tried."""

    carried: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)
    without: set[int] = field(default_factory=set)
    told: list[str] = field(default_factory=list)


class Splitting:
    """Splits one notebook. First `look`, then `propose`, then `make`."""

    def __init__(self, notebook: Path, name: str, kernels: Kernels, conditions: Conditions, *, told: Told) -> None:
        """`told` hears what is being done. Raises `NotebookError`, `BadStepName`, `PipelineExists`."""
        self._path = notebook.resolve()
        self._shown = shown_path(self._path)
        self._document = read_plain(notebook)
        self._content = self._path.read_bytes()
        if not is_name(name):
            raise BadStepName(name)
        self._project = project_of(self._path)
        self.folder = self._project.root / "pipelines" / name
        if self.folder.exists():
            raise PipelineExists(shown_path(self.folder))
        self._name = name
        self._kernels = kernels
        self._conditions = conditions
        self.told = told
        self._seen: Splittable | None = None
        self._origin = Origin(self._document, self._path, self._project, name)
        self._search = _Search()

    def look(self) -> None:
        """Run the notebook, twice. Raises `SplitRefused` where it does not come to its end."""
        self.told("the whole notebook", None)
        seen = look_into(
            self._document,
            self._path,
            self._project,
            self._kernels,
            self._conditions,
            progress=lambda now: self.told("the whole notebook", now),
        )
        if seen.outcome.stopped is not None and seen.outcome.error is not None:
            why = why_it_failed(seen.outcome.error, installed={}, allowed_network=self._conditions.network)
            why = why.replace("replay with --network", "split with --network").replace(
                ", or replay with --rebuild-env", ""
            )
            raise SplitRefused(
                self._shown,
                reasons=(f"Run whole from a clean kernel, it stops in cell {seen.outcome.stopped}: {why}.",),
            )
        self._seen = seen
        self._search.apart = set(self._origin.movable(seen))

    def propose(self, at: Sequence[str] | None = None) -> Proposal:
        """Return the split that is tried first: with borders `at` these cells or headings where they are said.

        Raises `SplitRefused`, `BadBorder`.
        """
        self._at = None if at is None else [self._border(each) for each in at]
        proposal = self._splitter().propose(self._at)
        if len(proposal.steps) < 2:
            raise SplitRefused(self._shown, reasons=proposal.notes)
        return proposal

    def cells(self) -> tuple[CellShown, ...]:
        """Return the code cells. Before `look` has come to its end there are none."""
        found: list[CellShown] = []
        for cell, position in zip(self._seen.cells, self._seen.positions, strict=True) if self._seen else ():
            raw = self._document["cells"][position]
            lines = [line for line in raw["source"].splitlines() if line.strip()]
            # What a cell does says more than what is written above it.
            line = next((line for line in lines if not line.lstrip().startswith("#")), lines[0] if lines else "")
            heading = cell.heading[1] if cell.heading is not None else None
            facts = (line.strip()[:LONGEST_LINE], heading, cell.trains, cell.seconds)
            found.append(CellShown(len(found) + 1, raw.get("id"), *facts))
        return tuple(found)

    def borders(self) -> tuple[Border, ...]:
        """Return every place for a border, what would cross there, and why none can stand. As `cells`."""
        return self._splitter().borders() if self._seen is not None else ()

    def make(self) -> SplitMade:
        """Try splits until one comes to the same as the whole, and write it. Raises `SplitRefused`."""
        seen, search = self._whole, self._search
        proof = Proof(seen, self._run, whole(self._document, self._path), lambda words: self.told(words, None))
        reasons: tuple[str, ...] = ()
        for _ in range(MOST_TRIES):
            proposal = self._splitter().propose(self._at, without=search.without)
            if len(proposal.steps) < 2:
                raise SplitRefused(self._shown, reasons=tuple(search.told) or proposal.notes or reasons)
            draft = self._origin.draft(proposal, self._splitter(), seen, search.apart)
            words = f"{count(len(proposal.steps), 'step')} beside the whole"
            outcome, _ = run_parts(
                draft.parts,
                self._project,
                self._kernels,
                self._conditions,
                progress=lambda now, words=words: self.told(words, now),  # type: ignore[misc]
            )
            expected = without_later_metrics(seen.outcome, outcome)
            unlike, swaying = proof.compare(expected, outcome)
            ordered, how = frozenset[str](), ""
            if not unlike:
                how = " with sets in another order"
                outcome, unlike, ordered = proof.reorder(draft, outcome, swaying)
            if not unlike:
                return self._write(draft, proposal, expected, outcome, swaying, ordered)
            reasons = tuple(_differs(each) for each in unlike[:3])
            self._mend(proposal, outcome, unlike, how=how)
        raise SplitRefused(self._shown, reasons=reasons)

    def _run(self, parts: Sequence[Part]) -> Outcome:
        return run_parts(parts, self._project, self._kernels, self._conditions)[0]

    @property
    def _whole(self) -> Splittable:
        assert self._seen is not None, "look() comes first"
        return self._seen

    def _splitter(self) -> Splitter:
        seen, search = self._whole, self._search
        return Splitter(
            seen.cells, seen.crossings, carried=search.carried, apart=search.apart, most_bytes=MOST_CROSSING_BYTES
        )

    def _border(self, given: str) -> int:
        cells = self._whole.cells
        if given.strip().isdigit():
            number = int(given)
            if not 2 <= number <= len(cells):
                raise BadBorder(given, reason=f"a border stands before one of the code cells 2 to {len(cells)}")
            return number
        for number, cell in enumerate(cells, 1):
            if cell.heading is not None and cell.heading[1].casefold().startswith(given.strip().casefold()):
                if number == 1:
                    raise BadBorder(given, reason="there is nothing before it")
                return number
        known = ", ".join(repr(cell.heading[1]) for cell in cells[1:] if cell.heading is not None) or "none"
        raise BadBorder(given, reason=f"no heading before a code cell begins so (there are: {known})")

    def _mend(self, proposal: Proposal, outcome: Outcome, unlike: Sequence[Difference], *, how: str) -> None:
        """Let more cross, or take a border away, so that the next try is another one."""
        search = self._search
        borders = [step.first for step in proposal.steps[1:]]
        names = {match[1] for each in unlike if (match := re.fullmatch(r"`(\w+)`", each.what))}
        if outcome.error is not None and (missing := _MISSING.search(outcome.error.message)):
            names.add(missing[1] or missing[2])
        kept = names & search.apart
        search.apart -= kept
        splitter = self._splitter()
        more = {
            name
            for name in names - search.carried
            for border in borders
            if name in self._whole.crossings[border - 1].names and name not in splitter.names_at(border)
        }
        if more or kept:
            search.carried |= more
            return
        # What does not survive a crossing survives none: every border that it crosses goes at once.
        crossed = (
            {border for border in borders if names & splitter.names_at(border)} if outcome.error is None else set()
        )
        border = min(crossed, default=0) or self._guilty(borders, proposal, outcome, unlike)
        search.without |= crossed | {border}
        differs = _differs(unlike[0])
        search.told.append(f"A border before cell {border} was tried{how}, and {differs[0].lower()}{differs[1:]}")
        if self._at is not None:
            self._at = [each for each in self._at if each not in search.without]

    def _guilty(
        self, borders: Sequence[int], proposal: Proposal, outcome: Outcome, unlike: Sequence[Difference]
    ) -> int:
        """Return the border that most likely makes the difference."""
        cell = None
        if outcome.stopped is not None:
            cell = outcome.stopped
            step = next(each for each in proposal.steps if each.first <= cell <= each.last)
            is_at_end = outcome.error is not None and outcome.error.type in (
                "CannotCross",
                "TooLargeToCross",
                "NotGiven",
            )
            if is_at_end and step.last + 1 in borders:
                return step.last + 1
        for each in unlike:
            if cell is not None:
                break
            if match := re.fullmatch(r"(?:what|the picture of) cell (\d+)(?: shows)?", each.what):
                cell = int(match[1])
            elif match := re.fullmatch(r"`(\w+)`", each.what):
                name = match[1]
                using = [
                    number
                    for number, one in enumerate(self._whole.cells, 1)
                    if name in one.leaning.reads or name in one.leaning.binds
                ]
                cell = using[-1] if using else None
        before = [border for border in borders if cell is None or border <= cell]
        return before[-1] if before else borders[0]

    def _write(
        self,
        draft: Draft,
        proposal: Proposal,
        expected: Outcome,
        outcome: Outcome,
        swaying: tuple[str, ...],
        ordered: frozenset[str],
    ) -> SplitMade:
        unread = tuple(name for name, (digest, _) in expected.values.items() if digest is None)
        compared = expected.size - len(swaying) - len(unread)
        if compared <= 0:
            raise SplitRefused(
                self._shown,
                reasons=("Nothing of it can be compared, so no split could be shown to give the same results.",),
            )
        if self._path.read_bytes() != self._content:
            raise SplitRefused(self._shown, reasons=("It was saved by somebody else in the meantime: split it again.",))
        notes = [*proposal.notes, *self._search.told]
        if swaying:
            notes.append(f"Not compared, for two runs of the whole notebook differ in it too: {_named(swaying)}.")
        sets = {name for step in proposal.steps[1:] for name in self._splitter().sets_at(step.first)}
        if sets or ordered:
            things = [
                *(f"`{name}`" for name in sorted(sets)),
                *sorted(ordered.difference(f"`{name}`" for name in sets)),
            ]
            notes.append(_ORDER.format(_named(things)))
        if unread:
            notes.append(f"Not compared, for it cannot be read: {_named([f'`{name}`' for name in unread])}.")
        verified: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "with": f"cellmill {__version__}, Python {platform.python_version()}",
            "notebook_sha256": hashlib.sha256(self._content).hexdigest(),
            "compared": compared,
        }
        if swaying or unread:
            verified["not_compared"] = [*swaying, *(f"`{name}`" for name in unread)]
        files = [file_name(i, step.name, len(proposal.steps)) for i, step in enumerate(proposal.steps, 1)]
        used = draft.files(self._whole, expected, outcome)
        pipeline = Pipeline(
            name=self._name,
            steps=tuple(
                PipelineStep(
                    name=step.name,
                    notebook=files[i],
                    after=(proposal.steps[i - 1].name,) if i else (),
                    reads=used[i].reads,
                    writes=used[i].writes,
                )
                for i, step in enumerate(proposal.steps)
            ),
            source=self._project.relative(str(self._path)),
            verified=verified,
        )
        self._put(pipeline, dict(zip(files, draft.parts, strict=True)))
        return SplitMade(self.folder, self._path, proposal.steps, compared, tuple(notes), (DOCUMENT, *files))

    def _put(self, pipeline: Pipeline, parts: dict[str, Any]) -> None:
        """Write the folder whole, under its name only when nothing of it is missing."""
        prepare_folder(self._project)  # a folder that nothing marked is a project from now on, also for the steps
        make_folder(self.folder.parent, mode=FOLDER_MODE)
        made = self.folder.with_name(f".{self._name}.{os.getpid()}.{os.urandom(4).hex()}")
        make_folder(made, mode=FOLDER_MODE)
        try:
            for name, part in parts.items():
                write_atomically(made / name, as_bytes(dict(part.document)), mode=NOTEBOOK_MODE)
            write_atomically(made / DOCUMENT, text_of(pipeline).encode(), mode=NOTEBOOK_MODE)
            if self.folder.exists():
                raise PipelineExists(shown_path(self.folder))
            made.rename(self.folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise


def _differs(one: Difference) -> str:
    return f"In the pipeline {one.what} is {one.after}, and in the whole notebook {one.before}."


def _named(things: Sequence[str]) -> str:
    return ", ".join(things[:MOST_NAMED]) + (", …" if len(things) > MOST_NAMED else "")
