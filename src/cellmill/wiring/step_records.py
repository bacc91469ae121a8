"""What is kept of a step that has ended: what it used and made, and sentences on what was noticed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cellmill.core.errors import CellmillError, NotebookError
from cellmill.core.ids import SessionId
from cellmill.core.pipeline_errors import OutputMissing
from cellmill.core.pipeline_runs import MEANWHILE, FileSeen, StepRecord
from cellmill.core.pipelines import PipelineStep
from cellmill.core.ports import StepEnded
from cellmill.wiring.listings import Named, listings_of, named_in_cells
from cellmill.wiring.looking import changed_after, look, stamp_of, stamps_in
from cellmill.wiring.observing import Observed, observe, unlike_any
from cellmill.wiring.pipeline_records import manifest_digest
from cellmill.wiring.situations import Code, Situation


@dataclass(frozen=True)
class Begun:
    """A step, or an item of it, that runs. `values` are its parameters, before they were checked.

    `code` is what it began with: the notebook may be another when it ends, or for the next item. `before` is what was
    known of its last run, `stamps` are those of the files that it is declared to read.
    """

    step: PipelineStep
    key: str
    item: Any
    session: SessionId
    values: dict[str, Any]
    code: Code
    before: StepRecord | None = None
    stamps: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)
    """Of what it declares to read, as that was when it began."""
    stood: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Of files that it is to write the stamps of what stood there when it began; see `stamps_before`."""


def stamps_before(root: Path, step: PipelineStep) -> dict[str, tuple[int, ...]]:
    """Return stamps of the files that a step is to write and that are there already; of folders there are none."""
    return {path: stamp_of(root / path) for path in step.writes if (root / path).is_file()}


def begin(
    situation: Situation, step: PipelineStep, key: str, item: Any, session: SessionId, values: dict[str, Any]
) -> Begun:
    """Return a step, or an item of it, that is about to run. Raises `NotebookError`."""
    root = situation.project.root
    stamps = {path: stamps_in(root / path) for path in step.reads}
    code, before = situation.code(step), situation.records.get(key)
    return Begun(step, key, item, session, values, code, before, stamps, stamps_before(root, step))


def record_of(
    situation: Situation, begun: Begun, ended: StepEnded, output: str | None
) -> tuple[StepRecord, tuple[str, ...]]:
    """Return what is kept of a step that has ended, and sentences. One that did not write what it was to has failed."""
    step, root, words = begun.step, situation.project.root, []
    used = observe(situation.project, begun.session)
    manifest = None
    try:
        manifest = manifest_digest(situation.project, situation.state, begun.key)
    except CellmillError as error:  # then nobody can say what it handed over
        if ended.outcome == "ok":
            ended = replace(ended, outcome="failed", error=str(error))
    code = begun.code
    named = named_in_cells(situation.project, used)
    reads, modules, untold = _used(situation, begun, used, named, ended.started_ms)
    record = StepRecord(
        key=begun.key,
        outcome=ended.outcome,
        session=begun.session,
        started_ms=ended.started_ms,
        ended_ms=ended.ended_ms,
        notebook=code.seen,
        source=code.source,
        declares=code.declares,
        parameters=begun.values,
        reads=reads,
        writes=_merged(used.writes, (look(root, path) for path in step.writes)),
        modules=modules,
        untold=untold,
        listings=listings_of(situation.project, used, named),
        distributions=used.distributions,
        manifest=manifest,
        values=ended.values,
        asks=situation.asks.get(step.name, ()),
        output=output,
        error=ended.error,
        was_seen=used.was_seen,
        kernel=code.kernel,
        interpreter=situation.interpreter(code),
    )
    names = {file.path for file in record.reads}, {file.path for file in record.writes}
    record = replace(record, upstream=situation.upstream(step, *names))
    if ended.outcome != "ok":
        return record, ()
    missing = next((file.path for file in record.writes if file.sha256 is None), None)
    if missing is not None:
        not_written = OutputMissing(missing, step=begun.key, notebook=step.notebook)
        return replace(record, outcome="failed", error=str(not_written)), ()
    written = {file.path for file in used.writes}
    for path, stamp in begun.stood.items():
        if path not in written and stamp_of(root / path) == stamp:
            words.append(f"Step {begun.key} did not write {path}: what stands there is from before.")
    if not used.was_seen:
        words.append(f"Nothing of step {begun.key} was captured: only its code and declared files are looked at.")
    if stamp_of(situation.notebook(step)) != code.seen.stamp and _was_edited(situation, begun):
        words.append(f"{step.notebook} was changed while it ran: the next run runs step {begun.key} again.")
    return record, (*words, *_said(record), *_clashes(situation, record))


def _used(
    situation: Situation, begun: Begun, used: Observed, named: Named, started_ms: int
) -> tuple[tuple[FileSeen, ...], tuple[FileSeen, ...], tuple[str, ...]]:
    """Return what a step read, its modules, and the folders that cannot be looked at for what was not told of them."""
    root = situation.project.root
    written = {file.path for file in used.writes}
    found, untold = [], []
    declared = [path for path in begun.step.reads if path not in written]
    for path in (path for path in declared if path not in {file.path for file in used.reads}):
        file = look(root, path)
        before, after = begun.stamps.get(path, {}), stamps_in(root / path)
        changed = {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
        is_another = any((situation.project.relative(each) or each) not in written for each in changed)
        found.append(unlike_any(file) if is_another else file)
    for folder in used.more_in:
        if any(f"{folder}/".startswith(f"{Path(path).as_posix()}/") for path in declared):
            continue
        if any(each.is_relative_to(root / folder) for each in (root, Path.home())):
            untold.append(folder)
            continue
        stamps = stamps_in(root / folder)
        since = {path for path, stamp in stamps.items() if changed_after(stamp, started_ms * 1_000_000)}
        is_another = any((situation.project.relative(each) or each) not in written for each in since)
        file = look(root, folder)
        found.append(unlike_any(file) if is_another else file)
    found += [file for file in named.unheard(root, used, started_ms * 1_000_000) if file.path not in declared]
    untold += [folder for folder in named.untold if folder not in declared]
    reads = _merged(used.reads, found)
    known = {file.path: file for file in (*begun.before.reads, *begun.before.modules)} if begun.before else {}
    settled = [tuple(_settled(file, known.get(file.path)) for file in files) for files in (reads, used.modules)]
    return settled[0], settled[1], tuple(untold)


def _settled(file: FileSeen, before: FileSeen | None) -> FileSeen:
    """What was changed to what it was is the same: a step may make a file anew before it reads it, and not be seen."""
    if before is None or before.sha256 is None or not file.was_changed or file.sha256 is None:
        return file
    digest = file.sha256.removeprefix(MEANWHILE)
    return FileSeen(file.path, digest) if before.sha256.removeprefix(MEANWHILE) == digest else file


def _merged(seen: Iterable[FileSeen], declared: Iterable[FileSeen]) -> tuple[FileSeen, ...]:
    """Return files that were seen and those that were declared, each once."""
    found = {file.path: file for file in seen}
    for file in declared:
        found.setdefault(file.path, file)
    return tuple(found.values())


def _said(record: StepRecord) -> list[str]:
    """Return sentences on what is not known of what a step used."""
    words = []
    changed = [file.path for file in (*record.reads, *record.modules) if file.was_changed]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        were = "were" if more else "was"
        words.append(f"{changed[0]}{more} {were} changed while step {record.key} ran: the next run runs it again.")
    words += [
        f"Step {record.key} read more files in {folder} than are told one by one, so it runs each time. Name them, or "
        "the folder that holds them alone, in its `reads`."
        for folder in record.untold
    ]
    return words


def _was_edited(situation: Situation, begun: Begun) -> bool:
    """Whether a notebook has other code than it had when its step began. What ran stays what is known of it."""
    try:
        after = situation.read_again(begun.step)
    except NotebookError:
        return True
    return after.source != begun.code.source


def _clashes(situation: Situation, record: StepRecord) -> list[str]:
    """Of steps one after the other the later one goes on with the file; of others nobody knows which was last."""
    written = {file.path for file in record.writes}
    name, pipeline = record.key.partition(".")[0], situation.pipeline
    words = []
    for other in situation.records.values():
        both = written & {file.path for file in other.writes}
        step = other.key.partition(".")[0]
        if not both or other.key == record.key or step not in pipeline.names:
            continue
        if step not in pipeline.above(name) and name not in pipeline.above(step):
            first, second = sorted((other.key, record.key))
            words.append(
                f"Steps {first} and {second} both write {min(both)}, so what stands there depends on which was run "
                "last. Give one of them another file, or let one come after the other."
            )
    return words
