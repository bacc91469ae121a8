"""Picks made in a notebook's file: checked by running it with and without them, written at once, and taken back."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from cellmill.capture.folder import prepare_folder
from cellmill.core.clock import now_ms
from cellmill.core.files import make_folder, write_atomically
from cellmill.core.parameters import Proposal
from cellmill.core.picks import NothingToUndo, PickDiffers, PickRefused
from cellmill.core.ports import Kernels, Progress
from cellmill.core.project import Project
from cellmill.core.words import shown_path
from cellmill.notebook.documents import read_notebook
from cellmill.notebook.parameters import declared_parameters
from cellmill.notebook.picking import Picked, choose, pick
from cellmill.replay.judge import why_it_failed
from cellmill.replay.outcomes import Difference, Outcome, differences, told_apart
from cellmill.wiring.outcomes import Conditions, outcome_of
from cellmill.wiring.parameters import turnable
from cellmill.wiring.projects import project_of

MOST_NAMED = 6
LOOK_S = 0.5  # a signal that comes just before a wait is heard when the wait ends


@dataclass(frozen=True)
class Made:
    """Parameters that stand in the notebook now. `notes` are sentences on what the check could not tell."""

    notebook: Path
    names: tuple[str, ...]
    lines: tuple[str, ...]
    cell: int
    """Number of the parameters' cell among the code cells."""
    is_new: bool
    compared: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Edit:
    """What is kept to take a pick back. Digests are SHA-256 of the file before and after it."""

    notebook: str
    at_ms: int
    names: tuple[str, ...]
    before: str
    after: str


def make_parameters(
    notebook: Path,
    names: Sequence[str],
    kernels: Kernels,
    conditions: Conditions,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> Made:
    """Make proposals parameters of a notebook, if it comes to the same results with them.

    Raises `NotProposed`, `PickRefused`, and `PickDiffers` with the first value that differs; then nothing is written.
    Nor is it where `conditions.check` raises.
    """
    path, shown = notebook.resolve(), shown_path(notebook.resolve())
    content = path.read_bytes() if path.is_file() else b""
    found = turnable(notebook)
    picks = choose(names, found.proposed, notebook=shown)
    made = pick(content.decode(), found.document, picks, name=shown)
    changed = _read(made, shown, tuple(one.name for one in picks), picks)
    project = project_of(path)
    compared, notes = _check(found.document, changed, made, path, project, kernels, conditions, progress)
    conditions.check()
    if path.read_bytes() != content:
        raise PickRefused(shown, reason="it was saved by somebody else in the meantime. Pick again")
    _keep(project, path, content, made.text.encode(), tuple(one.name for one in picks))
    codes = [i for i, cell in enumerate(changed.cells) if cell.cell_type == "code"]
    return Made(
        notebook,
        tuple(one.name for one in picks),
        made.lines,
        codes.index(made.position) + 1,
        made.is_new,
        compared,
        notes,
    )


def undo(notebook: Path) -> tuple[str, ...]:
    """Take the last pick back: the file is again what it was, byte for byte. Returns the names that were picked.

    Raises `NothingToUndo` when there is none, or when the file has been changed since.
    """
    path, shown = notebook.resolve(), shown_path(notebook.resolve())
    read_notebook(path)
    folder = _folder(project_of(path), path)
    kept = sorted(folder.glob("*.json"), key=lambda file: int(file.stem))
    if not kept:
        raise NothingToUndo(shown, reason="no pick is left to take back")
    edit = _Edit(**json.loads(kept[-1].read_text("utf-8")))
    before = kept[-1].with_suffix(".ipynb")
    if _digest(path.read_bytes()) != edit.after:
        raise NothingToUndo(
            shown, reason=f"it has been changed since. As it was before the pick it lies in {shown_path(before)}"
        )
    _replace(path, before.read_bytes())
    kept[-1].unlink()
    before.unlink()
    return tuple(edit.names)


def last_picked(notebook: Path) -> tuple[str, ...]:
    """Return the names of the pick that `undo` would take back; empty when there is none, or it cannot be."""
    path = notebook.resolve()
    kept = sorted(_folder(project_of(path), path).glob("*.json"), key=lambda file: int(file.stem))
    if not kept or not path.is_file():
        return ()
    edit = _Edit(**json.loads(kept[-1].read_text("utf-8")))
    return tuple(edit.names) if _digest(path.read_bytes()) == edit.after else ()


def _read(made: Picked, shown: str, names: tuple[str, ...], picks: Sequence[Proposal]) -> NotebookNode:
    """Return the changed notebook, sure that papermill will find in it what was picked."""
    document: NotebookNode = nbformat.reads(made.text, as_version=4)
    declared = {parameter.name: parameter for parameter in declared_parameters(document)}
    for one in picks:
        if one.name not in declared or repr(declared[one.name].default) != repr(one.default):
            raise PickRefused(shown, reason=f"{one.name!r} could not be written as a parameter")
    return document


def _check(
    before: NotebookNode,
    after: NotebookNode,
    made: Picked,
    path: Path,
    project: Project,
    kernels: Kernels,
    conditions: Conditions,
    progress: Callable[[Progress], None] | None,
) -> tuple[int, tuple[str, ...]]:
    """Run both, and the first again where they differ: what differs between two runs of one is no fault of a pick."""
    shown = shown_path(path)
    without = made.position if made.is_new else None
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(outcome_of, before, path, project, kernels, conditions, progress=progress)
        second = pool.submit(outcome_of, after, path, project, kernels, conditions, without=without)
        while wait((first, second), LOOK_S).not_done:
            pass
        original, changed = first.result(), second.result()
    notes: list[str] = []
    _check_far_enough(original, made, before, shown, conditions, notes)
    telling, swaying = _told_apart(
        original, changed, lambda: outcome_of(before, path, project, kernels, conditions, progress=progress)
    )
    if telling:
        raise PickDiffers(shown, what=telling[0].what, before=telling[0].before, after=telling[0].after)
    if swaying:
        names = ", ".join(swaying[:MOST_NAMED]) + (", …" if len(swaying) > MOST_NAMED else "")
        notes.append(f"Not compared, for two runs of the notebook as it was differ in it too: {names}.")
    unread = [name for name, (digest, _) in original.values.items() if digest is None]
    if unread:
        notes.append(f"Not compared, for it cannot be read: {', '.join(unread[:MOST_NAMED])}.")
    return original.size - len(swaying) - len(unread), tuple(notes)


def _told_apart(
    original: Outcome, changed: Outcome, run: Callable[[], Outcome]
) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
    """Return what tells the changed notebook from the original, and what differs between two runs of that as well.

    `run` runs the original once more. That something sways excuses its last digits or the lines that sway, and no
    more; a line may be the same twice by chance, so one that counts is asked for a third time.
    """
    unlike = differences(original, changed)
    swaying: tuple[str, ...] = ()
    others: list[Outcome] = []
    while unlike and len(others) < 2:
        others.append(run())
        unlike, swaying = told_apart(original, others, changed)
        if not any(each.what in swaying for each in unlike):
            break
    return unlike, swaying


def _check_far_enough(
    original: Outcome, made: Picked, before: NotebookNode, shown: str, conditions: Conditions, notes: list[str]
) -> None:
    """A notebook that raises is compared as far as it comes, if that is beyond what was changed."""
    if original.stopped is None or original.error is None:
        return
    why = why_it_failed(original.error, installed={}, allowed_network=conditions.network).replace(
        "replay with --network", "pick with --network"
    )
    codes = [position for position, cell in enumerate(before.cells) if cell.cell_type == "code"]
    if any(codes.index(position) + 1 >= original.stopped for position in made.changed):
        raise PickRefused(shown, reason=f"it could not be checked, for in cell {original.stopped} {why}")
    notes.append(f"Compared up to cell {original.stopped}, where the notebook raises as it is: {why}.")


def _keep(project: Project, path: Path, before: bytes, after: bytes, names: tuple[str, ...]) -> None:
    """What was is kept first: killed in between, the notebook is as it was or can be taken back."""
    prepare_folder(project)
    folder = _folder(project, path)
    make_folder(folder)
    number = max((int(file.stem) for file in folder.glob("*.json")), default=0) + 1
    edit = _Edit(project.relative(str(path)) or str(path), now_ms(), names, _digest(before), _digest(after))
    write_atomically(folder / f"{number}.ipynb", before)
    write_atomically(folder / f"{number}.json", json.dumps(asdict(edit)).encode())
    _replace(path, after)


def _replace(path: Path, content: bytes) -> None:
    """Write a user's own file whole, who may read it being whom it was before."""
    mode = path.stat().st_mode & 0o777
    write_atomically(path, content, mode=mode)


def _folder(project: Project, path: Path) -> Path:
    return project.folder / "picks" / hashlib.sha256((project.relative(str(path)) or "").encode()).hexdigest()[:16]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
