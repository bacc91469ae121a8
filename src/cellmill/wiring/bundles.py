"""A run in one file, to be replayed on another machine.

A zip file:

    bundle.json            the format's version, the run, the folders it was made in, its files with their digests
    recipe.ipynb           the recipe, for people
    requirements.txt       the lock of its environment
    journal.jsonl          of the journal what the recipe needs, nothing of other executions
    blobs/SHA256           the model, its input example, random states, sources of the user's own modules
    files/INDEX/NAME       the user's own modules and scripts, and, where asked for, the data
"""

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cellmill.capture.blobs import blob_path
from cellmill.capture.journal import read_events
from cellmill.capture.sessions import Sessions, load_sessions
from cellmill.core.errors import FolderNotWritable
from cellmill.core.event_parts import FileUse
from cellmill.core.events import (
    CellIdentified,
    DistributionsSeen,
    Event,
    ExecutionEnded,
    ExecutionFinished,
    ExecutionStarted,
    FilesDigested,
    SessionEnded,
    SessionStarted,
    TrainingStarted,
)
from cellmill.core.files import make_folder, words_of, write_atomically
from cellmill.core.ids import is_session_id
from cellmill.core.lines import to_line
from cellmill.core.outputs import check_output
from cellmill.core.project import Project
from cellmill.core.recipes import Recipe
from cellmill.core.replay_errors import NotABundle
from cellmill.core.runs import Run
from cellmill.core.words import shown_path
from cellmill.notebook.plain import as_bytes
from cellmill.replay.recipe import make_recipe, whole_history
from cellmill.wiring.lock import lock_of
from cellmill.wiring.recipes import recipe_of, write_recipe

VERSION = 1


@dataclass(frozen=True)
class Bundled:
    """What a bundle holds. `left_out` are data files that must be there where it is replayed."""

    path: Path
    size_bytes: int
    files: tuple[str, ...]
    left_out: tuple[str, ...]


def write_bundle(sessions: Sessions, run: Run, path: Path, *, with_data: bool) -> Bundled:
    """Write a run with all that its replay needs into one file.

    Raises `RunWithoutRecipe`, `BadOutput`, `FolderNotWritable`.
    """
    check_output(path)
    project, session = sessions.project, sessions.session_of(run)
    recipe = recipe_of(session, run)
    taken = [Path(module.path) for module in recipe.modules]
    left_out = []
    for use in recipe.inputs:
        if (with_data or use.path.endswith(".py")) and Path(use.path).is_file():  # code that was run, as modules are
            taken.append(Path(use.path))
        else:
            left_out.append(use.path)
    taken = [place for place in dict.fromkeys(taken) if place.is_file()]
    manifest = {
        "bundle": VERSION,
        "run": run.run,
        "session": run.session,
        "root": str(project.root),
        "inputs": [asdict(use) for use in recipe.inputs],
        "files": {f"files/{index}/{place.name}": str(place) for index, place in enumerate(taken)},
    }
    written = write_recipe(project, run, recipe)
    blobs = {digest for one in recipe.ingredients for digest in one.random.values()}
    blobs |= {module.sha256 for module in recipe.modules}
    blobs |= {module.sha256 for one in recipe.ingredients for module in one.modules}
    if run.model is not None:
        blobs |= {run.model.sha256, run.model.example_sha256 or run.model.sha256}
    make_folder(path.parent, mode=0o755)
    partial = path.with_name(f".{path.name}.part")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("bundle.json", json.dumps(manifest, indent=1))
            file.writestr("recipe.ipynb", as_bytes(written.notebook))
            if recipe.surroundings is not None:
                file.writestr("requirements.txt", lock_of(recipe.surroundings))
            file.writestr("journal.jsonl", b"".join(map(to_line, _excerpt(sessions, run, recipe))))
            for digest in sorted(blobs):
                blob = blob_path(project, digest)
                if blob.exists():
                    file.write(blob, f"blobs/{digest}")
            for name, place in manifest["files"].items():  # type: ignore[attr-defined]
                file.write(place, name)
        os.replace(partial, path)  # noqa: PTH105
    except OSError as error:
        read = f" ({error.filename})" if error.filename not in (None, str(partial)) else ""  # it could not be read
        raise FolderNotWritable(str(path.parent), reason=words_of(error) + read) from error
    finally:
        partial.unlink(missing_ok=True)
    return Bundled(path, path.stat().st_size, tuple(map(str, taken)), tuple(left_out))


@contextmanager
def opened_bundle(path: Path, *, data: Path) -> Iterator[tuple[Sessions, Run, Recipe]]:
    """Give a project made of a bundle, its run, and the recipe: all executions that it holds.

    Data that the bundle does not bring is looked for in the folder `data`: at its place relative to the
    project that it came from, then by its name. Raises `NotABundle`.
    """
    with TemporaryDirectory(prefix="cellmill-bundle-") as folder:
        root = Path(folder).resolve() / "project"
        project = Project(root)
        make_folder(project.blobs)
        make_folder(project.journals)
        try:
            with zipfile.ZipFile(path) as file:
                manifest = json.loads(file.read("bundle.json"))
                if manifest["bundle"] != VERSION:
                    reason = f"its format is {manifest['bundle']}, and {VERSION} is known"
                    raise NotABundle(shown_path(path), reason=reason)
                if not is_session_id(manifest["session"]):
                    raise NotABundle(shown_path(path), reason="it names no session")
                places = _unpacked(file, manifest, project, data.resolve())
                lines = [json.loads(line) for line in file.read("journal.jsonl").splitlines()]
        except FileNotFoundError as error:
            raise NotABundle(shown_path(path), reason="there is no such file") from error
        except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
            raise NotABundle(shown_path(path), reason=str(error) or type(error).__name__) from error
        moved = [json.dumps(_without_interpreter(_moved(line, manifest["root"], root, places))) for line in lines]
        write_atomically(project.journal(manifest["session"]), "".join(f"{line}\n" for line in moved).encode())
        sessions = load_sessions(project)
        run = sessions.run(manifest["run"])
        session = sessions.session_of(run)
        yield sessions, run, whole_history(make_recipe(session, run), session)


def _excerpt(sessions: Sessions, run: Run, recipe: Recipe) -> Iterator[Event]:
    """Give the events of the recipe's executions, and of the runs that its training made."""
    project = sessions.project
    mine = {one.execution.execution: one for one in recipe.ingredients}
    trained = next(one.execution.execution for one in recipe.ingredients if one.part == "trained")
    events = [
        event
        for path in (
            project.journal(run.session),
            project.outside_journal(run.session),
            *sorted(project.measured(run.session).glob("*.jsonl")),
        )
        if path.exists()
        for event in read_events(path, 0)[0]
    ]
    runs = {event.run for event in events if isinstance(event, TrainingStarted) and event.execution == trained}
    runs.add(run.run)
    for event in events:
        match event:
            case SessionStarted() | DistributionsSeen():
                yield event
            case ExecutionStarted() if event.execution in mine:
                # Who was left out had told of random states too: each says all of them now.
                yield replace(event, random=dict(mine[event.execution].random))
            case ExecutionEnded() | ExecutionFinished() | FilesDigested() | CellIdentified() if event.execution in mine:
                yield event
            case _ if getattr(event, "run", None) in runs:
                yield event
    yield SessionEnded(run.ended_ms or run.started_ms, "shut down")


def _unpacked(file: zipfile.ZipFile, manifest: dict[str, Any], project: Project, data: Path) -> dict[str, str]:
    """Put blobs and files in their places. Returns where each file of the other machine is now."""
    for name in file.namelist():
        if name.startswith("blobs/") and name.removeprefix("blobs/").isalnum():
            write_atomically(project.blobs / name.removeprefix("blobs/"), file.read(name))
    came_from = Path(manifest["root"])
    places: dict[str, str] = {}
    # All are known before the first is written: of a bundle that is refused nothing lies anywhere.
    taken = [(n, o, _place(project.root, came_from, Path(o), n)) for n, o in manifest["files"].items()]
    for name, original, place in taken:
        make_folder(place.parent)
        write_atomically(place, file.read(name))
        places[original] = str(place)
    for given in manifest["inputs"]:
        use = FileUse(**given)
        if use.path in places or Path(use.path).is_file():
            continue
        relative = Path(os.path.relpath(use.path, came_from))
        found = next((p for p in (data / relative, data / relative.name) if p.is_file()), None)
        if found is not None:
            place = _place(project.root, came_from, Path(use.path), f"files/data/{relative.name}")
            make_folder(place.parent)
            place.symlink_to(found)
            places[use.path] = str(place)
    return places


def _place(root: Path, came_from: Path, original: Path, name: str) -> Path:
    """Return where a file of the other machine goes. Raises `ValueError` where that is outside of the project."""
    original, came_from = (Path(os.path.normpath(each)) for each in (original, came_from))
    place = root / original.relative_to(came_from) if original.is_relative_to(came_from) else root / name
    if not place.resolve().is_relative_to(root):
        raise ValueError(f"it holds {str(original)!r}, which would be written outside of its own folder")
    return place


def _without_interpreter(line: Any) -> Any:
    """Return an event without the program that ran the kernel: on this machine it would be another, and is started."""
    return {**line, "executable": ""} if isinstance(line, dict) and "executable" in line else line


def _moved(value: Any, before: str, root: Path, places: dict[str, str]) -> Any:
    """Return an event with the paths of the other machine replaced by those of this one."""
    if isinstance(value, dict):
        return {key: _moved(inner, before, root, places) for key, inner in value.items() if key != "source"} | (
            {"source": value["source"]} if "source" in value else {}
        )
    if isinstance(value, list):
        return [_moved(inner, before, root, places) for inner in value]
    if isinstance(value, str):
        if value in places:
            return places[value]
        if value == before or value.startswith(f"{before.rstrip('/')}/"):
            return f"{root}{value[len(before.rstrip('/')) :]}"
    return value
