"""How a pipeline stands: what each step would run with now, and whether it must. Nothing runs here."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cellmill.core.errors import FolderNotWritable, UnknownParameter
from cellmill.core.pipeline_errors import BadCondition, NoStepTakes, PipelineUnderWay, UnknownStep
from cellmill.core.pipeline_runs import FileSeen, Planned, StepNow, StepRecord
from cellmill.core.pipelines import DOCUMENT, Pipeline, PipelineStep
from cellmill.core.project import Project, find_project
from cellmill.core.words import shown_path
from cellmill.executors.specs import try_interpreter
from cellmill.pipeline.conditions import NoAnswer, asked_of, holds
from cellmill.pipeline.document import read_pipeline
from cellmill.pipeline.plan import ASKED, given, reasons, selected
from cellmill.wiring.looking import files_like, look, version_now
from cellmill.wiring.parameters_given import check_taken, read_given
from cellmill.wiring.pipeline_records import alone, manifest_digest, read_records, state_name, write_record


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line. `texts` are parameters by name, or by `step.name`."""

    texts: Mapping[str, str] = field(default_factory=dict)
    start: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    force: bool = False
    kernel: str | None = None
    """The kernel of all steps, if not those that their notebooks name."""


@dataclass(frozen=True)
class Code:
    """A step's notebook: its digest, the parameters that it declares, and the kernel that it names."""

    seen: FileSeen
    source: str
    declares: tuple[str, ...]
    kernel: str


class Situation:
    """A pipeline, its steps' last runs, and what is there now."""

    def __init__(
        self, project: Project, folder: Path, pipeline: Pipeline, wanted: Wanted, *, keeps: bool = False
    ) -> None:
        """Only who runs a pipeline alone `keeps` what it notices at once: another process may run it otherwise.

        Raises `UnknownStep`, `NoStepTakes`, `BadCondition`, `NotebookError`.
        """
        self._keeps = keeps
        self._renewed: set[str] = set()
        self.project, self.folder, self.pipeline, self.wanted = project, folder, pipeline, wanted
        self.state = state_name(project, folder)
        self.records: dict[str, StepRecord] = read_records(project, self.state)
        self._codes: dict[str, Code] = {}
        self._documents: dict[str, Any] = {}
        self._looks: dict[str, FileSeen] = {}
        self._interpreters: dict[str, str | None] = {}
        for step in (*wanted.start, *wanted.stop, *wanted.only):
            if step not in pipeline.names:
                raise UnknownStep(step, pipeline=pipeline.name, known=pipeline.names)
        self.selected = selected(pipeline, start=wanted.start, stop=wanted.stop, only=wanted.only)
        self.asks = self._asked()
        self._given = read_given(pipeline, wanted.texts, lambda step: self.code(step).declares, self.document)
        self.parameters = {**pipeline.parameters, **{n: v for (s, n), v in self._given.items() if s == ""}}

    # --- what is there

    def forget_looks(self) -> None:
        """A step has run: files may be others now."""
        self._looks.clear()

    def code(self, step: PipelineStep) -> Code:
        """Return a step's notebook as it is now. Raises `NotebookError`."""
        if step.name not in self._codes:
            self._codes[step.name] = self._code(step)
        return self._codes[step.name]

    def read_again(self, step: PipelineStep) -> Code:
        """Return a step's notebook as it is now, looked at again. Raises `NotebookError`."""
        self._codes.pop(step.name, None)
        self._documents.pop(step.name, None)
        return self.code(step)

    def notebook(self, step: PipelineStep) -> Path:
        """Return where a step's notebook lies."""
        return (self.folder / step.notebook).resolve()

    def document(self, step: PipelineStep) -> Any:
        """Return a step's notebook, read. Raises `NotebookError`."""
        if step.name not in self._documents:
            from cellmill.notebook.plain import read_plain

            self._documents[step.name] = read_plain(self.notebook(step))
        return self._documents[step.name]

    def _code(self, step: PipelineStep) -> Code:
        path = str(self.notebook(step))
        known = next((r for r in self.records.values() if r.key.partition(".")[0] == step.name), None)
        seen = look(self.project.root, path, known.notebook if known is not None else None)
        if known is not None and seen.sha256 is not None and seen.sha256 == known.notebook.sha256:
            kernel = known.kernel or kernel_of(self.document(step))  # an older Cellmill did not keep it
            if seen is not known.notebook or known.kernel is None:
                self._refresh(known, notebook=seen, kernel=kernel)
            return Code(seen, known.source, known.declares, kernel)
        from cellmill.notebook.parameters import declared_parameters
        from cellmill.pipeline.plan import source_digest

        document = self.document(step)
        declares = tuple(one.name for one in declared_parameters(document))
        return Code(seen, source_digest(document), declares, kernel_of(document))

    def interpreter(self, code: Code) -> str | None:
        """Return what a step's kernel would be run by; None where that is not known."""
        kernel = self.wanted.kernel or code.kernel
        if kernel not in self._interpreters:
            self._interpreters[kernel] = try_interpreter(kernel)
        return self._interpreters[kernel]

    def _look(self, known: FileSeen) -> FileSeen:
        if known.path not in self._looks:
            self._looks[known.path] = look(self.project.root, known.path, known)
        return self._looks[known.path]

    def _refresh(self, record: StepRecord, **changes: Any) -> None:
        """Keep stamps of files that turned out to be the same, so that they need not be read the next time."""
        renewed = replace(self.records[record.key], **changes)
        self.records[record.key] = renewed
        self._renewed.add(record.key)
        if self._keeps:
            with suppress(FolderNotWritable):  # then the files are read the next time, too
                write_record(self.project, self.state, renewed)

    def keep_looks(self) -> None:
        """Keep what `_refresh` found, but of steps that have run since, and where nobody runs the pipeline."""
        if self._renewed:
            with suppress(PipelineUnderWay, FolderNotWritable, OSError), alone(self.project, self.state):
                there = read_records(self.project, self.state)
                for record in (self.records[key] for key in self._renewed & there.keys()):
                    if there[record.key].session == record.session:
                        write_record(self.project, self.state, record)

    # --- parameters

    def values(self, step: PipelineStep, item: Any = None) -> dict[str, Any]:
        """Return the parameters that a step, or an item of it, is given."""
        declares = self.code(step).declares
        found = {name: value for name, value in self.pipeline.parameters.items() if name in declares}
        found.update(step.parameters)
        found.update({name: value for (owner, name), value in self._given.items() if owner == step.name})
        if step.for_each is not None:
            found[step.for_each.parameter] = item
        return found

    def check_values(self, step: PipelineStep, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as the notebook will see them. Raises `NotebookError`."""
        from cellmill.notebook.parameters import check_parameters, declared_parameters, declaring_cell

        document = self.document(step)
        shown = shown_path(self.notebook(step))
        declared = declared_parameters(document)
        try:
            return check_parameters(values, declared, notebook=shown, cell=declaring_cell(document))
        except UnknownParameter as error:
            if step.for_each is not None and error.name == step.for_each.parameter:
                raise NoStepTakes(
                    error.name, pipeline=self.pipeline.name, known=error.declared, step=step.name
                ) from error
            raise

    # --- conditions and loops

    def _asked(self) -> dict[str, tuple[str, ...]]:
        """Names of variables that conditions and loops ask each step for. Raises `BadCondition`."""
        found: dict[str, set[str]] = {}
        for step in self.pipeline.steps:
            if step.for_each is not None and step.for_each.step is not None:
                found.setdefault(step.for_each.step, set()).add(str(step.for_each.name))
            if step.when is None:
                continue
            try:
                names, values = asked_of(step.when)
            except NoAnswer as error:
                raise BadCondition(step.when, step=step.name, reason=str(error)) from None
            for name in names - self.pipeline.parameters.keys():
                reason = f"there is no parameter {name!r} among the pipeline's"
                raise BadCondition(step.when, step=step.name, reason=reason)
            for owner, name in values:
                if owner not in self.pipeline.above(step.name):
                    raise BadCondition(step.when, step=step.name, reason=f"{owner} is no step before it")
                found.setdefault(owner, set()).add(name)
        return {step: tuple(sorted(names)) for step, names in found.items()}

    def plain_values(self) -> dict[str, dict[str, Any]]:
        """Return what is known of the variables of steps; of one that ran for each item, lists."""
        found: dict[str, dict[str, Any]] = {}
        for step in self.pipeline.steps:
            if step.name not in self.asks:
                continue
            of = [record.values for record in self.last(step)]
            if step.for_each is None:
                found[step.name] = dict(of[0]) if of else {}
            else:
                found[step.name] = {name: [each.get(name) for each in of] for name in self.asks[step.name]}
        return found

    def is_wanted(self, step: PipelineStep) -> bool:
        """Whether a step's condition holds, as the steps before it stand. Raises `NoAnswer`."""
        return step.when is None or holds(step.when, self.parameters, self.plain_values())

    def items(self, step: PipelineStep) -> tuple[tuple[str, Any], ...]:
        """Return the key and the item of each run of a step: one without an item, where it is in no loop.

        Raises `NoAnswer`.
        """
        each = step.for_each
        if each is None:
            return ((step.name, None),)
        items: Any = each.items
        if each.step is not None:
            values = self.plain_values().get(each.step, {})
            items = values.get(str(each.name))
            if not isinstance(items, list):
                what = "is no list" if each.name in values else "is not there, or holds more than plain values"
                raise NoAnswer(f"{each.step}.{each.name}, over which it loops, {what}")
        return tuple((f"{step.name}.{index}", item) for index, item in enumerate(items))

    def last(self, step: PipelineStep) -> tuple[StepRecord, ...]:
        """Return the last runs of a step, its items in order; empty where it has not run."""
        if step.for_each is None:
            return (self.records[step.name],) if step.name in self.records else ()
        try:
            keys = [key for key, _ in self.items(step)]
        except NoAnswer:
            return ()
        return tuple(self.records[key] for key in keys if key in self.records)

    # --- what must run

    def now(self, step: PipelineStep, key: str, item: Any) -> StepNow:
        """Return what a step would run with. Raises `NotebookError`."""
        record = self.records.get(key)
        code = self.code(step)
        reads = {file.path for file in record.reads} if record is not None else set(step.reads)
        writes = {file.path for file in record.writes} if record is not None else set(step.writes)
        return StepNow(
            source=code.source,
            parameters=self.values(step, item),
            upstream=self.upstream(step, reads, writes),
            files=self._files(record, self._written_after(step, record)) if record is not None else {},
            distributions={n: version_now(n, d) for n, d in record.distributions.items()} if record else {},
            manifest=manifest_digest(self.project, self.state, key),
            reads=step.reads,
            writes=step.writes,
            asks=self.asks.get(step.name, ()),
            interpreter=self.interpreter(code),
            listings={p: files_like(self.project.root, p) for p in record.listings} if record is not None else {},
            made=frozenset(f.path for one in self.records.values() if record and record.listings for f in one.writes),
        )

    def upstream(self, step: PipelineStep, reads: Collection[str], writes: Collection[str]) -> dict[str, str]:
        """Return what each step before it gives, as one digest."""
        return {name: given(self.last(self.pipeline.step(name)), reads, writes) for name in step.after}

    def _written_after(self, step: PipelineStep, record: StepRecord) -> dict[str, PipelineStep]:
        """Return the files of a step that one after it wrote too, with that step: the last one answers for them."""
        found: dict[str, PipelineStep] = {}
        writers = self._writers()
        for path in (file.path for file in record.writes):
            for other in writers.get(path, ()):
                if other != step.name and step.name in self.pipeline.above(other):
                    found[path] = self.pipeline.step(other)
        return found

    def _for_those_after(self, step: PipelineStep, record: StepRecord | None) -> tuple[str, ...]:
        """A step after it that writes one of its files would begin with what it left there itself the last time."""
        written = self._written_after(step, record) if record is not None else {}
        for path, other in written.items():
            if other.name in self.selected and self._must(other):
                return (f"{other.name}, which goes on with {path}, must run",)
        return ()

    def _must(self, step: PipelineStep) -> bool:
        """Whether something of what a step used is another now, or of one of its items."""
        try:
            return any(reasons(self.records.get(key), self.now(step, key, item)) for key, item in self.items(step))
        except NoAnswer:  # they come from a step that is to run
            return True

    def _writers(self) -> dict[str, set[str]]:
        """Return the steps that wrote each file, of files that several wrote."""
        found: dict[str, set[str]] = {}
        for key, record in self.records.items():
            name = key.partition(".")[0]
            for file in record.writes if name in self.pipeline.names else ():
                found.setdefault(file.path, set()).add(name)
        return {path: names for path, names in found.items() if len(names) > 1}

    def _files(self, record: StepRecord, left_out: Collection[str]) -> dict[str, str | None]:
        renewed: dict[str, Any] = {}
        found: dict[str, str | None] = {}
        for part in ("reads", "writes", "modules"):
            before: tuple[FileSeen, ...] = getattr(record, part)
            after = tuple(self._look(file) for file in before)
            found.update((file.path, file.sha256) for file in after if file.path not in left_out)
            same = tuple(new if new.sha256 == old.sha256 else old for old, new in zip(before, after, strict=True))
            if same != before:
                renewed[part] = same
        if renewed:
            self._refresh(record, **renewed)
        return found

    def why(self, step: PipelineStep, key: str, item: Any) -> tuple[str, ...]:
        """Return why a step, or an item of it, must run; empty where it need not. Raises `NotebookError`."""
        record, now = self.records.get(key), self.now(step, key, item)
        found = reasons(record, now)
        if found and now.parameters:
            from cellmill.capture.secret_names import is_secret

            both = [*now.parameters.items(), *(record.parameters.items() if record is not None else ())]
            found = reasons(record, now, hidden={name for name, value in both if is_secret(name, value)})
        found = found or self._for_those_after(step, record)
        asked = self.wanted.force or step.name in (*self.wanted.start, *self.wanted.only)
        return found or ((ASKED,) if asked else ())

    def plan(self) -> tuple[Planned, ...]:
        """Return what is to happen to each step, as far as it can be known before any has run.

        Raises `NotebookError`, `NoStepTakes`.
        """
        check_taken(self.pipeline, lambda step: self.code(step).declares)
        planned: dict[str, list[Planned]] = {}
        for step in self.pipeline.ordered:
            planned[step.name] = self._planned(step, planned)
        return tuple(one for several in planned.values() for one in several)

    def _planned(self, step: PipelineStep, before: Mapping[str, list[Planned]]) -> list[Planned]:
        if step.name not in self.selected:
            return [Planned(step.name, step.name, "left out", ("not asked for",))]
        active = [name for name in step.after if any(each.what in ("runs", "may") for each in before[name])]
        if not active:
            out = [name for name in step.after if left_out_by_condition(before[name])]
            if out:
                return [Planned(step.name, step.name, "left out", (f"{out[0]} is left out",))]
        try:
            if not active and not self.is_wanted(step):
                return [Planned(step.name, step.name, "left out", (not_so(step),))]
            items = self.items(step)
        except NoAnswer as error:
            if not active:
                return [Planned(step.name, step.name, "runs", (str(error),))]
            return [Planned(step.name, step.name, "may", tuple(active))]
        found = []
        for key, item in items:
            why = self.why(step, key, item)
            if why and not (active and step.when is not None):
                found.append(Planned(key, step.name, "runs", why))
            elif active:
                found.append(Planned(key, step.name, "may", tuple(active)))
            else:
                found.append(Planned(key, step.name, "unchanged"))
        return found


def situation_of(given: Path, wanted: Wanted, *, keeps: bool = False) -> Situation:
    """Return how a pipeline stands. `given` is its folder or document, or its name alone in the project's `pipelines/`.

    Only who is `alone` with it `keeps` what is noticed.

    Raises `PipelineError`, `NotebookError`.
    """
    folder = given.parent if given.name == DOCUMENT else given
    if not (folder / DOCUMENT).exists() and len(given.parts) == 1:
        inside = find_project(Path.cwd()).root / "pipelines" / given
        folder = inside if (inside / DOCUMENT).exists() else folder
    if folder.is_dir():
        folder = folder.resolve()
    return Situation(find_project(folder), folder, read_pipeline(folder), wanted, keeps=keeps)


def kernel_of(document: Any) -> str:
    """Return the kernel that a notebook names, or the usual one."""
    return str(document["metadata"].get("kernelspec", {}).get("name") or "python3")


def not_so(step: PipelineStep) -> str:
    """Return in words that a step's condition does not hold."""
    return f"{step.when} does not hold"


def left_out_by_condition(planned: Collection[Planned]) -> bool:
    """Whether a step is left out, and not only because nobody has asked for it."""
    return any(each.what == "left out" and each.reasons != ("not asked for",) for each in planned)
