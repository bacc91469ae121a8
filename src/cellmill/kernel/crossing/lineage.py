"""Whose model an object is, and whose prediction: what capture knows of what crosses goes with it.

It stands behind the values in their file, as a second pickle that only refers to what is in the first: the digest of
the values leaves it out, for every run has another id. A reader that does not know of it, or a file without it, loads
the values all the same; and whatever goes wrong here is written to the journal, and no more.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from cellmill.kernel.crossing.bundle import Bundle, Unbundle

if TYPE_CHECKING:
    from cellmill.capture.measured import Prediction
    from cellmill.capture.observer import Observer
    from cellmill.capture.probes import Probes
    from cellmill.core.ids import RunId
    from cellmill.dataflow.provenance import Labels, Path

Lineage = Mapping[str, Any]
"""`models`, `predictions`, `names`, `compared`, `variants`: objects and plain values, with ids as texts."""


def write(bundle: Bundle, stream: BinaryIO, names: Iterable[str]) -> None:
    """Write what is known of the values that a bundle has just written, and of their names, behind them."""
    probes = _probes()
    observer = probes.try_observer() if probes is not None else None
    if observer is None:
        return
    ended = stream.tell()
    try:
        if observer.models() or observer.predictions.are_any:
            bundle.dump(_known(observer, _within(bundle), frozenset(names)))
    except Exception as error:  # noqa: BLE001 - the step has ended well, and is to hand over its values
        observer.recording.failed("crossing", error)
        stream.seek(ended)
        stream.truncate()


def try_read(unbundle: Unbundle) -> Lineage | None:
    """Return what stands behind the values that were just read, None where nothing does."""
    try:
        found = unbundle.load()
    except Exception:  # noqa: BLE001 - EOFError, mostly: from a kernel in which nothing was captured
        return None
    return found if isinstance(found, dict) else None


def put_back(found: Iterable[Lineage], namespace: dict[str, Any]) -> None:
    """Have this kernel's capture know what the kernels before it knew."""
    taken = list(found)
    probes = _probes()
    if not taken or probes is None:
        return
    observer = probes.observer()
    try:
        _take(observer, taken, namespace)
    except Exception as error:  # noqa: BLE001 - the step begins without it
        observer.recording.failed("crossing", error)


def _probes() -> "Probes | None":
    extension = sys.modules.get("cellmill.kernel.extension")
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    state = extension.state_of(shell) if extension is not None and shell is not None else None
    return state.probes if state is not None else None


def _within(bundle: Bundle) -> Callable[[Any], bool]:
    """Return what says whether an object is in a bundle: what is not must not be written for our sake."""
    memo: dict[int, Any] = bundle.memo.copy()

    def is_within(value: Any) -> bool:
        entry = memo.get(id(value))
        return (entry is not None and entry[1] is value) or bundle.is_kept_apart(value)

    return is_within


def _known(observer: "Observer", is_within: Callable[[Any], bool], names: frozenset[str]) -> dict[str, Any]:
    session_of = observer.elsewhere.session_of
    models = [(model, run, session_of(run)) for model, run in observer.models() if is_within(model)]
    predictions = [
        (array, each.run, session_of(each.run), each.data)
        for array, each in observer.predictions.arrays()
        if is_within(array)
    ]
    labels, compared = observer.predictions.names()
    derived = {
        path: [None if each is None else (each.run, session_of(each.run), each.data) for each in found]
        for path, found in labels.items()
        if path[0] in names
    }
    runs = {run for _, run, *_ in (*models, *predictions)}
    runs |= {each[0] for found in derived.values() for each in found if each is not None}
    return {
        "models": models,
        "predictions": predictions,
        "names": derived,
        "compared": [path for path in compared if path[0] in names],
        "variants": {key: dict(found) for key, found in observer.variants.items() if key[0] in runs},
    }


def _take(observer: "Observer", taken: Iterable[Lineage], namespace: dict[str, Any]) -> None:
    from cellmill.capture.describe import rows_of
    from cellmill.capture.measured import Prediction

    def prediction(run: "RunId", session: Any, data: str | None) -> "Prediction | None":
        return Prediction(run, data) if observer.elsewhere.knows(run, session) else None

    arrays: list[tuple[Any, Prediction]] = []
    # Of a name that several steps give, as the items of a loop do, it is not known which one it holds.
    names: dict[Path, Labels] = {}
    compared: list[Path] = []
    for lineage in taken:
        for model, run, session in lineage["models"]:
            if observer.elsewhere.knows(run, session):
                observer.remember_model(model, run)
        for array, *of in lineage["predictions"]:
            found = prediction(*of)
            if found is not None:
                arrays.append((array, replace(found, rows=rows_of(array))))
        for path, labels in lineage["names"].items():
            derived = frozenset(None if each is None else prediction(*each) for each in labels)
            names[path] = names.get(path, frozenset()) | derived
        compared += lineage["compared"]
        for key, variants in lineage["variants"].items():
            observer.variants.setdefault(key, dict(variants))
    observer.predictions.take(arrays, names, compared, namespace)
    if observer.predictions.are_any:
        observer.look_at_cells()
