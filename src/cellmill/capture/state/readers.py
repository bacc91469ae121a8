"""How each type is read: chosen once per type, from its ancestors, and never from what the object says of itself."""

import weakref
from collections.abc import Callable
from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any

from cellmill.capture.state import builtin_readers, library_readers
from cellmill.capture.state.look import Look, Memory, Reader

_mro_of: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
_dict_of: Callable[[type], Any] = type.__dict__["__dict__"].__get__
_base_of: Callable[[type], type | None] = type.__dict__["__base__"].__get__
_size_of: Callable[[type], int] = type.__dict__["__basicsize__"].__get__
_name_of: Callable[[type], str] = type.__dict__["__qualname__"].__get__

# Wherever these come from, following them would lead into the kernel itself or into a library's machinery.
_INERT_PACKAGES = frozenset(
    "IPython ipykernel zmq tornado asyncio logging importlib jupyter_client comm cellmill threading _thread".split()  # noqa: SIM905
)
_DRAWING = frozenset({"matplotlib", "pylab", "seaborn"})
_DRAWN = frozenset({"matplotlib", "mpl_toolkits", "seaborn"})
_NO_CACHES: frozenset[str] = frozenset()

_plans: dict[int, tuple["weakref.ref[type]", Reader]] = {}


def read(value: object, look: Look) -> object:
    """Return a digest of an object's own content, putting what it leads to into `look`."""
    kind = type(value)
    ready = builtin_readers.EXACT.get(id(kind))
    if ready is not None:
        return ready(value, look)
    plan = _plans.get(id(kind))
    if plan is not None and plan[0]() is kind:
        return plan[1](value, look)
    if kind is Memory:
        return look.memory(value.view, size=value.size)  # type: ignore[attr-defined]
    reader = _plan(kind)
    ident = id(kind)
    _plans[ident] = (weakref.ref(kind, lambda _: _plans.pop(ident, None)), reader)
    return reader(value, look)


def is_class(value: object) -> bool:
    """Whether a value is a class; `isinstance` would ask the value itself."""
    return any(ancestor is type for ancestor in _mro_of(type(value)))


def is_pyplot(value: object) -> bool:
    """Whether a value is a module that draws into the figure that was drawn into last."""
    if type(value) is not ModuleType:
        return False
    name = value.__dict__.get("__name__")
    return type(name) is str and name.partition(".")[0] in _DRAWING


def is_drawn(value: object) -> bool:
    """Whether a value is a figure, or belongs to one."""
    return module_of(type(value)).partition(".")[0] in _DRAWN


def module_of(kind: type) -> str:
    """Return the module that a class says it comes from; a builtin one says so in its name."""
    for named in _mro_of(kind):
        module = _dict_of(named).get("__module__")
        if type(module) is str:
            return module
        break
    try:
        module = type.__dict__["__module__"].__get__(kind)
    except AttributeError:
        return ""
    return module if type(module) is str else ""


def _plan(kind: type) -> Reader:
    module = module_of(kind)
    package = module.partition(".")[0]
    if package in _INERT_PACKAGES:
        return _inert
    ancestors = _mro_of(kind)
    if any(ancestor is type for ancestor in ancestors):
        return builtin_readers.read_class
    base: Reader | None = None
    for ancestor in ancestors[:-1]:
        base = builtin_readers.BASES.get(id(ancestor)) or library_readers.reader_for(
            f"{module_of(ancestor)}.{_name_of(ancestor)}", exact=ancestor is kind
        )
        if base is not None:
            break
    if base is not None and base in library_readers.WHOLE:
        return base
    caches = library_readers.CACHES.get(package, _NO_CACHES)
    fields = _fields(ancestors, caches)
    if not fields:
        return base or library_readers.read_opaque
    shows_all = base is not None or _is_python(ancestors)
    return _Instance(base, fields, caches, shows_all=shows_all, own=module == "__main__")


def _is_python(ancestors: tuple[type, ...]) -> bool:
    """Whether instances hold nothing but attributes: no ancestor has made room for anything in C."""
    for ancestor in ancestors[:-1]:
        held, base = _dict_of(ancestor), _base_of(ancestor)
        slots = sum(1 for part in tuple(held.values()) if type(part) is MemberDescriptorType)
        room = 8 * (slots + ("__dict__" in held) + ("__weakref__" in held))
        if base is None or _size_of(ancestor) > _size_of(base) + room:
            return False
    return True


def _fields(ancestors: tuple[type, ...], caches: frozenset[str]) -> tuple[Callable[[Any], Any], ...]:
    """Return what reads the instance's dict and slots: descriptors made by Python, which call nobody."""
    found: list[Callable[[Any], Any]] = []
    has_dict = False
    for ancestor in ancestors:
        for name, value in tuple(_dict_of(ancestor).items()):
            if type(value) is MemberDescriptorType:
                if name in caches:
                    continue
                found.append(value.__get__)
            elif type(value) is GetSetDescriptorType and name == "__dict__" and not has_dict:
                has_dict = True
                found.append(value.__get__)
    return tuple(found)


def _inert(value: object, look: Look) -> object:
    look.unkept = True
    return None


class _Instance:
    """Reads objects with attributes: what the base holds, if it is a container, then the dict and the slots."""

    def __init__(
        self,
        base: Reader | None,
        fields: tuple[Callable[[Any], Any], ...],
        caches: frozenset[str],
        *,
        shows_all: bool,
        own: bool,
    ) -> None:
        self._base, self._fields, self._caches = base, fields, caches
        self._shows_all, self._own = shows_all, own

    def __call__(self, value: object, look: Look) -> object:
        kind = type(value)
        found: list[object] = [kind] if self._own else []
        for field in self._fields:
            try:
                held = field(value)
            except AttributeError:  # a slot that is not set
                found.append("")
                continue
            if type(held) is dict:
                names, values = list(held), list(held.values())
                if self._caches and not self._caches.isdisjoint(n for n in names if type(n) is str):
                    kept = [(n, v) for n, v in zip(names, values, strict=False) if n not in self._caches]
                    names, values = [n for n, _ in kept], [v for _, v in kept]
                found += names
                found += values
            else:
                found.append(held)
        if not self._shows_all:
            look.opaque = True
        key = look.items(found)
        return hash((id(kind), key)) if self._base is None else hash((id(kind), key, self._base(value, look)))
