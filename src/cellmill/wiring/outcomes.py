"""A whole notebook run from a clean kernel in a scratch folder, for what it comes to."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from cellmill.capture.folder import prepare_folder
from cellmill.capture.hosting import engine_environment
from cellmill.capture.sessions import SessionReader
from cellmill.core.clock import now_ms
from cellmill.core.errors import CellTimedOut, KernelDied
from cellmill.core.event_parts import Failure
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.ids import new_session_id
from cellmill.core.ports import CellRan, Kernels, LiveKernel, Progress
from cellmill.core.project import Project
from cellmill.core.runs import Session
from cellmill.executors.asking import ask
from cellmill.executors.ends import end_of
from cellmill.executors.scratch import Scratch, scratch
from cellmill.notebook.plain import as_bytes, runs, tags_of
from cellmill.replay.outcomes import Outcome
from cellmill.replay.rich import steady_rich
from cellmill.replay.steady import days_around, steady
from cellmill.wiring.confined import NotConfined, confine, scratch_environment

LARGEST_TEXT_BYTES = 200_000
LARGEST_COPY_BYTES, COPIES_BYTES = 10_000_000, 200_000_000
WARM_SEEDS = (0, 1)  # each needs a fork server of its own
_OURS = (".cellmill", "mlruns", ".ipynb_checkpoints", "__pycache__")
_VALUES = "__import__('cellmill.kernel.values', fromlist=['x']).digests(get_ipython())"
# Metrics of training data are computed while there is time, which is never the same.
_SETTINGS = "training_metrics_ms = 0.0\n"
# The same in both, whatever the notebook seeds itself.
_SEED = (
    "__import__('random').seed(0)\n"
    "if __import__('importlib.util').util.find_spec('numpy'): __import__('numpy').random.seed(0)"
)


@dataclass(frozen=True)
class Conditions:
    """Under what conditions a notebook is run."""

    network: bool = False
    timeout_s: float | None = None
    kernel: str | None = None
    warm: bool = False
    """Whether its kernels may be forked from a process that has imported already."""
    check: Callable[[], None] = lambda: None
    """Called before each cell, after each that was interrupted, and at the end: raises if there is to be no more."""


@dataclass(frozen=True)
class Part:
    """A notebook that is run in a kernel of its own, at its place in the project.

    `numbers` are those that its code cells have among all that is compared, by position; a cell without one is run
    and not counted. It `works` in a folder that may be another than its own. With one `hash_seed` two kernels have
    sets of texts in one order.
    """

    document: Mapping[str, Any]
    place: Path
    numbers: Mapping[int, int]
    works: Path
    hash_seed: int = 0


Look = Callable[[LiveKernel, int], None]


def outcome_of(
    document: NotebookNode,
    notebook: Path,
    project: Project,
    kernels: Kernels,
    conditions: Conditions,
    *,
    without: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Run a notebook as if it stood at `notebook`, to its end or to the cell that raises, and return what came of it.

    `without` is the position of a cell that is run and not counted. Raises `KernelMissing`, `NoScratch`.
    """
    return run_parts([whole(document, notebook, without)], project, kernels, conditions, progress=progress)[0]


def whole(document: Mapping[str, Any], notebook: Path, without: int | None = None) -> Part:
    """Return a notebook as the only part; `without` is the position of a cell that is not counted."""
    codes = [i for i, cell in enumerate(document["cells"]) if cell["cell_type"] == "code" and i != without]
    numbers = {position: number for number, position in enumerate(codes, 1)}
    return Part(document, notebook, numbers, notebook.parent)


def run_parts(
    parts: Sequence[Part],
    project: Project,
    kernels: Kernels,
    conditions: Conditions,
    *,
    look: Look | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Outcome, tuple[Session, ...]]:
    """Run notebooks one after the other in one scratch folder. Returns what came of all, and their sessions.

    What raises ends all. `look` is called before each cell that counts, and once after the last, with the number of
    the cell that comes. Raises `KernelMissing`, `NoScratch`.
    """
    with scratch(project.root, inputs=[], written=[], left_out=[]) as place:
        inner = Project(place.root)
        for folder in dict.fromkeys(place.place_of(each) for part in parts for each in (part.works, part.place.parent)):
            make_folder(folder)
            _copy_small(folder)
        for part in parts:
            write_atomically(place.place_of(part.place), as_bytes(dict(part.document)))
        before = after = _stamps(place.root)
        prepare_folder(inner)
        inner.settings.write_text(_SETTINGS)
        together = _Ran({})
        values: dict[str, tuple[str | None, str]] = {}
        sessions: list[Session] = []
        written: list[frozenset[str]] = []
        total = sum(len(part.document["cells"]) for part in parts)
        done = 0
        for index, part in enumerate(parts):

            def told(now: Progress, done: int = done) -> None:
                if progress is not None:
                    progress(Progress(done + now.done, total))

            ran, held, session = _run_part(part, place, kernels, conditions, look, told, is_first=index == 0)
            together.shown |= ran.shown
            together.pictures |= ran.pictures
            values |= held
            sessions += [session] if session is not None else []
            done += len(part.document["cells"])
            earlier, after = after, _stamps(place.root)
            stamped = (path for path, stamp in after.items() if earlier.get(path) != stamp)
            written.append(frozenset(Path(path).relative_to(place.root).as_posix() for path in stamped))
            if ran.error is not None:
                together.stopped, together.error = ran.stopped, ran.error
                break
        notebooks = {place.place_of(part.place) for part in parts}
        files = _written(place, before, notebooks)
        texts = _texts(place, files)
    outcome = Outcome(
        values=values,
        shown=together.shown,
        pictures=together.pictures,
        files=files,
        texts=texts,
        written=tuple(written),
        runs=tuple(
            (run.short_class, dict(run.last_metrics))
            for session in sessions
            for run in session.runs
            if run.parent is None
        ),
        stopped=together.stopped,
        error=together.error,
    )
    return outcome, tuple(sessions)


def _run_part(
    part: Part,
    place: Scratch,
    kernels: Kernels,
    conditions: Conditions,
    look: Look | None,
    progress: Callable[[Progress], None],
    *,
    is_first: bool,
) -> tuple["_Ran", Mapping[str, tuple[str | None, str]], Session | None]:
    here = place.place_of(part.place)
    identity = new_session_id()
    environment = {
        **scratch_environment(place),
        **engine_environment(identity, here),
        "PYTHONHASHSEED": str(part.hash_seed),
    }
    with kernels.start(
        notebook=part.place,
        cwd=here.parent,
        kernel=conditions.kernel or part.document["metadata"].get("kernelspec", {}).get("name"),
        environment=environment,
        warm=conditions.warm and part.hash_seed in WARM_SEEDS,
    ) as kernel:
        try:
            if is_first:
                kernel.run(_SEED, silent=True)
            confine(kernel, place, network=conditions.network)
            ran = _run(kernel, part, conditions, look, progress)
            values = _values(kernel) if ran.is_alive else {}
        except (KernelDied, CellTimedOut, NotConfined):
            conditions.check()  # a kernel that is stopped while we ask it something ends in any of these ways
            raise
        conditions.check()
    reader = SessionReader(Project(place.root), identity)
    reader.poll()
    return ran, values, reader.session


@dataclass
class _Ran:
    shown: dict[int, str]
    pictures: dict[int, str] = field(default_factory=dict)
    stopped: int | None = None
    error: Failure | None = None
    is_alive: bool = True


def _run(
    kernel: LiveKernel, part: Part, conditions: Conditions, look: Look | None, progress: Callable[[Progress], None]
) -> _Ran:
    ran = _Ran({})
    cells = part.document["cells"]
    last = min(part.numbers.values(), default=0)
    for position, cell in enumerate(cells):
        number = part.numbers.get(position)
        if cell["cell_type"] != "code":
            continue
        conditions.check()
        try:
            if number is not None and look is not None:
                look(kernel, number)
            last = number or last
            if not runs(cell):
                continue
            result = kernel.run(cell["source"], timeout_s=conditions.timeout_s)
        except (KernelDied, CellTimedOut) as error:
            conditions.check()
            ran.stopped, ran.error, ran.is_alive = last, Failure(type(error).__name__, str(error)), False
            return ran
        if result.outcome == "interrupted":
            conditions.check()
        progress(Progress(position + 1, len(cells)))
        if number is not None:
            ran.shown[number] = _shown(result)
            ran.pictures |= _pictures(number, result)
        end = end_of(result, tags_of(cell))
        if end is not None:
            ran.stopped, ran.error = (last, end.failure) if end.failure is not None else (None, None)
            return ran
    if look is not None:
        look(kernel, last + 1)
    return ran


def _shown(result: CellRan) -> str:
    """What a cell shows as text, page or figure, without pictures and what libraries warn of."""
    texts: list[str] = []
    pages: list[str] = []
    days = days_around(result.started_ms, result.ended_ms)
    for output in result.outputs:
        if output["output_type"] == "stream":
            if output["name"] == "stdout":
                texts.append(output["text"])  # in as many pieces as it came, which chance decides
        elif output["output_type"] == "error":
            texts.append(f"{output['ename']}: {output['evalue']}\n")
        elif "data" in output:
            if not any(kind.startswith("image/") for kind in output["data"]):
                texts.append(f"{output['data'].get('text/plain', '')}\n")
            pages.append(steady_rich(output["data"], days))
    return steady("".join(texts), days) + "".join(pages)


def _pictures(number: int, result: CellRan) -> dict[int, str]:
    data = [output["data"] for output in result.outputs if "data" in output]
    days = days_around(result.started_ms, result.ended_ms)
    found = [
        # All others are encoded: nothing in them reads as a time or a path but by chance.
        steady(str(each[kind]), days) if kind == "image/svg+xml" else str(each[kind])
        for each in data
        for kind in sorted(each)
        if kind.startswith("image/")
    ]
    return {number: hashlib.sha256("\n".join(found).encode()).hexdigest()} if found else {}


def _values(kernel: LiveKernel) -> Mapping[str, tuple[str | None, str]]:
    text = ask(kernel, _VALUES, timeout_s=300)
    found: dict[str, Any] = {} if text is None else json.loads(text)
    return {name: (digest, reads) for name, (digest, reads) in found.items()}


def _copy_small(folder: Path) -> None:
    """Put copies where the links to small files are: a notebook may write over a file of an earlier run."""
    left = COPIES_BYTES
    for above, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _OURS]
        for name in files:
            link = Path(above, name)
            if not link.is_symlink():
                continue
            try:
                size = link.stat().st_size
                if size > LARGEST_COPY_BYTES or size > left:
                    continue
                original = link.resolve()
                link.unlink()
                shutil.copy2(original, link)
                link.chmod(0o600)
            except OSError:
                continue  # a link that leads nowhere stays one
            left -= size


def _stamps(root: Path) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for above, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _OURS]
        for name in files:
            path = os.path.join(above, name)  # noqa: PTH118 - of thousands of files
            state = os.lstat(path)
            found[path] = (state.st_mtime_ns, state.st_size)
    return found


def _written(place: Scratch, before: Mapping[str, tuple[int, int]], notebooks: Collection[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, stamp in _stamps(place.root).items():
        file = Path(path)
        if before.get(path) == stamp or file.is_symlink() or file in notebooks or not file.is_file():
            continue
        if file.name.startswith("mlflow.db"):
            continue
        with file.open("rb") as content:
            found[file.relative_to(place.root).as_posix()] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def _texts(place: Scratch, files: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    days = days_around(now_ms())
    for name in files:
        file = place.root / name
        if file.stat().st_size <= LARGEST_TEXT_BYTES:
            with contextlib.suppress(UnicodeDecodeError):
                found[name] = steady(file.read_text("utf-8"), days)
    return found
