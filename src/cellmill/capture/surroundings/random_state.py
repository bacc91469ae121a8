"""The state of the random generators that everyone shares: `random`, numpy's global one, torch's.

With it an unseeded run can be made again. A generator is looked at only where the user has loaded it,
and looking draws nothing from it.
"""

import hashlib
import pickle
import random
import sys
from collections.abc import Callable
from ctypes import string_at
from typing import Any

Keep = Callable[[bytes, str], None]


class RandomWatch:
    """Says which generators stand otherwise than at the last look."""

    def __init__(self, keep: Keep) -> None:
        """`keep` is handed the pickled state and its SHA-256, to be written when there is time."""
        self._keep = keep
        self._seen: dict[str, Any] = {}
        self._raw: Any = None

    def look(self) -> dict[str, str]:
        """Return, for each generator that has moved, the SHA-256 of its pickled state."""
        moved = {}
        for name, read in _GENERATORS.items():
            if name == "random":
                raw = _raw_random()
                if raw is not None and raw == self._raw:
                    continue
                self._raw = raw
            state = read()
            if state is not None and state != self._seen.get(name):
                self._seen[name] = state
                content = pickle.dumps(state, protocol=4)
                moved[name] = hashlib.sha256(content).hexdigest()
                self._keep(content, moved[name])
        return moved


def _random() -> Any:
    return random.getstate()


_KIND: Any = random.Random.__base__  # the part that is written in C: its whole state lies within the object
_HEAD = object.__basicsize__


def _raw_random() -> Any:
    """Return what differs whenever `random` has moved: `getstate` makes 625 numbers of it, at each cell's start.

    None where the generator is none of Python's own.
    """
    generator: Any = getattr(random, "_inst", None)
    if type(generator) is not random.Random or getattr(random.getstate, "__self__", None) is not generator:
        return None
    return string_at(id(generator) + _HEAD, _KIND.__basicsize__ - _HEAD), vars(generator).get("gauss_next")


def _numpy() -> Any:
    numpy = sys.modules.get("numpy.random")
    generator = getattr(numpy, "mtrand", None) if numpy is not None else None
    if generator is None:  # its import is under way in another thread
        return None
    kind, keys, position, has_gauss, gauss = generator._rand.get_state(legacy=True)
    return kind, keys.tobytes(), position, has_gauss, gauss


def _torch() -> Any:
    torch = sys.modules.get("torch")
    generator = getattr(torch, "default_generator", None) if torch is not None else None
    if generator is None or not hasattr(torch, "Tensor"):
        return None
    return generator.get_state().numpy().tobytes()


_GENERATORS: dict[str, Callable[[], Any]] = {"random": _random, "numpy": _numpy, "torch": _torch}


def restore(states: dict[str, bytes]) -> None:
    """Put generators into states that were kept. Those whose module is not loaded are left out."""
    for name, content in states.items():
        state = pickle.loads(content)
        match name:
            case "random" if "random" in sys.modules:
                sys.modules["random"].setstate(state)
            case "numpy" if (numpy := sys.modules.get("numpy.random")) is not None:
                kind, keys, position, has_gauss, gauss = state
                key = sys.modules["numpy"].frombuffer(keys, dtype="uint32")
                numpy.set_state((kind, key, position, has_gauss, gauss))
            case "torch" if (torch := sys.modules.get("torch")) is not None:
                torch.default_generator.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))
