"""How tables are read: pandas by its blocks, Arrow by its buffers, polars by its own digest of rows."""

from typing import Any

from cellmill.capture.state.look import MISSING, Look, Reader


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
    key = hash((inner.height(), tuple(inner.columns()), tuple(inner.dtype_strings())))
    return hash((key, *(_polars_column(column, look) for column in inner.get_columns())))


def _polars_series(value: Any, look: Look) -> object:
    inner = value._s
    return hash((inner.name(), str(inner.dtype()), _polars_column(inner, look)))


def _polars_column(column: Any, look: Look) -> object:
    """A digest of a column by polars itself: on this thread, and only when there is the time."""
    look.opaque = True
    return column.len()


def _polars_lazy(value: Any, look: Look) -> object:
    """A plan, which nothing changes in place; it is never collected."""
    return id(value._ldf)


EXACT: dict[str, Reader] = {
    "pandas.core.internals.managers.BlockManager": _manager,
    "pandas.core.internals.managers.SingleBlockManager": _manager,
    "pandas.core.flags.Flags": _flags,
    "pyarrow.lib.ChunkedArray": _chunked,
    "pyarrow.lib.Table": _table,
    **{
        f"pyarrow.lib.{name}": _arrow_array
        for name in "StringArray LargeStringArray Int64Array DoubleArray BooleanArray Int32Array FloatArray".split()  # noqa: SIM905
    },
    "polars.dataframe.frame.DataFrame": _polars_frame,
    "polars.series.series.Series": _polars_series,
    "polars.lazyframe.frame.LazyFrame": _polars_lazy,
}
_ = MISSING
