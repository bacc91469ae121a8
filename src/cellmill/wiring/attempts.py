"""One replay: a recipe run from a clean kernel in a scratch folder, its figures set beside the record."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.capture.blobs import blob_path
from cellmill.capture.folder import prepare_folder
from cellmill.capture.hosting import engine_environment
from cellmill.capture.sessions import SessionReader
from cellmill.core.errors import CellTimedOut, KernelDied
from cellmill.core.event_parts import Failure
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.ids import ExecutionId, new_session_id
from cellmill.core.ports import Kernels, LiveKernel, Progress
from cellmill.core.project import Project
from cellmill.core.recipes import Recipe, Section
from cellmill.core.runs import Execution, Run, Session
from cellmill.core.verdicts import TOLERANCE, Figure, Layout
from cellmill.core.words import in_line
from cellmill.executors.asking import ask
from cellmill.executors.ends import end_of
from cellmill.executors.scratch import Scratch, scratch
from cellmill.notebook.plain import as_bytes
from cellmill.notebook.recipes import recipe_notebook
from cellmill.replay.judge import LONGEST_MESSAGE, Learned, Predictions, set_side_by_side, unlike_outputs, why_it_failed
from cellmill.replay.layout import lay_out
from cellmill.replay.recipe import read_from_outside, without_modules
from cellmill.wiring.confined import REPLAYING, NotConfined, confine, inherited_environment, scratch_environment
from cellmill.wiring.environments import try_own_interpreter
from cellmill.wiring.hindrances import Versions
from cellmill.wiring.laid_modules import LAID_OUT, NOT_KEPT, Modules, other_module

LEAST_PATIENCE_S, PATIENCE_SHARE = 60.0, 10
_STATES_GONE = "Recorded random states are no longer there, so that they were not restored."
GIVEN = "It was given files that came while the session ran, and that no cell is known to have written"
_NOT_RESTORED = "Random state that was recorded could not be restored ({})."
_NOT_ALL = "The project has so many files that not all were there: {} was missing, and what comes after it."
_MAKING = re.compile(r"\bmkdir\b|\bmakedirs\b")


@dataclass(frozen=True)
class Options:
    """How to replay."""

    tolerance: float = TOLERANCE
    network: bool = False
    warm: bool = True
    outputs: bool = False
    times: int = 3
    """How often a run is replayed whose first replay differs: do the replays agree among themselves?"""
    timeout_s: float | None = None
    """For each cell; by default ten times what it took, and at least a minute."""
    kernel: str | None = None
    interpreter: Path | None = None
    """Of an environment made from the run's lock; by default this one."""


@dataclass
class Attempt:
    """What came of one replay."""

    figures: tuple[Figure, ...] = ()
    problem: str | None = None
    parted: int | None = None
    notes: list[str] = field(default_factory=list)
    where: str | None = None
    """What runs, or ran last."""
    missed: tuple[str, ...] = ()
    """Files that came while the session ran, that this replay did not have and did not make."""
    there: Versions | None = None
    """What was installed where it ran; None where its kernel did not come so far."""


class Attempts:
    """Replays recipes of one run, and counts how often.

    `given` are files that came while the session ran, and that replays get though no cell is known to have made them.
    """

    def __init__(
        self,
        project: Project,
        session: Session,
        run: Run,
        kernels: Kernels,
        options: Options,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._project = project
        self._session = session
        self._run = run
        self._kernels = kernels
        self._options = options
        self._progress = progress
        self.count = 0
        self.given: tuple[str, ...] = ()

    def attempt(self, recipe: Recipe, layout: Layout, sections: Sequence[Section] | None = None) -> Attempt:
        """Replay once, as laid out or by these cells."""
        self.count += 1
        sections = sections if sections is not None else lay_out(recipe, tidy=layout == "tidy")
        before = {one.execution.execution for one in recipe.ingredients}
        others = [
            use.path
            for e in without_modules(self._session.executions)
            if e.execution not in before
            for use in e.files
            if use.mode == "written"
        ]
        making = "\n".join(source for one in recipe.ingredients if _MAKING.search(source := one.execution.source))
        with scratch(
            self._project.root,
            inputs=[use.path for use in recipe.inputs],
            written=recipe.outputs,
            left_out=others,
            makes_folder=lambda name: name in making,
            known=read_from_outside(self._session.executions),
            began_ns=self._session.started_ms * 1_000_000,
            copied=self.given,
        ) as place:
            attempt = self._in_scratch(place, recipe, sections)
            attempt.missed = tuple(path for path in place.withheld if not os.path.lexists(place.place_of(path)))
            if place.not_there:
                attempt.notes.append(_NOT_ALL.format(self._project.relative(place.not_there[0])))
        if self.given:
            shown = [self._project.relative(path) or path for path in self.given]
            attempt.notes.append(
                f"{GIVEN}: {', '.join(shown[:4])}{f' and {len(shown) - 4} more' if shown[4:] else ''}."
            )
        return attempt

    def _in_scratch(self, place: Scratch, recipe: Recipe, sections: Sequence[Section]) -> Attempt:
        attempt = Attempt()
        modules = Modules(self._project, place, recipe)
        attempt.notes.extend(modules.lay_out(next(iter(recipe.ingredients), None)))
        interpreter = self._interpreter()
        cwd = place.place_of(recipe.cwd or self._project.root)
        if not cwd.is_relative_to(place.folder):  # too far from the project to have a place: that folder is the user's
            cwd = place.root
        place.unfold(cwd / "recipe.ipynb")  # where it works it may write
        make_folder(cwd)
        inner = Project(place.root)
        prepare_folder(inner)
        write_atomically(inner.settings, _settings())
        document = place.root / "recipe.ipynb"  # by which the kernel finds its project, wherever it works
        write_atomically(document, as_bytes(recipe_notebook(recipe, self._run, sections)))
        identity = new_session_id()
        inherited = inherited_environment(recipe.inherited)
        environment = {**inherited, **scratch_environment(place), **engine_environment(identity, document)}
        ran: dict[ExecutionId, ExecutionId] = {}
        reader = SessionReader(inner, identity)
        try:
            with self._kernels.start(
                notebook=document,
                cwd=cwd,
                kernel=self._options.kernel,
                environment=environment,
                # A fork has the hashes of the process that it was forked from.
                warm=self._options.warm and interpreter is None and "PYTHONHASHSEED" not in inherited,
                interpreter=interpreter,
            ) as kernel:
                if interpreter is not None:  # perhaps no start-up file loads us there
                    kernel.run("%load_ext cellmill", silent=True)
                attempt.problem = self._confine(kernel, place) or self._run_sections(
                    kernel, sections, ran, attempt, modules
                )
                attempt.there = self._versions(kernel)
                reader.poll()
                if (other := other_module(reader, recipe)) is not None:
                    attempt.problem = other
                    attempt.notes = [note for note in attempt.notes if not note.startswith(LAID_OUT)]
                found = self._replayed(reader, ran, recipe)
                if attempt.problem is None and found is None:
                    attempt.problem = "the replay ended, and no training was seen in it"
                if found is not None and attempt.problem is None:
                    models = self._models(kernel, inner, found, attempt)
                    outputs = self._outputs(reader, ran, recipe)
                    attempt.figures = set_side_by_side(
                        self._run, found, models=models, outputs=outputs if self._options.outputs else ()
                    )
                    if any(not figure.same for figure in attempt.figures):
                        attempt.parted = self._parted(reader, ran, recipe, attempt.figures)
        except KernelDied as error:
            where = f" in {attempt.where}" if attempt.where else ""
            attempt.problem = f"its kernel died{where}{f': {error.words}' if error.words else ''}"
        except CellTimedOut as error:
            where = attempt.where or "the comparison"
            attempt.problem = f"{where} took longer than {error.seconds:g} s: allow more with --timeout"
        return attempt

    def _run_sections(
        self,
        kernel: LiveKernel,
        sections: Sequence[Section],
        ran: dict[ExecutionId, ExecutionId],
        attempt: Attempt,
        modules: Modules,
    ) -> str | None:
        for index, section in enumerate(sections):
            one = section.ingredient
            where = f"execution {one.execution.number}" if one is not None else f"cell {index + 1} ({section.kind})"
            attempt.where = where
            if one is not None:
                states = {name: str(blob_path(self._project, digest)) for name, digest in one.random.items()}
                if not all(Path(path).exists() for path in states.values()) and _STATES_GONE not in attempt.notes:
                    attempt.notes.append(_STATES_GONE)
                others = [note for note in attempt.notes if not note.startswith((LAID_OUT, NOT_KEPT))]
                attempt.notes = [*others, *modules.lay_out(one)]
                before = f"{REPLAYING}.before_cell(get_ipython(), {one.execution.number}, {states!r})"
                if (error := kernel.run(before, silent=True).error) is not None:
                    words = _NOT_RESTORED.format(in_line(f"{error.type}: {error.message}", LONGEST_MESSAGE))
                    attempt.notes += [words] if words not in attempt.notes else []
            result = kernel.run(section.source, timeout_s=self._patience(section))
            if one is not None:
                ran[one.execution.execution] = result.execution
            if self._progress is not None:
                self._progress(Progress(index + 1, len(sections)))
            is_as_recorded = one is not None and result.outcome == one.execution.outcome
            has_to_raise = one is not None and one.execution.outcome != "ok"
            end = end_of(result, section.tags) if not is_as_recorded else None
            if is_as_recorded or (end is None and not has_to_raise):
                continue
            if end is not None and end.failure is None and not has_to_raise:
                break  # with a `sys.exit()` that somebody has written into the recipe
            attempt.parted = one.execution.number if one is not None else None
            failure = result.error or (end.failure if end is not None else None)
            if failure is None:
                had = one.execution.error.type if one is not None and one.execution.error is not None else "an error"
                return f"{where} raised nothing, and had raised {had}"
            return f"in {where} {self._why(failure)}"
        attempt.where = None
        return None

    def _why(self, error: Failure) -> str:
        around = self._run.surroundings
        return why_it_failed(
            error, installed=around.distributions if around else {}, allowed_network=self._options.network
        )

    def _patience(self, section: Section) -> float:
        if self._options.timeout_s is not None:
            return self._options.timeout_s
        one = section.ingredient
        took_ms = (one.execution.ended_ms or one.execution.started_ms) - one.execution.started_ms if one else 0
        return max(LEAST_PATIENCE_S, PATIENCE_SHARE * took_ms / 1000)

    def _interpreter(self) -> Path | None:
        """Return which Python is asked for, None for that of the usual kernel."""
        if self._options.interpreter is not None or self._options.kernel is not None:
            return self._options.interpreter
        return try_own_interpreter(self._run)

    def _confine(self, kernel: LiveKernel, place: Scratch) -> str | None:
        """Take a kernel's rights away. Returns why that could not be."""
        try:
            confine(kernel, place, network=self._options.network)
        except NotConfined as error:
            return str(error)
        return None

    def _versions(self, kernel: LiveKernel) -> Versions | None:
        """Return what is installed there, of what the run had imported. Asked when the cells have run, as then."""
        around = self._run.surroundings
        asked = f"{REPLAYING}.versions({sorted(around.distributions) if around is not None else []!r})"
        text = ask(kernel, asked, timeout_s=None)
        return Versions(**json.loads(text)) if text is not None else None

    def _replayed(self, reader: SessionReader, ran: Mapping[ExecutionId, ExecutionId], recipe: Recipe) -> Run | None:
        """Return the run of the replay that corresponds: trained in the same execution, as the same of several."""
        trained = next(one.execution.execution for one in recipe.ingredients if one.part == "trained")
        if reader.session is None or trained not in ran:
            return None
        mine = [run.run for run in _trained_in(self._session, trained)]
        theirs = _trained_in(reader.session, ran[trained])
        place = mine.index(self._run.run) if self._run.run in mine else 0
        return theirs[place] if place < len(theirs) else None

    def _models(self, kernel: LiveKernel, inner: Project, found: Run, attempt: Attempt) -> Predictions | Learned | None:
        """Return how the two models compare, None where they could not be: a note says so."""
        mine, theirs = self._run.model, found.model
        if mine is None:
            attempt.notes.append("No model was kept of the run, so that models were not compared.")
            return None
        if theirs is None:
            attempt.notes.append("The replayed model was not kept, so that models were not compared.")
            return None
        paths = [blob_path(self._project, mine.sha256), blob_path(inner, theirs.sha256)]
        example = blob_path(self._project, mine.example_sha256) if mine.example_sha256 else None
        if not paths[0].exists() or (example is not None and not example.exists()):
            attempt.notes.append("The recorded model is no longer there, so that models were not compared.")
            return None
        arguments = ", ".join(repr(str(path)) for path in paths) + f", {str(example) if example else None!r}"
        asked = f"{REPLAYING}.compared({arguments})"
        text = ask(kernel, asked, timeout_s=LEAST_PATIENCE_S)
        answer: dict[str, Any] = {"problem": "the kernel did not answer"} if text is None else json.loads(text)
        if answer.get("predictions"):
            return Predictions(**answer["predictions"])
        learned = answer.get("learned")
        instead = ", but what the models have learned was" if learned else ""
        if answer["problem"]:
            attempt.notes.append(f"Predictions were not compared{instead}: {answer['problem']}.")
        elif not learned:
            attempt.notes.append("Models were not compared: no rows were recorded, and no numbers are found in them.")
        return Learned(**learned) if learned else None

    def _outputs(
        self, reader: SessionReader, ran: Mapping[ExecutionId, ExecutionId], recipe: Recipe
    ) -> tuple[Figure, ...]:
        pairs = _pairs(reader, ran, recipe)
        figures = (unlike_outputs(recorded, replayed) for recorded, replayed in pairs)
        return tuple(figure for figure in figures if figure is not None)

    def _parted(
        self,
        reader: SessionReader,
        ran: Mapping[ExecutionId, ExecutionId],
        recipe: Recipe,
        figures: Sequence[Figure],
    ) -> int | None:
        """Return the number of the first execution that was seen to come out otherwise."""
        for recorded, replayed in _pairs(reader, ran, recipe):
            written = {Path(use.path).name: use.sha256 for use in replayed.files if use.mode == "written"}
            other_file = any(
                use.sha256 and (again := written.get(Path(use.path).name)) and again != use.sha256
                for use in recorded.files
                if use.mode == "written"
            )
            if recorded.outcome != replayed.outcome or other_file or unlike_outputs(recorded, replayed) is not None:
                return recorded.number
            part = next((one.part for one in recipe.ingredients if one.execution is recorded), "fed")
            if part == "trained" and any(
                f.what in ("data", "parameter", "predictions", "model") and not f.same for f in figures
            ):
                return recorded.number
        return None


def _trained_in(session: Session, execution: ExecutionId) -> list[Run]:
    return [
        run
        for run in session.runs
        if run.parent is None
        and any(part.part == "trained" and part.execution.execution == execution for part in run.executions)
    ]


def _pairs(
    reader: SessionReader, ran: Mapping[ExecutionId, ExecutionId], recipe: Recipe
) -> Iterator[tuple[Execution, Execution]]:
    assert reader.session is not None
    replayed = {execution.execution: execution for execution in reader.session.executions}
    for one in recipe.ingredients:
        again = ran.get(one.execution.execution)
        if again is not None and again in replayed:
            yield one.execution, replayed[again]


def _settings() -> bytes:
    """All training metrics, however long they take: the record may hold them."""
    return b"training_metrics_ms = 60000.0\nmax_model_mb = 10000.0\n"
