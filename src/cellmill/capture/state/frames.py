"""How tables are read: pandas by its blocks, Arrow by its buffers, polars by its own digest of rows."""

import sys
import zlib
from typing import Any

from cellmill.capture.state.look import Look, Reader

_POLARS_BYTES_PER_SECOND = 1e9


def _backed(value: Any, look: Look) -> object:
    """A pandas array of dates, periods or categories: numpy underneath."""
    backed = sys.modules["pandas"]._libs.arrays.NDArrayBacked.__dict__
    return look.items([backed["_ndarray"].__get__(value), backed["_dtype"].__get__(value)])


def _as_text(value: Any, look: Look) -> object:
    return look.items([repr(value)])


def _image(value: Any, look: Look) -> object:
    """A Pillow image that is in memory; one still in its file is not read from there."""
    width, height = value._size
    attributes = {name: part for name, part in value.__dict__.items() if name != "_im"}
    key = look.items([id(value._im), *attributes, *attributes.values()])
    if value._im is None:
        look.opaque = True
    else:
        look.content(lambda: zlib.crc32(value.tobytes()), width * height * 4 / 1e9)
    return key


def _manager(value: Any, look: Look) -> object:
    """A pandas frame's blocks and axes; asking for them makes no copy."""
    blocks = value.blocks
    placed = [block.mgr_locs for block in blocks]
    digest = look.items([*(block.values for block in blocks), *value.axes])
    return hash((digest, *(str(where) if len(where) < 100 else id(where) for where in placed)))


def _flags(value: Any, look: Look) -> object:
    return value._allows_duplicate_labels


def _chunked(value: Any, look: Look) -> object:
    return hash(tuple(_chunk(chunk, look) for chunk in value.chunks))


def _arrow_array(value: Any, look: Look) -> object:
    return _chunk(value, look)


def _chunk(value: Any, look: Look) -> object:
    sizes = [len(value), value.offset]
    for buffer in value.buffers():
        if buffer is None:
            sizes.append(-1)
        elif not buffer.is_cpu:
            look.opaque = True
        else:
            sizes.append(look.memory(memoryview(buffer).cast("B")))
    return hash(tuple(sizes))


def _table(value: Any, look: Look) -> object:
    return hash((str(value.schema), *(_chunked(column, look) for column in value.columns)))


def _polars_frame(value: Any, look: Look) -> object:
    inner = value._df
    return hash((tuple(inner.columns()), _rows(inner, look)))


def _polars_series(value: Any, look: Look) -> object:
    inner = value._s
    return hash((inner.name(), _rows(sys.modules["polars"].DataFrame([value])._df, look)))


def _rows(inner: Any, look: Look) -> object:
    """What polars itself digests the rows to, when there is the time."""
    types = tuple(inner.dtype_strings())
    size = inner.estimated_size()
    if any("object" in kind for kind in types):
        look.opaque = True  # any Python objects, which it knows nothing of
    else:
        look.content(lambda: zlib.crc32(inner.hash_rows(0).to_numpy_view()), size / _POLARS_BYTES_PER_SECOND)
    return hash((inner.height(), types, size))


def _polars_lazy(value: Any, look: Look) -> object:
    """A plan, which nothing changes in place; it is never collected."""
    return id(value._ldf)


_ARROW_ARRAYS = frozenset(
    """
    String LargeString StringView Binary Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float Double Boolean
    Date32 Date64 Timestamp Duration List Struct Dictionary Null
    """.split()  # noqa: SIM905
)

BASES: dict[str, Reader] = {"pandas._libs.arrays.NDArrayBacked": _backed}
EXACT: dict[str, Reader] = {
    "pandas.core.internals.managers.BlockManager": _manager,
    "pandas.core.internals.managers.SingleBlockManager": _manager,
    "pandas.core.flags.Flags": _flags,
    "pyarrow.lib.ChunkedArray": _chunked,
    "pyarrow.lib.Table": _table,
    **{f"pyarrow.lib.{name}Array": _arrow_array for name in _ARROW_ARRAYS},
    **{f"pandas.{name}": _as_text for name in ("Timestamp", "Timedelta", "Period", "Interval")},
    "PIL.Image.Image": _image,
    "polars.dataframe.frame.DataFrame": _polars_frame,
    "polars.series.series.Series": _polars_series,
    "polars.lazyframe.frame.LazyFrame": _polars_lazy,
}
WHOLE: frozenset[Reader] = frozenset(EXACT.values())
