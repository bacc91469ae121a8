"""Loggers that a step has set up, put back in another process: levels, and handlers that write to files and streams.

A handler of another kind is refused, for what it does is not known. A library's own loggers are left to it until it
is imported, and are then as they were.
"""

import logging
import os
import sys
import types
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from cellmill.capture.probes.imports import ImportWatch

Seen = Mapping[str, tuple[Any, ...]]
"""Loggers by name, the root's is empty: all of each that a step may change."""

_STYLES: dict[Any, str] = {style: sign for sign, (style, _) in logging._STYLES.items()}
_STREAMS = ("stderr", "stdout", "__stderr__", "__stdout__")
_waiting: dict[str, dict[str, Any]] = {}


def look() -> Seen:
    """Return the loggers as they stand."""
    return {name: _all_of(logger) for name, logger in _loggers().items()}


def changed(before: Seen, root: Path) -> dict[str, dict[str, Any]]:
    """Return the loggers that are no longer as they were, as values; with those whose library was not imported yet."""
    found = {
        name: _described(name, logger, root)
        for name, logger in _loggers().items()
        if before.get(name, _UNTOUCHED) != _all_of(logger)
    }
    return {**_waiting, **found}


def why_not(before: Seen) -> str | None:
    """Return why the loggers cannot be put back elsewhere, None where they can."""
    for name, logger in _loggers().items():
        if _library_of(name) is not None:
            continue
        known = before.get(name, _UNTOUCHED)[3]
        for handler in _all_of(logger)[3]:
            if handler not in known and not _is_plain(handler):
                whose = f"the logger {name!r}" if name else "the root logger"
                return f"{whose} has a handler that would be lost with its kernel, a {type(handler).__name__}"
    return None


def put_back(found: Mapping[str, Mapping[str, Any]], root: Path, watch: ImportWatch) -> None:
    """Make loggers as they were. May be called again."""
    for name, state in found.items():
        if (library := state["library"]) is not None and library not in sys.modules:
            _waiting[name] = dict(state)
            watch.after(library, partial(_restore_once, name, root))
        else:
            _restore(name, state, root)


_UNTOUCHED: tuple[Any, ...] = (logging.NOTSET, True, False, (), ())


def _loggers() -> dict[str, logging.Logger]:
    manager = logging.root.manager
    named = {name: one for name, one in list(manager.loggerDict.items()) if isinstance(one, logging.Logger)}
    return {"": logging.root, **{name: one for name, one in named.items() if name.partition(".")[0] != "cellmill"}}


def _all_of(logger: logging.Logger) -> tuple[Any, ...]:
    handlers = tuple(one for one in logger.handlers if type(one) is not logging.NullHandler)
    return logger.level, logger.propagate, logger.disabled, handlers, tuple(logger.filters)


def _library_of(name: str) -> str | None:
    """Return the module that a logger is named after: it may set it up itself when it is imported."""
    top = name.partition(".")[0]
    return top if isinstance(sys.modules.get(top), types.ModuleType) and top != "__main__" else None


def _described(name: str, logger: logging.Logger, root: Path) -> dict[str, Any]:
    library = _library_of(name)
    return {
        "library": library,
        "level": logger.level,
        "propagate": logger.propagate,
        "disabled": logger.disabled,
        "filters": list(logger.filters) if library is None else [],
        "handlers": [_handler(one, root, is_own=library is not None) for one in _all_of(logger)[3]],
    }


def _is_plain(handler: logging.Handler) -> bool:
    if type(handler) is logging.FileHandler:
        return True
    return type(handler) is logging.StreamHandler and _stream_of(handler) is not None


def _stream_of(handler: Any) -> str | None:
    return next((name for name in _STREAMS if getattr(sys, name, None) is handler.stream), None)


def _handler(handler: Any, root: Path, *, is_own: bool) -> dict[str, Any]:
    formatter = _formatter(handler.formatter)
    is_simple = not handler.filters and (formatter is None or isinstance(formatter, tuple))
    if not _is_plain(handler) or (is_own and not is_simple):
        return {"kept": f"{type(handler).__module__}.{type(handler).__qualname__}"}
    found = {
        "level": handler.level,
        "name": handler.get_name(),
        "formatter": formatter,
        "filters": list(handler.filters),
    }
    if type(handler) is logging.FileHandler:
        place = Path(handler.baseFilename)
        inside = place.is_relative_to(root)
        path = place.relative_to(root).as_posix() if inside else str(place)
        return {**found, "path": path, "encoding": handler.encoding, "errors": handler.errors}
    return {**found, "stream": _stream_of(handler)}


def _formatter(formatter: Any) -> Any:
    """A formatter as the values that it is made of, where those are all."""
    style: Any = getattr(formatter, "_style", None)
    if type(formatter) is not logging.Formatter or type(style) not in _STYLES or style._defaults:
        return formatter
    if vars(formatter).keys() - {"_style", "_fmt", "datefmt"}:
        return formatter
    return formatter._fmt, formatter.datefmt, _STYLES[type(style)]


def _restore_once(name: str, root: Path, _: Any) -> None:
    if (state := _waiting.pop(name, None)) is not None:
        _restore(name, state, root)


def _restore(name: str, state: Mapping[str, Any], root: Path) -> None:
    logger = logging.getLogger(name or None)
    logger.setLevel(state["level"])
    logger.propagate, logger.disabled = state["propagate"], state["disabled"]
    if state["library"] is None:
        logger.filters[:] = state["filters"]
    there = list(_all_of(logger)[3])
    is_own = state["library"] is not None
    for handler in there:
        logger.removeHandler(handler)
    for one in state["handlers"]:
        same = next((each for each in there if _handler(each, root, is_own=is_own) == one), None)
        if same is not None:
            there.remove(same)
        if (made := same or _made(one, root)) is not None:
            logger.addHandler(made)
    for handler in there:
        if not _is_plain(handler):  # the kernel's own, or its library's
            logger.addHandler(handler)


def _made(one: Mapping[str, Any], root: Path) -> logging.Handler | None:
    if "kept" in one:
        return None
    made: logging.Handler
    if "path" in one:
        path = os.path.normpath(root / one["path"])
        # What the step before has written stays; a step that logs nothing makes no file.
        made = logging.FileHandler(path, mode="a", encoding=one["encoding"], errors=one["errors"], delay=True)
    else:
        made = logging.StreamHandler(getattr(sys, one["stream"]))
    made.setLevel(one["level"])
    made.set_name(one["name"])
    formatter = one["formatter"]
    made.setFormatter(logging.Formatter(*formatter) if isinstance(formatter, tuple) else formatter)
    for each in one["filters"]:
        made.addFilter(each)
    return made
