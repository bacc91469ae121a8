"""Wrapping methods of a class and of every class that derives from it, now or later."""

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from cellmill.capture.probes.wrapping import unwrap_method


def watch_family(base: type, wrap: Callable[[type], None]) -> Callable[[], None] | None:
    """Call `wrap` for a class, for those that derive from it, and for each that will, as it is made.

    Returns what ends it; None where the base has an `__init_subclass__` of its own, which is left alone: then
    only the classes that exist are wrapped.
    """
    for kind in _family(base):
        wrap(kind)
    if "__init_subclass__" in vars(base):
        return None  # none of the libraries', so far: scikit-learn's metadata routing has one further up

    def made(cls: Any, /, **kwargs: Any) -> None:
        super(base, cls).__init_subclass__(**kwargs)  # type: ignore[arg-type]
        wrap(cls)

    type.__setattr__(base, "__init_subclass__", classmethod(made))
    return partial(delattr, base, "__init_subclass__")


def unwrapping(owner: type, name: str) -> Callable[[], None]:
    """Return what puts a method back, if its class is still there."""
    return partial(_unwrap, weakref.ref(owner), name)


def _unwrap(reference: weakref.ref[type], name: str) -> None:
    kind = reference()
    if kind is not None:
        unwrap_method(kind, name)


def _family(base: type) -> list[type]:
    found: list[type] = [base]
    queue: list[type] = [base]
    while queue:
        kinds: list[type] = type.__subclasses__(queue.pop())
        for kind in kinds:
            if kind not in found:
                found.append(kind)
                queue.append(kind)
    return found
