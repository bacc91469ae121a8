"""Arrays and tensors that look at the same memory: they do so on the other side as well, or do not cross."""

import sys
from collections import Counter
from typing import Any

from cellmill.core.step_errors import CannotCross
from cellmill.kernel.values import base_of

LOOKED_AT = frozenset(["numpy.ndarray", "torch.Tensor", "torch.nn.parameter.Parameter", "torch.storage.UntypedStorage"])


class Seen:
    """The memories met in one pickle. An array whose memory is `shared` is written as a view of that memory."""

    def __init__(self, shared: frozenset[int]) -> None:
        self._shared = shared
        self._arrays: dict[int, set[int]] = {}
        self._tensors: dict[int, set[int]] = {}
        self._kept: list[Any] = []  # or an id would be another's
        self._storages: dict[int, Any] = {}
        self._owners: dict[int, set[int]] = {}
        self.buffers: set[int] = set()
        """Of the `bytearray`s met, their identities."""

    def several(self) -> frozenset[int]:
        """Return the addresses of memories that more than one array looks at. Raises `CannotCross` for a mixture."""
        for owner, bases in self._owners.items():
            if len(bases) > 1 or owner in self.buffers:
                raise CannotCross("", reason="several values look at the same buffer")
        starts = Counter[int]()
        for begins in self._tensors:
            starts[begins] += 1
        for begins in self._arrays:
            if starts[begins]:
                raise CannotCross("", reason="an array and a tensor look at the same memory")
        return frozenset(begins for begins, arrays in self._arrays.items() if len(arrays) > 1)

    def frame(self, frame: Any) -> None:
        """A data frame was met. Since pandas 3 nothing else can be changed by changing it, nor it by another."""
        if int(sys.modules["pandas"].__version__.partition(".")[0]) < 3:
            for begins in begins_of(frame):
                self._arrays.setdefault(begins, set()).add(id(frame))

    def reduce(self, value: Any, home: str) -> Any:
        """Return how pickle is to write an array or tensor, NotImplemented for its own way."""
        self._kept.append(value)
        if home == "numpy.ndarray":
            return self._array(value)
        if home == "torch.storage.UntypedStorage":
            return _storage, (_bytes(value),)
        return self._tensor(value, home)

    def _array(self, array: Any) -> Any:
        base = base_of(array)
        owner = base.base.obj if isinstance(base.base, memoryview) else base.base
        if type(owner).__name__ in ("mmap", "SharedMemory"):
            raise CannotCross("", reason=f"it looks at memory that belongs to a {type(owner).__name__}")
        if isinstance(owner, bytearray):
            self._owners.setdefault(id(owner), set()).add(id(base))
        begins = base.__array_interface__["data"][0]
        if array.size:
            self._arrays.setdefault(begins, set()).add(id(array))
        if base is array or begins not in self._shared or array.dtype.hasobject:
            if base is not array and begins in self._shared:
                raise CannotCross("", reason="arrays of objects look at the same memory")
            return NotImplemented
        offset = array.__array_interface__["data"][0] - begins
        return _view, (base, offset, array.shape, array.strides, array.dtype, array.flags.writeable)

    def _tensor(self, tensor: Any, home: str) -> Any:
        torch = sys.modules["torch"]
        if tensor.grad_fn is not None:
            raise CannotCross("", reason="it is a tensor in the middle of a computation that gradients flow through")
        if home == "torch.nn.parameter.Parameter":
            return _parameter, (tensor.data, tensor.requires_grad, tensor.grad, dict(vars(tensor)))
        if tensor.device.type != "cpu" or tensor.layout is not torch.strided or tensor.is_quantized:
            return NotImplemented
        storage = tensor.untyped_storage()
        begins = storage.data_ptr()
        if tensor.numel():
            self._tensors.setdefault(begins, set()).add(id(tensor))
        storage = self._storages.setdefault(begins, storage) if begins else storage
        return _rebuilt, (
            storage,
            tensor.dtype,
            tensor.storage_offset(),
            tuple(tensor.shape),
            tensor.stride(),
            tensor.requires_grad,
            tensor.grad,
            tensor.is_conj(),
            tensor.is_neg(),
            dict(vars(tensor)),
        )


def begins_of(frame: Any) -> frozenset[int]:
    """Return the addresses of the memories that a data frame lies in."""
    held = getattr(getattr(frame, "_mgr", None), "arrays", ())
    return frozenset(
        base_of(array).__array_interface__["data"][0] for array in held if type(array).__name__ == "ndarray"
    )


def _view(base: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any, writable: bool) -> Any:
    import numpy

    flat = base if base.flags.c_contiguous else base.T
    found = numpy.ndarray(shape, dtype, buffer=flat, offset=offset, strides=strides)
    if not writable:
        found.flags.writeable = False
    return found


def _bytes(storage: Any) -> bytes:
    torch = sys.modules["torch"]
    content: bytes = torch.empty(0, dtype=torch.uint8).set_(storage).numpy().tobytes()
    return content


def _storage(content: bytes) -> Any:
    import torch

    return torch.frombuffer(bytearray(content), dtype=torch.uint8).untyped_storage()


def _rebuilt(
    storage: Any,
    dtype: Any,
    offset: int,
    shape: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    grad: Any,
    is_conjugated: bool,
    is_negated: bool,
    attributes: dict[str, Any],
) -> Any:
    import torch

    tensor = torch.empty(0, dtype=dtype).set_(storage, offset, shape, stride)
    # Marks beside the memory, which is that of what was conjugated or negated.
    if is_negated:
        tensor = torch._neg_view(tensor)
    if is_conjugated:
        tensor = torch.conj(tensor)
    tensor.requires_grad_(requires_grad)
    if grad is not None:
        tensor.grad = grad
    tensor.__dict__.update(attributes)
    return tensor


def _parameter(data: Any, requires_grad: bool, grad: Any, attributes: dict[str, Any]) -> Any:
    import torch

    found = torch.nn.Parameter(data, requires_grad)
    if grad is not None:
        found.grad = grad
    found.__dict__.update(attributes)
    return found


def is_same_frame(frame: Any, other: Any) -> bool:
    """Whether a data frame is another in every respect that a user could see."""
    return (
        type(frame) is type(other)
        and frame.shape == other.shape
        and _is_same_index(frame.columns, other.columns)
        and _is_same_index(frame.index, other.index)
        and list(frame.dtypes) == list(other.dtypes)
        and frame.attrs == other.attrs
        and frame.flags.allows_duplicate_labels == other.flags.allows_duplicate_labels
        and all(_is_same_column(frame.iloc[:, i], other.iloc[:, i]) for i in range(frame.shape[1]))
    )


def _is_same_index(index: Any, other: Any) -> bool:
    return (
        type(index) is type(other)
        and index.dtype == other.dtype
        and list(index.names) == list(other.names)
        and getattr(index, "freq", None) == getattr(other, "freq", None)
        and index.equals(other)
        and (index.dtype != object or list(map(type, index)) == list(map(type, other)))
    )


def _is_same_column(column: Any, other: Any) -> bool:
    if column.dtype != object:
        return bool(column.equals(other))
    for value, again in zip(column, other, strict=True):
        if type(value) is not type(again) or not isinstance(value, (str, bytes, bool, int, float, type(None))):
            return False
        if value != again and value == value:
            return False
    return True
