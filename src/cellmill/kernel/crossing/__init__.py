"""Where a step of a pipeline begins and ends: values come from the steps before it, and go to those after it.

What one step hands over lies in a folder of its own: `values.pickle`, a Parquet file for each data frame that comes
back from Parquet as it was, and `manifest.json`, written last.
"""

import hashlib
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
from cellmill.core.errors import FolderNotWritable
from cellmill.core.files import words_of
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
from cellmill.kernel.crossing import background, lineage, logs, modules, places, settings
from cellmill.kernel.crossing.bundle import Bundle, Frames, Unbundle, Weight, name_that_cannot, survey, why_not
from cellmill.kernel.crossing.checks import check_frames
from cellmill.kernel.values import digest_of, digest_of_names, reads_as

__all__ = ["begin_step", "check_frames", "end_step", "namespace_of_notebook", "restore_random"]

VALUES = "values.pickle"
_OTHER_ORDER = (
    "cellmill: sets come from step {before}, and this kernel has them in another order: where the order counts, start "
    "the kernels of all steps with one PYTHONHASHSEED, as `cellmill pipeline run` does.\n"
)
_WITHOUT_SECRETS = (
    "cellmill: {names} held a secret after step {before}, which crosses to no other step, and is not set here: set "
    "it in the environment that the run is started with, or in a cell that needs it.\n"
)


@dataclass
class _Step:
    """The step that this kernel is running."""

    name: str
    values: str
    root: Path
    baseline: settings.Baseline
    watch: ImportWatch
    threads: frozenset[int] = field(default_factory=background.now)
    loggers: logs.Seen = field(default_factory=logs.look)
    """As the kernel and Python have set them up."""
    untouched: dict[str, str] = field(default_factory=dict)
    """Random generators that nobody had seeded or drawn from when they came, with digests of their states."""
    random: dict[str, bytes] = field(default_factory=dict)
    """States that steps before have left random generators in."""
    lineages: list[lineage.Lineage] = field(default_factory=list)
    """What capture knew of the values taken, in the kernels that they come from."""
    lacking: set[str] = field(default_factory=set)
    """Environment variables with secrets that steps before had, and this one was started without."""
    of_libraries: dict[str, Any] = field(default_factory=dict)
    """Settings that came: those of a library that this step does not import go on to the next one as they are."""
    of_modules: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What modules of the project held, likewise."""


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
    baseline.note(watch)
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
    lineage.put_back(_current.lineages, namespace)
    _note_untouched(_current)
    if "numpy" not in _current.random:
        watch.after("numpy.random", lambda _, step=_current: _note_untouched(step))  # type: ignore[misc]


def restore_random() -> None:
    """Put the random generators into the states that the steps before have left them in.

    It ends the cell that imports again what those steps have imported: some libraries draw while they are imported.
    Raises `StepNotBegun`.
    """
    if _current is None:
        raise StepNotBegun("restore_random")
    random_state.restore(_current.random)


def end_step(names: Iterable[str], *, patched: Iterable[str] = (), most_bytes: int = MOST_CROSSING_BYTES) -> None:
    """End a step: hand these names over, with all that holds for the process as a whole.

    `patched` are attributes that the notebook has put into modules, as `pandas.DataFrame.shout`. Raises `NotGiven`,
    `CannotCross`, `TooLargeToCross`, `FolderNotWritable`, `BadPlace`; then nothing is handed over.
    """
    if _current is None:
        raise StepNotBegun("end_step")
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
        "modules": {
            **{name: held for name, held in step.of_modules.items() if name not in sys.modules},
            **modules.own_states(step.root, namespace),
        },
    }
    if (reason := logs.why_not(step.loggers)) is not None:
        raise CannotCross("logging", reason=reason)
    of_libraries = {**step.of_libraries, **settings.of_libraries()}
    if loggers := logs.changed(step.loggers, step.root):
        of_libraries["logging"] = loggers
    counted = settings.that_count(of_libraries, step.baseline)
    of_libraries["counted"] = sorted(counted)
    process = settings.process(step.baseline, step.root)
    size, shared, has_sets = _measure({**content, "settings": of_libraries}, given, namespace)
    if size > most_bytes:
        raise TooLargeToCross(_largest(given, namespace), size_bytes=size, most_bytes=most_bytes)
    try:
        with tempfile.TemporaryDirectory(prefix="cellmill-") as draft:
            made = Path(draft)
            frames = Frames(made, {id(value): name for name, value in given.items()}, shared)
            with (made / VALUES).open("w+b") as stream:
                pickle.dump(process, stream)  # ahead of values whose modules are found, and behave, by it
                Bundle(stream, namespace).dump(of_libraries)  # frames are read, too, as pandas' options say
                bundle = Bundle(stream, namespace, keep=frames.keep, shared=shared)
                bundle.dump(content)
                stream.seek(0)
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                lineage.write(bundle, stream, given)
            random_state.restore(random)  # pickling may have drawn
            (made / "random.pickle").write_bytes(pickle.dumps(random))
            manifest = _manifest(step, content, process, counted, frames, made, digest, random, has_sets)
            (made / MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")
            places.put(made, step.values, step.name)
    except OSError as error:
        raise FolderNotWritable(tempfile.gettempdir(), reason=words_of(error)) from error


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


def _order() -> int:
    """Return what is the same in all processes that have sets of texts in the same order."""
    return hash("cellmill")


def _note_untouched(step: _Step) -> None:
    """Each process begins with states of its own: as long as they stay so, no two runs have to differ for them."""
    for name, state in _random().items():
        if name not in step.random:
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
            with (place / VALUES).open("rb") as stream:
                settings.put_process_back(pickle.load(stream), step.root, step.baseline)
                of_libraries = Unbundle(stream, namespace, {}).load()
                # Not Python's own: a filter may turn a warning into an error, and imports are to come.
                settings.put_back({**of_libraries, "python": None}, step.watch)
                frames = Frames.read(place, manifest["frames"])
                unbundle = Unbundle(stream, namespace, frames)
                content = unbundle.load()
                known = lineage.try_read(unbundle)
            random = pickle.loads((place / "random.pickle").read_bytes())
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise ValuesUnreadable(step.name, before=before, reason=f"{type(error).__name__}: {error}"[:500]) from error
    loggers, counted = of_libraries.pop("logging", {}), of_libraries.pop("counted", ())
    step.of_libraries |= {name: of_libraries[name] for name in counted if name in of_libraries}
    step.of_modules |= content["modules"]
    settings.put_back(of_libraries, step.watch)  # again, for modules of values may have changed some when they came
    logs.put_back(loggers, step.root, step.watch)
    modules.put_back(content["modules"], step.watch)
    modules.patch(content["patches"])
    random_state.restore(random)
    step.random |= random
    step.untouched |= {name: sha256(random[name]).hexdigest() for name in manifest["untouched"]}
    lacking = [name for name in manifest.get("secret", ()) if name not in os.environ]
    if lacking:
        step.lacking.update(lacking)
        sys.stderr.write(_WITHOUT_SECRETS.format(names=", ".join(lacking), before=before))
    if manifest.get("order") not in (None, _order()):
        sys.stderr.write(_OTHER_ORDER.format(before=before))
    if known is not None:
        step.lineages.append(known)
    names: Mapping[str, Any] = content["names"]
    return names


def _measure(content: Mapping[str, Any], given: Mapping[str, Any], namespace: dict[str, Any]) -> Weight:
    try:
        return survey(content, namespace, apart={id(value): name for name, value in given.items()})
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        name, reason = name_that_cannot(given, namespace) or (", ".join(given), why_not(error))
        raise CannotCross(name, reason=reason) from error


def _largest(given: Mapping[str, Any], namespace: dict[str, Any]) -> str:
    sizes = {
        name: survey(value, namespace).size_bytes for name, value in given.items()
    }  # together they were measured already
    return max(sizes, key=lambda name: sizes[name])


def _manifest(
    step: _Step,
    content: Mapping[str, Any],
    process: Mapping[str, Any],
    counted: Mapping[str, Any],
    frames: Frames,
    made: Path,
    bundle: str,
    random: Mapping[str, bytes],
    has_sets: bool,
) -> dict[str, Any]:
    names: dict[str, dict[str, Any]] = {}
    for name, value in content["names"].items():
        names[name] = {"digest": digest_of(value), "reads": reads_as(value)}
        if (written := frames.sizes.get(name)) is not None:
            names[name]["bytes"] = written
    around = {"process": process, "patches": content["patches"], "modules": content["modules"], "settings": counted}
    states = {name: sha256(state).hexdigest() for name, state in sorted(random.items())}
    untouched = [name for name, digest in states.items() if step.untouched.get(name) == digest]
    digests = [
        digest_of_names(content["names"], frames.shared) or bundle,
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
        "order": _order() if has_sets else None,
        "secret": sorted({*settings.secret_variables(step.baseline), *(step.lacking - os.environ.keys())}),
        "digest": sha256("\n".join(digests).encode()).hexdigest(),
    }
