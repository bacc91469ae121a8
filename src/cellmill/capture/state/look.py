"""One look at the objects reachable from a name: what each holds, and what it leads to."""

import marshal
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any

MISSING = object()
"""The bulk of an object that was not read, for lack of time."""

_NUMBER, _TEXT, _INERT = 1, 2, 3
KINDS: dict[int, int] = {id(kind): _NUMBER for kind in (int, float, complex, bool, type(None))}
KINDS |= {id(kind): _TEXT for kind in (str, bytes)}
# These say nothing by content: only which one it is matters. Their own parts are not followed.
KINDS |= {
    id(kind): _INERT
    for kind in (
        type(list.append),
        type(list.__len__),
        type(int.real),
        type(type.__dict__["__mro__"]),
        type(...),
        type(NotImplemented),
        type((lambda: 0).__code__),
        type(sys._getframe()),
    )
}
_NUMBERS = frozenset(ident for ident, kind in KINDS.items() if kind == _NUMBER)
_LONG_TEXT = 256
_HUGE_TEXT = 1_000_000
_FEW = 64
"""As many values are read whatever the time."""
_SMALL = 1 << 16
_PROBES = 32
_BYTES_PER_SECOND = 3e9
_ITEMS_PER_SECOND = 8e6


def is_light(value: object) -> bool:
    """Whether a plain value may be kept, so that its id stays its own: it is no long text."""
    kind = KINDS.get(id(type(value)))
    return kind == _NUMBER or (kind == _TEXT and len(value) < _LONG_TEXT)  # type: ignore[arg-type]


def is_plain(value: object) -> bool:
    """Whether a value cannot change and leads nowhere: a number, a text, None."""
    return id(type(value)) in KINDS


class Reading:
    """What one object holds. `key` is compared always, `bulk` where it was read, children by a look of their own."""

    __slots__ = ("bulk", "children", "key", "links", "opaque", "partial", "private", "unkept")

    def __init__(self, key: object, look: "Look") -> None:
        self.key = key
        self.bulk = look.bulk
        self.opaque = look.opaque
        self.partial = look.partial
        self.private = look.private
        self.children = look.children
        self.links = look.links
        self.unkept = look.unkept


Reader = Callable[[Any, "Look"], object]


class Memory:
    """Bytes that several objects may share: an array's own, or a tensor's storage."""

    __slots__ = ("address", "size", "view")

    def __init__(self, address: int, size: int, view: Any) -> None:
        self.address, self.size, self.view = address, size, view


class Look:
    """The time and the places of one look. Readers put what they find into it."""

    def __init__(self, deadline: float, read: Callable[[object, "Look"], object], namespace: dict[str, object]) -> None:
        self.deadline = deadline
        self.namespace = namespace
        self._read = read
        self._readings: dict[int, Reading] = {}
        self._clear()

    def _clear(self) -> None:
        self.bulk: object = None
        self.opaque = False
        self.partial = False
        self.private = False
        self.unkept = False
        self.children: list[object] = []
        self.links: frozenset[str] | None = None

    @property
    def left(self) -> float:
        """Seconds that may still be spent."""
        return self.deadline - time.perf_counter()

    def reading(self, value: object) -> Reading | None:
        """Return what an object holds, None when the time is up. Each object is read once."""
        ident = identity(value)
        known = self._readings.get(ident)
        if known is not None:
            return known
        if time.perf_counter() > self.deadline:
            return None
        self._clear()
        try:
            key = self._read(value, self)
        except Exception:  # noqa: BLE001 - a thread changes it while we look, or a library is broken: not known
            key = MISSING
            self.opaque, self.children, self.bulk = True, [], None
        reading = self._readings[ident] = Reading(key, self)
        return reading

    def has_read(self, ident: int) -> Reading | None:
        """Return what was read of an object in this look."""
        return self._readings.get(ident)

    # --- what readers use

    def has_time_for(self, count: int) -> bool:
        """Whether so many values can be read. If not, what holds them is known in part, and its content not."""
        if count <= _FEW or count / _ITEMS_PER_SECOND < self.left:
            return True
        self.partial = True
        self.add_bulk(MISSING)
        return False

    def items(self, values: Sequence[object]) -> int:
        """Return a digest of values in their order: plain ones by content, others by identity, to be followed.

        Of many values, only their number is in the digest, and their content in `bulk`.
        """
        count = len(values)
        if count > _FEW:
            if self.has_time_for(count):
                self.add_bulk(self._digest(values))
            return count
        return self._digest(values)

    def _digest(self, values: Sequence[object]) -> int:
        if len(values) > _FEW and _NUMBERS.issuperset(map(id, map(type, values))):
            return hash(marshal.dumps(list(values), 2))
        plain: list[object] = [len(values)]
        for value in values:
            kind = KINDS.get(id(type(value)))
            if kind == _NUMBER:
                plain.append(value)
            elif kind == _TEXT:
                plain.append(value if len(value) < _LONG_TEXT else _long(value))  # type: ignore[arg-type]
            else:
                plain.append((id(value),))
                if kind is None:
                    self.children.append(value)
        return hash(marshal.dumps(plain, 2))

    def memory(self, view: memoryview, *, size: int | None = None) -> int:
        """Return a digest of bytes sampled from a view, and put that of all into `bulk` if there is the time."""
        size = view.nbytes if size is None else size
        if size <= _SMALL:
            self.add_bulk(zlib.crc32(view))
            return size
        self.add_bulk(zlib.crc32(view) if size / _BYTES_PER_SECOND < self.left else MISSING)
        sample = [bytes(view[at : at + 16]) for at in range(0, size, size // _PROBES)]
        return hash((size, *sample, bytes(view[-16:])))

    def content(self, digest: Callable[[], object], cost_s: float) -> None:
        """Put a digest into `bulk` that takes so long, if there is the time."""
        self.add_bulk(digest() if cost_s < self.left else MISSING)

    def add_bulk(self, digest: object) -> None:
        """Add a digest of content, or `MISSING`, to what is compared where it could be read."""
        if self.bulk is None:
            self.bulk = digest
        elif self.bulk is not MISSING:
            self.bulk = MISSING if digest is MISSING else hash((self.bulk, digest))


def identity(value: object) -> int:
    """Return what an object is known by: memory by its address, so that all who share it meet there."""
    return -value.address if type(value) is Memory else id(value)


def _long(text: Any) -> tuple[object, ...]:
    if len(text) < _HUGE_TEXT:
        return (len(text), hash(text))  # exact str or bytes: computed once, then kept in the object
    return (len(text), id(text), text[:64], text[-64:])
