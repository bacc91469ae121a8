"""Which distributions hold the modules that were imported, with their versions. Slow: for the background."""

import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

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


def distributions_of(modules: tuple[str, ...]) -> dict[str, str]:
    """Return name and version of each distribution that holds one of these top-level modules."""
    found: dict[str, str] = {}
    for module in modules:
        for name in _names_of(module):
            try:
                held = distribution(name)
            except PackageNotFoundError:
                continue
            found[held.metadata["Name"]] = held.version
    return found


def _names_of(module: str) -> tuple[str, ...]:
    if module in sys.stdlib_module_names:
        return ()
    likely = _NAMED_OTHERWISE.get(module, module)
    try:
        distribution(likely)
    except (PackageNotFoundError, ValueError):
        return tuple(dict.fromkeys(_all().get(module, ())))
    return (likely,)


@cache
def _all() -> dict[str, list[str]]:
    """Read the file lists of everything that is installed: some hundreds of milliseconds."""
    return dict(packages_distributions())
