"""What holds for a whole process, besides its names: it crosses from step to step as well.

Environment variables, working directory, search path, and the settings of libraries: of those, what was changed.
A library that a step has not imported gets its settings when it is.
"""

import contextlib
import decimal
import importlib
import locale
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellmill.capture.probes.imports import ImportWatch

# Of us and of whoever runs the kernel: each kernel has its own.
_NOT_OURS = ("CELLMILL_", "JPY_", "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "PYTHONHASHSEED", "PWD", "OLDPWD")


@dataclass
class Baseline:
    """The process as the first step found it."""

    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    path: tuple[str, ...] = field(default_factory=lambda: tuple(sys.path))


def read(baseline: Baseline, root: Path) -> dict[str, Any]:
    """Return what is otherwise than at the start, as what pickle writes."""
    found: dict[str, Any] = {
        "variables": _variables(baseline.variables),
        "folder": _relative(Path.cwd(), root),
        "path": [_relative(Path(entry), root) if entry else "" for entry in sys.path if entry not in baseline.path],
        "path_gone": [entry for entry in baseline.path if entry not in sys.path],
    }
    for name, (module, reads, _) in _SETTINGS.items():
        if module in sys.modules:
            with contextlib.suppress(Exception):  # a version of the library that has no such settings
                found[name] = reads()
    return found


def put_back(found: Mapping[str, Any], root: Path, watch: ImportWatch) -> None:
    """Make the process as it was in the step before. `watch` waits for libraries that are not there yet."""
    for name, value in found["variables"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "TZ" in found["variables"] and hasattr(time, "tzset"):
        time.tzset()
    folder = Path(os.path.normpath(root / found["folder"]))
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    for entry in reversed(found["path"]):
        place = str(Path(os.path.normpath(root / entry))) if entry else ""
        if place not in sys.path:
            sys.path.insert(0, place)
    sys.path[:] = [entry for entry in sys.path if entry not in found["path_gone"]]
    importlib.invalidate_caches()
    for name, (module, _, writes) in _SETTINGS.items():
        if name in found:
            watch.after(module, _writer(writes, found[name]))


def _writer(writes: Callable[[Any], None], value: Any) -> Callable[[Any], None]:
    def write(_: Any) -> None:
        with contextlib.suppress(Exception):  # as in `read`
            writes(value)

    return write


def _variables(before: Mapping[str, str]) -> dict[str, str | None]:
    now = dict(os.environ)
    changed: dict[str, str | None] = {name: value for name, value in now.items() if before.get(name) != value}
    changed |= dict.fromkeys(before.keys() - now.keys())
    return {name: value for name, value in sorted(changed.items()) if not name.startswith(_NOT_OURS)}


def _relative(path: Path, root: Path) -> str:
    """A path inside the project from its root, so that the project may lie elsewhere; another as it is."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)


def _pandas() -> dict[str, Any]:
    config = sys.modules["pandas._config.config"]
    known = config._registered_options
    found = {}
    for key, option in known.items():
        now = config._get_option(key) if hasattr(config, "_get_option") else config.get_option(key)
        if now is not option.defval and now != option.defval:
            found[key] = now
    return found


def _set_pandas(options: dict[str, Any]) -> None:
    pandas = sys.modules["pandas"]
    for key, value in options.items():
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pandas.set_option(key, value)


def _matplotlib() -> dict[str, Any]:
    matplotlib = sys.modules["matplotlib"]
    default = matplotlib.rcParamsDefault
    names = [name for name in matplotlib.rcParams if not name.startswith("backend")]
    now = dict.__getitem__  # the mapping's own way to read warns of what is deprecated
    return {
        name: now(matplotlib.rcParams, name) for name in names if now(matplotlib.rcParams, name) != default.get(name)
    }


def _set_matplotlib(parameters: dict[str, Any]) -> None:
    sys.modules["matplotlib"].rcParams.update(parameters)


def _torch() -> dict[str, Any]:
    torch = sys.modules["torch"]
    return {
        "dtype": torch.get_default_dtype(),
        "grad": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


def _set_torch(found: dict[str, Any]) -> None:
    torch = sys.modules["torch"]
    torch.set_default_dtype(found["dtype"])
    torch.set_grad_enabled(found["grad"])
    if found["deterministic"]:
        torch.use_deterministic_algorithms(True)


def _numpy() -> dict[str, Any]:
    numpy = sys.modules["numpy"]
    return {"errors": numpy.geterr(), "printing": numpy.get_printoptions()}


def _set_numpy(found: dict[str, Any]) -> None:
    numpy = sys.modules["numpy"]
    numpy.seterr(**found["errors"])
    numpy.set_printoptions(**{k: v for k, v in found["printing"].items() if k != "override_repr" or v is not None})


def _sklearn() -> dict[str, Any]:
    found: dict[str, Any] = sys.modules["sklearn"].get_config()
    return found


def _set_sklearn(found: dict[str, Any]) -> None:
    sys.modules["sklearn"].set_config(**found)


def _python() -> dict[str, Any]:
    return {
        "recursion": sys.getrecursionlimit(),
        "warnings": list(warnings.filters),
        "logging": logging.root.level,
    }


def _set_python(found: dict[str, Any]) -> None:
    if found["recursion"] != sys.getrecursionlimit():
        sys.setrecursionlimit(found["recursion"])
    logging.root.setLevel(found["logging"])
    filters: Any = warnings.filters
    filters[:] = found["warnings"]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _locale() -> str:
    return locale.setlocale(locale.LC_ALL)


def _set_locale(found: str) -> None:
    if locale.setlocale(locale.LC_ALL) != found:
        locale.setlocale(locale.LC_ALL, found)


# Name -> the module whose settings they are, how they are read, how they are written.
_SETTINGS: dict[str, tuple[str, Callable[[], Any], Callable[[Any], None]]] = {
    "python": ("sys", _python, _set_python),
    "locale": ("locale", _locale, _set_locale),
    "decimal": ("decimal", decimal.getcontext, decimal.setcontext),
    "numpy": ("numpy", _numpy, _set_numpy),
    "pandas": ("pandas", _pandas, _set_pandas),
    "matplotlib": ("matplotlib", _matplotlib, _set_matplotlib),
    "sklearn": ("sklearn", _sklearn, _set_sklearn),
    "torch": ("torch", _torch, _set_torch),
}
