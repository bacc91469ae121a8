"""What a data set looks like, without a look at the user's own methods.

Only pandas and numpy objects are opened, by their exact types; of everything else the type is all
that is said, for its methods may run anything.
"""

import hashlib
import sys
from typing import Any, TypeAlias

from cellmill.core.event_parts import Column, Context, DataUse

Buffer: TypeAlias = bytes | memoryview

SAMPLED_ROWS = 2_000
# What that comes to at the most: pictures have fewer rows looked at, of large rows a part, of wide frames the first
# MAX_COLUMNS columns.
SAMPLED_BYTES = 8_000_000
LEAST_ROWS = 16
MAX_COLUMNS, MANY_COLUMNS = 500, 2_000


def describe_data(data: Any, *, name: str | None, context: Context, target: str | None = None) -> DataUse:
    """Return name, shape, schema and digest of a data set.

    The digest is BLAKE2b over the shape, the schema and up to 2,000 evenly spaced rows, or 8 MB: it tells data
    sets apart at a cost that does not grow with them, and misses a change between the sampled rows.
    """
    kind, rows, columns, contents = _look(data)
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr((kind, rows, columns)).encode())
    for content in contents:
        digest.update(content)
    return DataUse(
        name=name or kind,
        context=context,
        digest=digest.hexdigest(),
        rows=rows,
        columns=columns[:MAX_COLUMNS],
        kind=kind,
        target=target,
    )


def first_rows(data: Any, count: int) -> Any | None:
    """Return up to `count` first rows of a pandas or numpy object as a copy, None for anything else."""
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and type(data) is pandas.DataFrame:
        return data.head(count).copy()
    if numpy is not None and type(data) is numpy.ndarray and data.ndim >= 1:
        return data[:count].copy()
    return None


def rows_of(data: Any) -> int | None:
    """Return how many rows a pandas or numpy object, a list or a tuple has, None for anything else."""
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    kind = type(data)
    if numpy is not None and kind is numpy.ndarray:
        return int(data.shape[0]) if data.ndim else None
    if kind in (list, tuple) or (pandas is not None and kind in (pandas.DataFrame, pandas.Series)):
        return len(data)
    return None


def _look(data: Any) -> tuple[str, int, tuple[Column, ...], tuple[Buffer, ...]]:
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and type(data) is pandas.DataFrame:
        whole: tuple[Buffer, ...] = ()
        if _is_wide(*data.shape):
            whole, data = (repr(data.shape).encode(),), data.iloc[:, :MAX_COLUMNS]
        columns = tuple(Column(str(label), _column_type(column.dtype)) for label, column in data.items())
        return "pandas", len(data), columns, (*whole, _pandas_bytes(pandas, data))
    if pandas is not None and type(data) is pandas.Series:
        label = Column(str(data.name), _column_type(data.dtype))
        return "pandas", len(data), (label,), (_pandas_bytes(pandas, data),)
    if numpy is not None and type(data) is numpy.ndarray:
        rows = data.shape[0] if data.ndim else 1
        width = data.shape[1] if data.ndim == 2 else 1
        columns = tuple(Column(str(i), _column_type(data.dtype)) for i in range(min(width, MAX_COLUMNS)))
        return "numpy", rows, columns, (repr(data.shape).encode(), _numpy_bytes(numpy, data))
    if type(data) in (list, tuple):
        return type(data).__name__, len(data), (), ()
    shape = getattr(type(data), "shape", None) and getattr(data, "shape", None)
    rows = shape[0] if isinstance(shape, tuple) and shape and isinstance(shape[0], int) else 0
    return type(data).__name__, rows, (), (repr(shape).encode(),)


def _is_wide(rows: int, columns: int) -> bool:
    """Whether a frame has more columns than are looked at: each costs some, and its rows."""
    return columns > MANY_COLUMNS or (columns > MAX_COLUMNS and columns * min(rows, SAMPLED_ROWS) * 8 > SAMPLED_BYTES)


def _pandas_bytes(pandas: Any, data: Any) -> bytes:
    """Return hashes of the sampled rows, a column at a time.

    Not by `hash_pandas_object`, nor by `dtypes`: they set the warning filters aside for a moment, after which
    Python shows again what it has shown already, and the user sees more warnings than without us.
    """
    sample = data.iloc[:: _step(len(data))]
    columns = [column for _, column in sample.items()] if type(data) is pandas.DataFrame else [sample]
    try:
        return b"".join(pandas.util.hash_array(_values(column)).tobytes() for column in columns)
    except TypeError:
        return b""  # cells that cannot be hashed, such as lists: the schema and shape still count


def _values(column: Any) -> Any:
    return column.to_numpy() if type(column.array).__name__ == "NumpyExtensionArray" else column.array


def _numpy_bytes(numpy: Any, data: Any) -> Buffer:
    if data.dtype.hasobject or data.ndim == 0:
        return b""  # the bytes would be addresses, different each time
    sample = data[:: _step(data.shape[0])]
    for axis in range(sample.ndim):
        if sample.nbytes <= SAMPLED_BYTES:
            break
        step = min(-(-sample.nbytes // SAMPLED_BYTES), -(-sample.shape[axis] // LEAST_ROWS))
        sample = sample[(*[slice(None)] * axis, slice(None, None, step))]
    if not sample.nbytes:
        return b""
    # As plain bytes: not every type is a buffer (times are none).
    return memoryview(numpy.ascontiguousarray(sample).reshape(-1).view(numpy.uint8))


def _step(rows: int) -> int:
    return max(1, -(-rows // SAMPLED_ROWS))  # rounded up: never more rows than that


def _column_type(dtype: Any) -> str:
    """Return MLflow's name of a column type (mlflow.types.DataType)."""
    name = str(dtype).lower()
    for prefix, kind in (
        ("bool", "boolean"),
        ("int8", "integer"), ("int16", "integer"), ("int32", "integer"), ("uint8", "integer"), ("uint16", "integer"),
        ("int", "long"), ("uint", "long"),
        ("float32", "float"), ("float", "double"),
        ("datetime", "datetime"),
        ("str", "string"), ("category", "string"), ("<u", "string"),
    ):  # fmt: skip
        if name.startswith(prefix):
            return kind
    return "object"
