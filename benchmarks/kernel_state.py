"""What a kernel is like after a cell, as text that can be compared with another kernel's.

This file is executed within the kernels that are compared, in a module of its own, so it imports nothing of
this project and touches no object whose type it does not know.
"""

import builtins
import decimal
import gc
import hashlib
import json
import locale
import logging
import os
import random
import signal
import sys
import threading
import warnings
from typing import Any

PLAIN = (int, float, complex, str, bytes, bool, type(None))
DEEPEST = 6
MOST_ITEMS = 2_000
NOT_THE_USERS = {"cellmill", "mlflow", "twin_state", "executing", "asttokens"}
FOLDER_OF_OURS = ".cellmill"
ADDED_TO_ENVIRONMENT = {"MLFLOW_TRACKING_URI"}
"""Documented: what a notebook logs by hand goes to the project's store."""


def state(shell: Any) -> str:
    """Return everything that a user could notice of a kernel, as JSON."""
    names: dict[str, Any] = shell.user_ns
    hidden = {"In", "Out", "_ih", "_oh", "_dh", "get_ipython", "exit", "quit", "open"}
    found: dict[str, Any] = {
        f"name {name}": digest(names[name]) for name in sorted(map(str, names)) if name not in hidden and name in names
    }
    found["order of names"] = [str(name) for name in names]
    found["hidden names"] = sorted(map(str, shell.user_ns_hidden))
    found["In"] = [digest(text) for text in names["In"]]
    found["Out"] = {str(number): digest(value) for number, value in names["Out"].items()}
    found["execution_count"] = shell.execution_count
    found["random"] = digest(random.getstate())
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        found["numpy.random"] = digest(numpy.random.get_state())
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch random"] = digest(torch.get_rng_state().numpy())
    found["environment"] = {name: os.environ[name] for name in sorted(os.environ.keys() - ADDED_TO_ENVIRONMENT)}
    found["folder"] = _folder()
    found["files"] = _files()
    found["warnings"] = [repr(one) for one in warnings.filters]
    found["sys.path"] = list(sys.path)
    found["finders"] = [type(one).__name__ for one in sys.meta_path if not _is_ours(one)]
    found["hooks"] = [repr(type(one)) for one in (sys.excepthook, sys.displayhook, sys.unraisablehook)]
    found["threading hook"] = repr(threading.excepthook)
    found["tracing"] = [repr(type(sys.gettrace())), repr(type(sys.getprofile()))]
    found["streams"] = [type(one).__name__ for one in (sys.stdin, sys.stdout, sys.stderr)]
    found["limits"] = [sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), *gc.get_threshold()]
    found["signals"] = [repr(signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]
    found["threads"] = sorted(type(one).__name__ for one in threading.enumerate())
    found["builtins"] = sorted(vars(builtins))
    found["decimal"] = repr(decimal.getcontext())
    found["locale"] = repr(locale.setlocale(locale.LC_ALL))
    found["logging"] = [logging.root.level, [type(one).__name__ for one in logging.root.handlers]]
    found["modules"] = sorted({name.partition(".")[0] for name in sys.modules if _is_users(name)})
    found["matplotlib"] = _matplotlib()
    return json.dumps(found, default=str)


def digest(value: Any, depth: int = 0) -> Any:
    """Return a value as text where it is plain, else its type, with a digest of the data of known ones."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}" if type(kind) is type else str(type(kind))
    if kind in PLAIN:
        text = repr(value)
        return text if len(text) < 200 else f"{len(text)} {_hash(text.encode('utf-8', 'replace'))}"
    if depth >= DEEPEST:
        return name
    if kind in (list, tuple):
        return [name, len(value), *[digest(one, depth + 1) for one in value[:MOST_ITEMS]]]
    if kind is dict:
        # Of a registry of warnings not the count of how often filters were set aside: pandas does it all the time.
        items = [
            (key, one) for key, one in list(value.items())[:MOST_ITEMS] if type(key) is not str or key != "version"
        ]
        return [name, len(value), *[[digest(key, depth + 1), digest(one, depth + 1)] for key, one in items]]
    if kind in (set, frozenset):
        return [name, len(value), sorted(str(digest(one, depth + 1)) for one in list(value)[:MOST_ITEMS])]
    return _of_a_library(value, kind, name, depth)


def _of_a_library(value: Any, kind: type, name: str, depth: int) -> Any:
    if name == "numpy.ndarray":
        plain = value.dtype.kind in "biufcSUmM"
        return [name, str(value.dtype), value.shape, _hash(value.tobytes()) if plain else None]
    if name in ("pandas.DataFrame", "pandas.core.frame.DataFrame"):
        columns = [[str(label), digest(value.iloc[:, at].to_numpy(), depth + 1)] for at, label in enumerate(value)]
        return [name, value.shape, columns, sorted(map(str, value.attrs)), sorted(vars(value))]
    if name in ("pandas.Series", "pandas.core.series.Series"):
        return [name, digest(value.to_numpy(), depth + 1), str(value.name), sorted(vars(value))]
    if (
        kind.__module__.startswith(("sklearn.", "numpy.random", "xgboost.", "lightgbm."))
        or kind.__module__ == "__main__"
    ):
        fields = object.__getattribute__(value, "__dict__") if _has_fields(value) else {}
        return [name, {str(key): digest(one, depth + 1) for key, one in list(fields.items())[:MOST_ITEMS]}]
    return name


def _has_fields(value: Any) -> bool:
    try:
        return type(object.__getattribute__(value, "__dict__")) is dict
    except AttributeError:
        return False


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib is the user's to import
    except OSError as error:
        return type(error).__name__


def _files() -> dict[str, Any]:
    """Every file below the working directory, ours left out."""
    found: dict[str, Any] = {}
    for folder, folders, files in os.walk(".", onerror=None):
        folders[:] = sorted(one for one in folders if one not in (FOLDER_OF_OURS, "__pycache__"))
        for file in sorted(files):
            path = os.path.join(folder, file)  # noqa: PTH118
            try:
                with open(path, "rb") as opened:  # noqa: PTH123
                    found[path] = _hash(opened.read(1_000_000))
            except OSError as error:
                found[path] = type(error).__name__
            if len(found) >= MOST_ITEMS:
                return found
    return found


def _is_ours(finder: object) -> bool:
    return "cellmill" in (type(finder).__module__, *type(finder).__module__.split("."))


def _is_users(module: str) -> bool:
    """Not the standard library, nor what IPython itself loads at the first traceback."""
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and top not in NOT_THE_USERS


def _matplotlib() -> list[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return list(pyplot.get_fignums()) if pyplot is not None and hasattr(pyplot, "get_fignums") else []
