"""What a notebook has changed in modules: attributes it has put into libraries, and the state of its own modules."""

import importlib
import sys
import types
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from cellmill.capture.probes.imports import ImportWatch
from cellmill.core.step_errors import CannotCross
from cellmill.kernel.crossing.bundle import survey

_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)
_GONE = "cellmill:gone"


def canonical(path: str, namespace: dict[str, Any]) -> str | None:
    """Return a dotted place as any kernel would find it: `pd.DataFrame.shout` -> `pandas.DataFrame.shout`.

    It may belong to a module, to a class of one, or to an instance that a module holds, as `plotly.io.templates`.
    None where it belongs to none of them: then it is a part of some value.
    """
    first, *middle, attribute = path.split(".")
    owner = namespace.get(first)
    place = _place_of(owner) or _holder_of(first, owner, namespace)
    if place is None:
        return None
    for name in middle:
        try:
            owner = getattr(owner, name)  # as the cell did: modules may make what they hold when it is asked for
        except Exception:  # noqa: BLE001 - what a property of the user's raises
            return None
        place = _place_of(owner) or f"{place}.{name}"
    return f"{place}.{attribute}"


def _place_of(owner: Any) -> str | None:
    """Return where any kernel finds a module, or a class of one."""
    if isinstance(owner, types.ModuleType) and owner.__name__ in sys.modules and owner.__name__ != "__main__":
        return owner.__name__
    if isinstance(owner, type) and owner.__module__ in sys.modules and owner.__module__ != "__main__":
        return f"{owner.__module__}.{owner.__qualname__}"
    return None


def _holder_of(name: str, owner: Any, namespace: dict[str, Any]) -> str | None:
    """Return the place of an instance that a notebook imported by its name: `from plotly.io import templates`."""
    if owner is None or isinstance(owner, (types.ModuleType, type, int, float, str)):
        return None
    # The notebook itself is in there too, under two names where something has imported joblib (`__mp_main__`).
    found = [
        key
        for key, module in list(sys.modules.items())
        if key != "__main__" and (held := getattr(module, "__dict__", {})) is not namespace and held.get(name) is owner
    ]
    return f"{min(found, key=len)}.{name}" if found else None


def patches(paths: Iterable[str]) -> list[tuple[Any, str, Any]]:
    """Return (place of the owner, attribute, value) for each dotted place, as `pandas.DataFrame.shout`.

    Raises `CannotCross` for an owner that is not there.
    """
    found = []
    for path in paths:
        parts = path.split(".")
        module = next(
            (".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1) if ".".join(parts[:end]) in sys.modules),
            None,
        )
        owner: Any = sys.modules.get(module) if module is not None else None
        names = parts[len(module.split(".")) : -1] if module is not None else []
        for name in names:
            owner = getattr(owner, name, None)
        if module is None or owner is None:
            raise CannotCross(path, reason="what it belongs to is in no module")
        found.append(((module, ".".join(names)), parts[-1], _held(owner, parts[-1])))
    return found


def _held(owner: Any, attribute: str) -> Any:
    """Return an attribute as it was put there: what a class inherits was not."""
    if isinstance(owner, type):
        return vars(owner).get(attribute, _GONE)
    return getattr(owner, attribute, _GONE)


def patch(found: Iterable[tuple[Any, str, Any]]) -> None:
    """Put attributes where they were."""
    for (module, names), attribute, value in found:
        owner: Any = importlib.import_module(module)
        for name in names.split(".") if names else ():
            owner = getattr(owner, name)
        if isinstance(value, str) and value == _GONE:
            if attribute in getattr(owner, "__dict__", ()):
                delattr(owner, attribute)
        else:
            setattr(owner, attribute, value)


def own_states(root: Path, namespace: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the data that modules of the project hold, by module: what can be pickled, and is no code."""
    found: dict[str, dict[str, Any]] = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__" or name.partition(".")[0] == "cellmill" or not file or not _is_own(Path(file), root):
            continue
        held = {}
        for key, value in list(vars(module).items()):
            if key.startswith("__") or isinstance(value, _CODE):
                continue
            try:
                survey(value, namespace)
            except KeyboardInterrupt:
                raise
            except BaseException:  # noqa: BLE001 - the next kernel's import makes one of its own
                continue
            held[key] = value
        if held:
            found[name] = held
    return found


def put_back(states: dict[str, dict[str, Any]], watch: ImportWatch) -> None:
    """Give modules the data they held, when they are imported."""
    for name, held in states.items():
        watch.after(name, partial(_update, held))


def _update(held: dict[str, Any], module: types.ModuleType) -> None:
    vars(module).update(held)


def _is_own(file: Path, root: Path) -> bool:
    if any(part in ("site-packages", "dist-packages") for part in file.parts):
        return False
    return file.suffix == ".py" and file.is_relative_to(root)
