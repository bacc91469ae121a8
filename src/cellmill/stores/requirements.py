"""What must be installed to load a pickled model: also what is inside it, as the estimator at a pipeline's end.

Told from the pickle itself, of which nothing is loaded.
"""

import json
import pickletools
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution
from itertools import islice

from packaging.utils import canonicalize_name

from cellmill.capture.surroundings.distributions import distributions_of
from cellmill.core.event_parts import ModelBlob

# Of a pickle of more steps, as one with millions of numbers in lists, the rest is not read: some ten seconds' worth.
MOST_STEPS = 3_000_000
_FETCHING = ("GET", "BINGET", "LONG_BINGET")
_KEEPING = ("PUT", "BINPUT", "LONG_BINPUT")


def requirements_of(blob: ModelBlob, pickled: bytes, versions: Mapping[str, str]) -> list[str]:
    """Return what `pip` installs for a model: what its run said, and what else its pickle takes objects from.

    `versions` are those of the distributions that the run's kernel had imported. What it had not, has the version
    that is installed here; what was installed from a folder is on no index, and left out.
    """
    told = {canonicalize_name(each.partition("==")[0]) for each in blob.requirements}
    seen = {canonicalize_name(name): version for name, version in versions.items()}
    added: dict[str, str] = {}
    for module in sorted(modules_named(pickled)):
        for name, version in distributions_of((module,)).items():
            key = canonicalize_name(name)
            if key not in told and not _is_from_a_folder(name):
                # Without a local label: `2.13.0+cpu` is on no index that others have.
                added[key] = f"{name}=={seen.get(key, version).partition('+')[0]}"
    return [*blob.requirements, *added.values()]


def modules_named(pickled: bytes) -> set[str]:
    """Return the top-level modules from which a pickle takes classes and functions; those up to where it is damaged."""
    found: set[str] = set()
    memo: dict[int, str | None] = {}
    last: str | None = None  # what was put on the stack last, where that is a text
    texts = ["", ""]
    imports = False  # cloudpickle's way to a module that a class or function of a cell uses
    for name, argument in _steps(pickled):
        if name in ("GLOBAL", "INST"):
            module, _, what = str(argument).partition(" ")
            found.add(module)
            imports = what == "subimport"
        elif name == "STACK_GLOBAL":
            found.add(texts[0])
            imports, last = texts[1] == "subimport", None
        elif name == "MEMOIZE":
            memo[len(memo)] = last
        elif name in _KEEPING:
            memo[int(str(argument))] = last
        elif name in _FETCHING or "UNICODE" in name:
            last = memo.get(int(str(argument))) if name in _FETCHING else str(argument)
            if last is not None:
                texts = [texts[1], last]
                found.update([last] if imports else [])
                imports = False
        else:
            last = None
    return {module.partition(".")[0] for module in found} - {"", "__main__", "builtins"}


def _steps(pickled: bytes) -> Iterator[tuple[str, object]]:
    try:
        for step, argument, _ in islice(pickletools.genops(pickled), MOST_STEPS):
            yield step.name, argument
    except ValueError:  # cut off, or of a protocol that this Python does not know
        return


def _is_from_a_folder(name: str) -> bool:
    """Whether a distribution was installed from a folder or a file (PEP 610)."""
    text = distribution(name).read_text("direct_url.json")
    try:
        return text is not None and str(json.loads(text).get("url", "")).startswith("file:")
    except ValueError:
        return False
