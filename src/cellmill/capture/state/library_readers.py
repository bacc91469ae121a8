"""How objects of libraries are read that keep their content in C. Found by name: nothing is imported here."""

import gc
from typing import Any

from cellmill.capture.state import arrays, frames, learners
from cellmill.capture.state.look import Look, Reader


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MATPLOTLIB = _words(
    """
    stale _stale stale_callback _stale_viewlims _cachedRenderer renderer _renderer _lastRendererScale _layout_bbox
    _draw_disabled _animating_artists _tightbbox _window_extents _invalid _cached_transform _subslice
    _transformed_path _transOffset _mouseover _is_idle_drawing _is_saving _last_key _key _button _cid_gen _counter
    """
)
CACHES = {
    "pandas": _words("_cache _item_cache _references _cacher _id"),
    "matplotlib": _MATPLOTLIB,
    "mpl_toolkits": _MATPLOTLIB,
    "networkx": _words("adj edges nodes degree succ pred in_edges out_edges in_degree out_degree __networkx_cache__"),
    "pathlib": _words("_str _hash _pparts _cached_cparts _str_normcase_cached _parts_normcase_cached _lines_cached"),
    "scipy": _words(
        "_has_canonical_format _has_sorted_indices _transform _vertex_to_simplex _vertex_neighbor_vertices"
    ),
    "lightgbm": _words("_handle"),
    "statsmodels": _words("_cache"),
}
"""Attributes in which libraries keep what they worked out already: they change when one only looks."""

# Made once in C and never changed after: what they lead to is followed, and they are not doubted.
_SETTLED = (
    "sklearn._loss.",
    "sklearn.linear_model._sgd_fast.",
    "sklearn.neighbors._kd_tree.",
    "sklearn.neighbors._ball_tree.",
    "sklearn.metrics._dist_metrics.",
    "scipy.spatial._qhull._Qhull",
    "scipy._lib.messagestream.MessageStream",
    "scipy.spatial._ckdtree.",
    "pydantic_core.",
    "pandas._libs.",
    "numpy.ufunc",
    "numpy._ArrayFunctionDispatcher",
    "matplotlib.ft2font.",
    "pyarrow.lib.DataType",
    "pyarrow.lib.Schema",
    "pyarrow.lib.Field",
    "zoneinfo.",
    "kiwisolver.",
    "torch.memory_format",
)
_SETTLED_PACKAGES = tuple(name for name in _SETTLED if name.endswith("."))


def _is_settled(name: str) -> bool:
    return name in _SETTLED or name.startswith(_SETTLED_PACKAGES)


def read_opaque(value: Any, look: Look) -> object:
    """An object that keeps its content in C: it leads to what the collector knows of, and is never sure."""
    look.opaque = True
    return _read_settled(value, look)


def _read_settled(value: Any, look: Look) -> object:
    return look.items([part for part in gc.get_referents(value) if part is not type(value)])


_EXACT: dict[str, Reader] = {**arrays.EXACT, **frames.EXACT, **learners.EXACT}
_BASES: dict[str, Reader] = {**arrays.BASES, **frames.BASES}

WHOLE: frozenset[Reader] = learners.WHOLE | frames.WHOLE
"""Readers that say all there is to say: the attributes of the instance are not read besides."""


def reader_for(name: str, *, exact: bool) -> Reader | None:
    """Return the reader of a library's class by its full name; of a mere ancestor, only if that is enough."""
    found = _BASES.get(name) or (_EXACT.get(name) if exact else None)
    return _read_settled if found is None and _is_settled(name) else found
