"""Where a step of a pipeline begins and ends: values come from the steps before it, and go to those after it.

What one step hands over lies in a folder of its own: `values.pickle`, a Parquet file for each data frame that comes
back from Parquet as it was, and `manifest.json`, written last.
"""

import json
import os
import pickle
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cellmill.capture.probes.imports import ImportWatch
from cellmill.capture.surroundings import random_state
from cellmill.core.project import find_project
from cellmill.core.step_errors import (
    CannotCross,
    NotGiven,
    StepNotBegun,
    TooLargeToCross,
    ValuesMissing,
    ValuesUnreadable,
)
from cellmill.core.steps import MANIFEST, MOST_CROSSING_BYTES, VALUES_VERSION
from cellmill.kernel.crossing import background, modules, places, settings
from cellmill.kernel.crossing.bundle import Bundle, Frames, Unbundle, name_that_cannot, survey, why_not
from cellmill.kernel.crossing.checks import check_frames
from cellmill.kernel.values import digest_of, reads_as

__all__ = ["begin_step", "check_frames", "end_step", "namespace_of_notebook"]

VALUES = "values.pickle"


@dataclass
class _Step:
    """The step that this kernel is running."""

    name: str
    values: str
    root: Path
    baseline: settings.Baseline
    watch: ImportWatch
    threads: frozenset[int] = field(default_factory=background.now)
    untouched: dict[str, str] = field(default_factory=dict)
    """Random generators that nobody has seeded or drawn from when the step began, with digests of their states."""


_current: _Step | None = None


def begin_step(name: str, *, after: Sequence[str] = (), values: str, folder: str = ".", item: str = "") -> None:
    """Begin a step: take what the steps in `after` have handed over, and make the process as they left it.

    `values` is the folder, or a URL that fsspec knows, where values cross; `folder` is where the notebook works. Both
    are relative to the project's root. `item` says which one of several this is, where a step runs once for each
    item of a list. Raises `ValuesMissing`, `ValuesUnreadable`.
    """
    global _current
    root = find_project(Path.cwd()).root
    step = f"{name}.{item}" if item else name
    baseline = settings.Baseline()
    watch = ImportWatch()
    watch.start()
    place = values if places.is_url(values) else str(root / values)
    _current = _Step(step, place, root, baseline, watch)
    (root / folder).mkdir(parents=True, exist_ok=True)
    os.chdir(root / folder)
    namespace = namespace_of_notebook()
    for before in after:
        items = places.try_items(place, before)
        if items is None:
            namespace.update(_take(_current, before, before, namespace))
            continue
        taken = [_take(_current, before, f"{before}.{each}", namespace) for each in items]
        for key in taken[0] if taken else ():
            namespace[key] = [one[key] for one in taken]
    if not after:
        _note_untouched(_current)
        watch.after("numpy.random", lambda _, step=_current: _note_untouched(step))  # type: ignore[misc]


def end_step(names: Iterable[str], *, patched: Iterable[str] = (), most_bytes: int = MOST_CROSSING_BYTES) -> None:
    """End a step: hand these names over, with all that holds for the process as a whole.

    `patched` are attributes that the notebook has put into modules, as `pandas.DataFrame.shout`. Raises `NotGiven`,
    `CannotCross`, `TooLargeToCross`; then nothing is handed over.
    """
    if _current is None:
        raise StepNotBegun
    step, namespace = _current, namespace_of_notebook()
    random = _random()
    given = {}
    for name in dict.fromkeys(names):
        if name not in namespace:
            raise NotGiven(step.name, name=name)
        given[name] = namespace[name]
    if (running := background.started_since(step.threads)) is not None:
        raise CannotCross(running, reason="it is still running, and would end with this kernel")
    content = {
        "names": given,
        "patches": modules.patches(patched),
        "modules": modules.own_states(step.root, namespace),
        "settings": settings.read(step.baseline, step.root),
    }
    size, shared = _measure(content, given, namespace)
    if size > most_bytes:
        raise TooLargeToCross(_largest(given, namespace), size_bytes=size, most_bytes=most_bytes)
    with tempfile.TemporaryDirectory(prefix="cellmill-") as draft:
        made = Path(draft)
        frames = Frames(made, {id(value): name for name, value in given.items()}, shared)
        with (made / VALUES).open("wb") as stream:
            Bundle(stream, namespace, keep=frames.keep, shared=shared).dump(content)
        random_state.restore(random)  # pickling may have drawn
        (made / "random.pickle").write_bytes(pickle.dumps(random))
        manifest = _manifest(step, content, frames, made, random)
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
        places.put(made, step.values, step.name)


def namespace_of_notebook() -> dict[str, Any]:
    """Return the names of the notebook that this kernel runs."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    found: dict[str, Any] = shell.user_ns if shell is not None else vars(sys.modules["__main__"])
    return found


def _random() -> dict[str, bytes]:
    kept: dict[str, bytes] = {}
    contents: dict[str, bytes] = {}
    watch = random_state.RandomWatch(lambda content, digest: contents.__setitem__(digest, content))
    for name, digest in watch.look().items():
        kept[name] = contents[digest]
    return kept


def _note_untouched(step: _Step) -> None:
    """Each process begins with states of its own: as long as they stay so, no two runs have to differ for them."""
    for name, state in _random().items():
        step.untouched.setdefault(name, sha256(state).hexdigest())


def _take(step: _Step, before: str, folder: str, namespace: dict[str, Any]) -> Mapping[str, Any]:
    """Return the names that a step handed over, and put the process into the state it left."""
    with places.found(step.values, folder) as place:
        if place is None:
            raise ValuesMissing(step.name, before=before, folder=f"{step.values}/{folder}")
        try:
            manifest = json.loads((place / MANIFEST).read_text("utf-8"))
            if manifest["version"] != VALUES_VERSION:
                raise ValueError(f"they are of version {manifest['version']}, and this Cellmill reads {VALUES_VERSION}")
            frames = Frames.read(place, manifest["frames"])
            with (place / VALUES).open("rb") as stream:
                content = Unbundle(stream, namespace, frames).load()
            random = pickle.loads((place / "random.pickle").read_bytes())
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ValuesUnreadable(step.name, before=before, reason=f"{type(error).__name__}: {error}"[:500]) from error
    settings.put_back(content["settings"], step.root, step.watch)
    modules.put_back(content["modules"], step.watch)
    modules.patch(content["patches"])
    random_state.restore(random)
    step.untouched |= {name: sha256(random[name]).hexdigest() for name in manifest["untouched"]}
    names: Mapping[str, Any] = content["names"]
    return names


def _measure(
    content: Mapping[str, Any], given: Mapping[str, Any], namespace: dict[str, Any]
) -> tuple[int, frozenset[int]]:
    try:
        return survey(content, namespace, apart={id(value): name for name, value in given.items()})
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name, reason = name_that_cannot(given, namespace) or (", ".join(given), why_not(error))
        raise CannotCross(name, reason=reason) from error


def _largest(given: Mapping[str, Any], namespace: dict[str, Any]) -> str:
    sizes = {name: survey(value, namespace)[0] for name, value in given.items()}  # together they were measured already
    return max(sizes, key=lambda name: sizes[name])


def _manifest(
    step: _Step, content: Mapping[str, Any], frames: Frames, made: Path, random: Mapping[str, bytes]
) -> dict[str, Any]:
    names: dict[str, dict[str, Any]] = {}
    bundle = sha256((made / VALUES).read_bytes()).hexdigest()
    for name, value in content["names"].items():
        names[name] = {"digest": digest_of(value), "reads": reads_as(value)}
        if (written := frames.written.get(f"{name}.parquet")) is not None:
            names[name]["bytes"] = written
    around = {part: content[part] for part in ("settings", "patches", "modules")}
    states = {name: sha256(state).hexdigest() for name, state in sorted(random.items())}
    untouched = [name for name, digest in states.items() if step.untouched.get(name) == digest]
    digests = [
        *(f"{name} {entry['digest'] or bundle}" for name, entry in sorted(names.items())),
        *(f"{name} {digest}" for name, digest in states.items() if name not in untouched),
        digest_of(around) or bundle,
    ]
    return {
        "version": VALUES_VERSION,
        "step": step.name,
        "names": names,
        "frames": sorted(frames.written),
        "bytes": sum(file.stat().st_size for file in made.iterdir()),
        "untouched": untouched,
        "digest": sha256("\n".join(digests).encode()).hexdigest(),
    }
