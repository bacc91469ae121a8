"""How objects of libraries are read that keep their content in C. Found by name: nothing is imported here."""

import gc
from typing import Any

from cellmill.capture.state import arrays, frames, learners
from cellmill.capture.state.look import Look, Reader

MATPLOTLIB_CACHES = frozenset(
    """
    stale _stale stale_callback _stale_viewlims _cachedRenderer renderer _renderer _lastRendererScale _layout_bbox
    _draw_disabled _animating_artists _tightbbox _window_extents _invalid _cached_transform _subslice
    _transformed_path _transOffset _mouseover _is_idle_drawing _is_saving _last_key _key _button
    """.split()  # noqa: SIM905
)


def read_opaque(value: Any, look: Look) -> object:
    """An object that keeps its content in C: it leads to what the collector knows of, and is never sure."""
    look.opaque = True
    return look.items([part for part in gc.get_referents(value) if part is not type(value)])


_EXACT: dict[str, Reader] = {**arrays.EXACT, **frames.EXACT, **learners.EXACT}
_BASES: dict[str, Reader] = {**arrays.BASES, **learners.BASES}

WHOLE: frozenset[Reader] = frozenset({*frames.EXACT.values(), *learners.WHOLE})
"""Readers that say all there is to say: the attributes of the instance are not read besides."""


def reader_for(name: str, *, exact: bool) -> Reader | None:
    """Return the reader of a library's class by its full name; of a mere ancestor, only if that is enough."""
    return _BASES.get(name) or (_EXACT.get(name) if exact else None)
