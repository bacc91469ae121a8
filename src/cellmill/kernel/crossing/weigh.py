"""What would cross a border if it stood here: asked of a kernel between two cells, and answered without a trace."""

import json
from types import ModuleType
from typing import Any

from cellmill.capture.surroundings import random_state
from cellmill.kernel.crossing import background, logs, modules
from cellmill.kernel.crossing.bundle import survey, why_not

_running: frozenset[int] | None = None
_loggers: logs.Seen = {}


def weigh(shell: Any, asked: str) -> str:
    """Answer in JSON: how many bytes each name takes, which hold sets, which cannot cross and why, and why nothing can.

    `asked` is JSON too: the `names`, null for all there are, and dotted places that may be `patches` of modules.
    """
    global _running, _loggers
    if _running is None:
        _running, _loggers = background.now(), logs.look()
    asks = json.loads(asked)
    namespace: dict[str, Any] = shell.user_ns
    states = _random_states()
    sizes: dict[str, int] = {}
    sets: list[str] = []
    cannot: dict[str, str] = {}
    names = _own(shell) if asks["names"] is None else [name for name in asks["names"] if name in namespace]
    for name in names:
        try:
            weight = survey(namespace[name], namespace)
            sizes[name] = weight.size_bytes
            sets += [name] if weight.has_sets else []
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - an object of the user's may raise anything
            cannot[name] = why_not(error)
    answer = {
        "sizes": sizes,
        "sets": sets,
        "cannot": cannot,
        "modules": [name for name in names if isinstance(namespace[name], ModuleType)],
        "names": _own(shell),
        "patches": _patches(asks["patches"], namespace),
        "running": background.started_since(_running),
        "together": logs.why_not(_loggers) or _together({name: namespace[name] for name in sizes}, namespace),
    }
    random_state.restore(states)
    return json.dumps(answer)


def _own(shell: Any) -> list[str]:
    hidden = set(shell.user_ns_hidden)
    return [
        name
        for name in list(shell.user_ns)
        if name not in hidden and name not in ("In", "Out", "exit", "quit", "get_ipython", "open")
        if not name.startswith("_") or name.strip("_i0123456789")
    ]


def _patches(paths: list[str], namespace: dict[str, Any]) -> dict[str, str]:
    found = {path: modules.canonical(path, namespace) for path in paths}
    return {path: place for path, place in found.items() if place is not None}


def _together(values: dict[str, Any], namespace: dict[str, Any]) -> str | None:
    try:
        survey(values, namespace)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001
        return why_not(error)
    return None


def _random_states() -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    watch = random_state.RandomWatch(lambda content, digest: contents.__setitem__(digest, content))
    return {name: contents[digest] for name, digest in watch.look().items()}
