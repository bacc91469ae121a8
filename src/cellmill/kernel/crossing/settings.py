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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from cellmill.capture.probes.imports import ImportWatch
from cellmill.capture.secrets import Masker
from cellmill.kernel.values import digest_of

# Of us and of whoever runs the kernel: each kernel has its own.
_NOT_OURS = ("CELLMILL_", "JPY_", "MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "PYTHONHASHSEED", "PWD", "OLDPWD")

_told: set[str] = set()


@dataclass
class Baseline:
    """The process as the first step found it."""

    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    path: tuple[str, ...] = field(default_factory=lambda: tuple(sys.path))
    settings: dict[str, str | None] = field(default_factory=dict)
    """Digests of the libraries' own settings, as they were imported with them."""

    def note(self, watch: ImportWatch) -> None:
        """Note the settings of each library when it is imported: those are nothing that a step has set."""
        for name, (module, reads, _) in _SETTINGS.items():
            watch.after(module, partial(self._note, name, reads))

    def _note(self, name: str, reads: Callable[[], Any], _: Any) -> None:
        with _said(f"whether a step changes the settings of {name} is not known"):
            self.settings[name] = digest_of(_counted(name, reads()))


def process(baseline: Baseline, root: Path) -> dict[str, Any]:
    """Return what is otherwise of the process than at the start: texts, so that no library is imported to read them.

    Of environment variables none that holds a secret: see `secret_variables`.
    """
    secret = secret_variables(baseline)
    changed = _changed(baseline.variables)
    return {
        "variables": {name: value for name, value in changed.items() if name not in secret},
        "folder": _relative(Path.cwd(), root),
        "path": _added(baseline, root),
        "path_gone": [entry for entry in baseline.path if entry not in sys.path],
    }


def secret_variables(baseline: Baseline) -> list[str]:
    """Return the names of changed environment variables that cross to nobody: keys and passwords."""
    masker = Masker()
    changed = _changed(baseline.variables)
    return [name for name, value in changed.items() if value is not None and masker.hides(name, value)]


def of_libraries() -> dict[str, Any]:
    """Return the settings of the libraries that are imported, as what pickle writes."""
    found: dict[str, Any] = {}
    for name, (module, reads, _) in _SETTINGS.items():
        if module in sys.modules:
            with _said(f"the settings of {name} do not cross to the next step"):
                found[name] = reads()
    return found


def that_count(found: Mapping[str, Any], baseline: Baseline) -> dict[str, Any]:
    """Return the settings that may change what a later step comes to: those that are not the library's own."""
    counted = {name: _counted(name, value) for name, value in found.items()}
    own = {
        name
        for name, value in counted.items()
        if (digest := digest_of(value)) and digest == baseline.settings.get(name)
    }
    return {name: value for name, value in counted.items() if name not in own and value is not None}


def _counted(name: str, value: Any) -> Any:
    """Of the filters of warnings those that raise: others only show and hide, and libraries add them at their import.

    Which are there, and in which order, depends on what a warm kernel had imported ahead.
    """
    if name == "logging":  # which loggers a library has set up depends on what was imported, too
        return {logger: state for logger, state in value.items() if state["library"] is None} or None
    if name != "python":
        return value
    return {**value, "warnings": [each for each in value["warnings"] if each[0] == "error"]}


def _added(baseline: Baseline, root: Path) -> list[tuple[int, str]]:
    """Return what was added to the search path, and where: 0 ahead of all else, 1 behind its first place, 2 at its end.

    That first place is the working directory, as a rule.
    """
    found = []
    passed = 0
    for entry in sys.path:
        if entry in baseline.path:
            passed += 1
        else:
            found.append((min(passed, 2), _relative(Path(entry), root) if entry else ""))
    return found


def put_process_back(found: Mapping[str, Any], root: Path, baseline: Baseline) -> None:
    """Make the process as it was in the step before: ahead of all imports, which look at it."""
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
    own = next((index for index, entry in enumerate(sys.path) if entry in baseline.path), len(sys.path))
    added: tuple[list[str], ...] = ([], [], [])
    for where, entry in found["path"]:
        place = str(Path(os.path.normpath(root / entry))) if entry else ""
        if place not in sys.path:
            added[where].append(place)
    sys.path[:] = [*added[0], *sys.path[: own + 1], *added[1], *sys.path[own + 1 :], *added[2]]
    sys.path[:] = [entry for entry in sys.path if entry not in found["path_gone"]]
    importlib.invalidate_caches()


def put_back(found: Mapping[str, Any], watch: ImportWatch) -> None:
    """Give libraries the settings that they had in the step before. `watch` waits for those not there yet.

    May be called again: what does not work is said once.
    """
    for name, (module, _, writes) in _SETTINGS.items():
        if found.get(name) is not None:
            watch.after(module, _writer(name, writes, found[name]))


def _writer(name: str, writes: Callable[[Any], None], value: Any) -> Callable[[Any], None]:
    def write(_: Any) -> None:
        with _said(f"the settings of {name} are not all as in the step before"):
            writes(value)

    return write


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """Go on after an error, and say it where the step's cells print: another version has other settings."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever a library's own setters raise
        sentence = f"cellmill: {what} ({type(error).__name__}: {error})\n"
        if sentence not in _told:
            _told.add(sentence)
            sys.stderr.write(sentence)


def _changed(before: Mapping[str, str]) -> dict[str, str | None]:
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
        with _said(f"pandas' option {key} is not as in the step before"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pandas.set_option(key, value)


def _matplotlib() -> dict[str, Any]:
    matplotlib = sys.modules["matplotlib"]
    default = matplotlib.rcParamsDefault
    names = [name for name in matplotlib.rcParams if not name.startswith("backend")]
    now = dict.__getitem__  # the mapping's own way to read warns of what is deprecated
    found = {
        name: now(matplotlib.rcParams, name) for name in names if now(matplotlib.rcParams, name) != default.get(name)
    }
    colours, own = matplotlib.colors.get_named_colors_mapping(), _own_colours(matplotlib.colors)
    name = found.get("image.cmap")
    return {
        "parameters": found,
        "colours": {name: value for name, value in colours.items() if own.get(name) != value},
        # The map that plots take unless told otherwise may be another library's, which a step need not import.
        "map": matplotlib.colormaps[name] if isinstance(name, str) and name in matplotlib.colormaps else None,
    }


def _own_colours(colors: Any) -> dict[str, Any]:
    """Return what matplotlib's names of colours mean to itself."""
    far, near = colors.XKCD_COLORS, colors.TABLEAU_COLORS
    american = {name.replace("grey", "gray"): value for name, value in far.items()}
    british = {name.replace("gray", "grey"): value for name, value in near.items()}
    return {**american, **far, **colors.CSS4_COLORS, **british, **near, **colors.BASE_COLORS}


def _set_matplotlib(found: dict[str, Any]) -> None:
    matplotlib = sys.modules["matplotlib"]
    if found["map"] is not None and found["map"].name not in matplotlib.colormaps:
        matplotlib.colormaps.register(found["map"])
    colours = matplotlib.colors.get_named_colors_mapping()
    for name, value in found["colours"].items():
        colours[name] = value  # one by one: each forgets what the names before it meant
    matplotlib.rcParams.update(found["parameters"])


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


def _polars() -> str:
    found: str = sys.modules["polars"].Config.save()
    return found


def _set_polars(found: str) -> None:
    sys.modules["polars"].Config.load(found)


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
        "disabled": logging.root.manager.disable,
    }


def _set_python(found: dict[str, Any]) -> None:
    if found["recursion"] != sys.getrecursionlimit():
        sys.setrecursionlimit(found["recursion"])
    logging.root.setLevel(found["logging"])
    logging.disable(found.get("disabled", logging.NOTSET))
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
    "polars": ("polars", _polars, _set_polars),
    "sklearn": ("sklearn", _sklearn, _set_sklearn),
    "torch": ("torch", _torch, _set_torch),
}
