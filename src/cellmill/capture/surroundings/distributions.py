"""Which distributions hold the modules that were imported, with their versions. Slow: for the background."""

import re
import sys
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions

# Modules that no distribution is named after, so that the slow question need not be asked for them.
_NAMED_OTHERWISE = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "PyYAML",
    "bs4": "beautifulsoup4",
    "imblearn": "imbalanced-learn",
    "skimage": "scikit-image",
    "dateutil": "python-dateutil",
}

# The first part of each path in a list of installed files: a folder, or a module by itself.
_TOP = re.compile(r"^([^\W\d]\w*)(?:/|\.py,|\.[^/,\n]*\.(?:so|pyd),|\.(?:so|pyd),)", re.MULTILINE)
_NAME, _VERSION = (re.compile(rf"^{field}: *(\S+)", re.MULTILINE) for field in ("Name", "Version"))


def distributions_of(modules: tuple[str, ...]) -> dict[str, str]:
    """Return name and version of each distribution that holds one of these top-level modules."""
    found: dict[str, str] = {}
    for module in modules:
        for name in _names_of(module):
            try:
                held = distribution(name)
            except PackageNotFoundError:
                continue
            called, version = _identity(held)
            found[called] = version
    return found


def _names_of(module: str) -> tuple[str, ...]:
    if module in sys.stdlib_module_names:
        return ()
    likely = _NAMED_OTHERWISE.get(module, module)
    try:
        distribution(likely)
    except (PackageNotFoundError, ValueError):
        return tuple(dict.fromkeys(distributions_by_module().get(module, ())))
    return (likely,)


@cache
def distributions_by_module() -> dict[str, list[str]]:
    """Return which distributions hold each top-level module.

    As `importlib.metadata.packages_distributions` does, in a fifth of its time: that one makes an object of each
    installed file and parses the whole description of each distribution as a mail, while the user's cells go on.
    """
    found: dict[str, list[str]] = {}
    for held in distributions():
        declared = (held.read_text("top_level.txt") or "").split()
        for module in dict.fromkeys(declared or _TOP.findall(held.read_text("RECORD") or "")):
            found.setdefault(module, []).append(_identity(held)[0])
    return found


def _identity(held: Distribution) -> tuple[str, str]:
    text = (held.read_text("METADATA") or held.read_text("PKG-INFO") or "").partition("\n\n")[0]
    name, version = _NAME.search(text), _VERSION.search(text)
    if name is None or version is None:
        return held.metadata["Name"], held.version
    return name[1], version[1]
