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
from importlib import import_module
from typing import Any

Keep = Callable[[bytes, str], None]


class RandomWatch:
    """Says which generators stand otherwise than at the last look."""

    def __init__(self, keep: Keep) -> None:
        """`keep` is handed the pickled state and its SHA-256, to be written when there is time."""
        self._keep = keep
        self._seen: dict[str, Any] = {}
        self._raw: dict[str, Any] = {}
        self._imported: dict[str, str] = {}

    def was_imported(self) -> None:
        """Numpy's generator is there, in a state of its own making: a cell that imports it may draw at once."""
        state = _numpy()
        if state is not None:
            self._imported["numpy"] = self._kept("numpy", state)

    def imported(self) -> dict[str, str]:
        """Return the generators that were imported since the last call, with the state they were in then."""
        found, self._imported = self._imported, {}
        return found

    def look(self) -> dict[str, str]:
        """Return, for each generator that has moved, the SHA-256 of its pickled state."""
        moved = {}
        for name, read in _GENERATORS.items():
            raw = _RAW[name]()
            if raw is not None and raw == self._raw.get(name):
                continue
            self._raw[name] = raw
            state = read()
            if state is not None and state != self._seen.get(name):
                moved[name] = self._kept(name, state)
        return moved

    def _kept(self, name: str, state: Any) -> str:
        self._seen[name] = state
        content = pickle.dumps(state, protocol=4)
        digest = hashlib.sha256(content).hexdigest()
        self._keep(content, digest)
        return digest


def _random() -> Any:
    return random.getstate()


_KIND: Any = random.Random.__base__  # the part that is written in C: its whole state lies within the object
_HEAD = object.__basicsize__
_MT19937_BYTES = 624 * 4 + 4  # numpy's `mt19937_state`: the words, and the position among them


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


def _raw_numpy() -> Any:
    """Return what differs whenever numpy's generator has moved: `get_state` makes a dictionary and a copy of it.

    The words and the position lie in the bit generator, a normal number in reserve in the object around it. None
    where someone has put in a bit generator of another kind.
    """
    mtrand: Any = sys.modules.get("numpy.random.mtrand")
    generator = getattr(mtrand, "_rand", None)
    if generator is None or type(generator) is not mtrand.RandomState:
        return None
    bits = generator._bit_generator
    if type(bits).__name__ != "MT19937":
        return None
    size = type(generator).__basicsize__ - _HEAD
    return string_at(id(generator) + _HEAD, size), string_at(bits.ctypes.state_address, _MT19937_BYTES)


def _torch() -> Any:
    torch = sys.modules.get("torch")
    generator = getattr(torch, "default_generator", None) if torch is not None else None
    if generator is None or not hasattr(torch, "Tensor"):
        return None
    return generator.get_state().numpy().tobytes()


_GENERATORS: dict[str, Callable[[], Any]] = {"random": _random, "numpy": _numpy, "torch": _torch}
# What is quick to read, and another whenever the state is: None where that is not known.
_RAW: dict[str, Callable[[], Any]] = {"random": _raw_random, "numpy": _raw_numpy, "torch": lambda: None}


def restore(states: dict[str, bytes]) -> None:
    """Put generators into states that were kept, each for itself. Raises what one raised that did not take its own.

    Numpy is imported for it: what it is asked for is the state that the next cell's import left it in.
    """
    failed: Exception | None = None
    for name, content in states.items():
        try:
            _restore(name, pickle.loads(content))
        except Exception as error:  # noqa: BLE001 - of another version of its library; raised when all have had a try
            failed = error
    if failed is not None:
        raise failed


def _restore(name: str, state: Any) -> None:
    match name:
        case "random" if "random" in sys.modules:
            sys.modules["random"].setstate(state)
        case "numpy" if (numpy := _numpy_random()) is not None:
            kind, keys, position, has_gauss, gauss = state
            key = sys.modules["numpy"].frombuffer(keys, dtype="uint32")
            numpy.set_state((kind, key, position, has_gauss, gauss))
        case "torch" if (torch := sys.modules.get("torch")) is not None:
            torch.default_generator.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


def _numpy_random() -> Any:
    try:
        return import_module("numpy.random")
    except ImportError:
        return None  # the cell that needs it will say so
