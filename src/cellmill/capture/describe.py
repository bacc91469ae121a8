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
# Modules whose classes are known to hash, and to be shown, without running anything else's code.
_PLAIN = ("builtins", "datetime", "decimal", "fractions", "numpy", "pandas", "uuid", "zoneinfo")


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
        columns = tuple(Column(_text(label), _column_type(column.dtype)) for label, column in data.items())
        return "pandas", len(data), columns, (*whole, _pandas_bytes(pandas, data))
    if pandas is not None and type(data) is pandas.Series:
        label = Column(_text(data.name), _column_type(data.dtype))
        return "pandas", len(data), (label,), (_pandas_bytes(pandas, data),)
    if numpy is not None and type(data) is numpy.ndarray:
        rows = data.shape[0] if data.ndim else 1
        width = data.shape[1] if data.ndim == 2 else 1
        columns = tuple(Column(str(i), _column_type(data.dtype)) for i in range(min(width, MAX_COLUMNS)))
        return "numpy", rows, columns, (repr(data.shape).encode(), _numpy_bytes(numpy, data))
    if type(data) in (list, tuple):
        return type(data).__name__, len(data), (), ()
    shape = getattr(data, "shape", None) if _may_be_asked(type(data)) else None
    rows = shape[0] if isinstance(shape, tuple) and shape and isinstance(shape[0], int) else 0
    return type(data).__name__, rows, (), (repr(shape).encode(),)


def _may_be_asked(kind: type) -> bool:
    """Whether objects have a `shape` that is no function of the user's: a property may do anything."""
    asked = getattr(kind, "shape", None)
    path = str(getattr(sys.modules.get(kind.__module__.partition(".")[0]), "__file__", None))
    return bool(asked) and (type(asked) is not property or "site-packages" in path or "dist-packages" in path)


def _is_wide(rows: int, columns: int) -> bool:
    """Whether a frame has more columns than are looked at: each costs some, and its rows."""
    return columns > MANY_COLUMNS or (columns > MAX_COLUMNS and columns * min(rows, SAMPLED_ROWS) * 8 > SAMPLED_BYTES)


def _pandas_bytes(pandas: Any, data: Any) -> bytes:
    """Return hashes of the sampled rows, a column at a time.

    Not by `hash_pandas_object`, nor by `dtypes`: they set the warning filters aside for a moment, after which
    Python shows again what it has shown already, and the user sees more warnings than without us.
    """
    sample = data.iloc[:: _step(len(data))]
    columns = [*sample.items()] if type(data) is pandas.DataFrame else [(data.name, sample)]
    return b"".join(_column_bytes(pandas, label, _values(column)) for label, column in columns)


def _column_bytes(pandas: Any, label: Any, values: Any) -> bytes:
    """Return hashes of a column's values; of one that holds lists, or objects of the user's, its label alone."""
    told = values.categories if type(values) is pandas.Categorical else values
    if type(values).__module__.partition(".")[0] not in ("numpy", "pandas"):
        return _text(label).encode()
    if str(told.dtype) == "object" and not all(map(_is_plain, told)):
        return _text(label).encode()
    try:
        return bytes(pandas.util.hash_array(values).tobytes())
    except TypeError:  # of some extension type
        return _text(label).encode()


def _is_plain(value: Any) -> bool:
    """Whether a value is of Python's own or a known type: nobody else's method is asked when it is hashed."""
    kind = type(value)
    if kind in (tuple, frozenset):
        return all(map(_is_plain, value))
    return kind not in (list, dict, set, bytearray) and kind.__module__.partition(".")[0] in _PLAIN


def _text(label: Any) -> str:
    return str(label) if _is_plain(label) else type(label).__name__


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
