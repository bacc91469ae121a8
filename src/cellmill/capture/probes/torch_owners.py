"""Whose parameters does an optimiser move, and what else around the loop says how it trains?

Looked for where the loop is: in the frames that called `step`, and in the user's namespace. Objects are told
by their exact classes and by identity; nothing of the user's is called.
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType, ModuleType
from typing import Any

from cellmill.capture.frames import is_ours, locals_of
from cellmill.capture.models import EXAMPLE_ROWS
from cellmill.capture.probes.loops import Place
from cellmill.capture.probes.parameters import public_name, render
from cellmill.capture.probes.torch_loaders import MOST_BYTES, tensor_and_rows, training_loader

MOST_FRAMES = 30
_PLAIN = (int, float, str, bool, type(None), ModuleType, type)


@dataclass
class Surroundings:
    """What was found around a loop."""

    module: Any = None
    """The smallest module that holds all the parameters, None where there is none."""
    modules: dict[str, Any] = field(default_factory=dict)
    """Where only several together hold them, as in adversarial training: these, by their names."""
    name: str | None = None
    loader: Any = None
    loader_name: str | None = None
    loss_class: str | None = None
    places: tuple[Place, ...] = ()


def surroundings_of(optimizers: list[Any], user_names: dict[str, object], going_on: list[Any]) -> Surroundings:
    """Look around the calling loop for what owns the parameters of these optimisers.

    `going_on` are the loaders that are being gone through.
    """
    nn, data = sys.modules["torch.nn"], sys.modules.get("torch.utils.data")
    wanted = {id(p) for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]}
    modules: dict[int, tuple[str, Any]] = {}
    loaders: dict[int, str] = {}
    losses: dict[str, None] = {}
    frames = list(_users_frames())
    for name, value in _named_values(frames, user_names):
        if isinstance_of(value, nn.Module):
            if isinstance_of(value, nn.modules.loss._Loss):
                losses[type(value).__name__] = None
            else:
                modules.setdefault(id(value), (name, value))
        elif data is not None and type(value) is data.DataLoader:
            loaders.setdefault(id(value), name)
    found = Surroundings(places=tuple(Place(frame.f_code, frame.f_lineno) for frame in frames))
    found.name, found.module, found.modules = _owner(list(modules.values()), wanted)
    found.loader_name, found.loader = training_loader(going_on, loaders)
    found.loss_class = next(iter(losses)) if len(losses) == 1 else None
    return found


def isinstance_of(value: Any, kind: type) -> bool:
    """As `isinstance`, without asking a user's `__class__` property."""
    return kind in type(value).__mro__


def _users_frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    for _ in range(MOST_FRAMES):
        while frame is not None and (is_ours(frame) or _is_torchs(frame)):
            frame = frame.f_back
        if frame is None or str(frame.f_globals.get("__name__")).startswith("IPython."):
            return
        yield frame
        frame = frame.f_back


def users_frame() -> FrameType | None:
    """Return the frame of the user's line that is running, torch's own passed over."""
    return next(_users_frames(), None)


def _is_torchs(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in ("torch", "contextlib", "functools", "accelerate")


def _named_values(frames: list[FrameType], user_names: dict[str, object]) -> Iterator[tuple[str, Any]]:
    """Everything that a name holds: in the calling functions first, then in the namespace. One level deep."""
    for frame in frames:
        if frame.f_code.co_name != "<module>":
            yield from _opened(list(locals_of(frame).items()))
        if frame.f_globals is not user_names:
            yield from list(frame.f_globals.items())
    yield from _opened(list(user_names.items()))


def _opened(names: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in names:
        kind = type(value)
        if kind in _PLAIN or name.startswith("__"):
            continue
        yield name, value
        if kind in (list, tuple) and len(value) <= 50:
            yield from ((name, item) for item in value)
        elif kind is dict and len(value) <= 50:
            yield from ((key if type(key) is str else name, item) for key, item in list(value.items()))
        elif kind.__module__.partition(".")[0] not in ("torch", "numpy", "pandas", "sklearn"):
            try:
                attributes = object.__getattribute__(value, "__dict__")
            except AttributeError:
                continue
            if type(attributes) is dict and len(attributes) <= 200:  # the user's own trainer: `self.model`
                yield from list(attributes.items())


def _owner(modules: list[tuple[str, Any]], wanted: set[int]) -> tuple[str | None, Any, dict[str, Any]]:
    """Return the smallest module with all the parameters; else the fewest that have them together."""
    held = [(name, module, {id(p) for p in module.parameters()}) for name, module in modules]
    # Of two that hold the same, as `torch.compile` and DataParallel make them, the inner one.
    held.sort(key=lambda entry: (len(entry[2]), sum(1 for _ in entry[1].modules())))
    for name, module, has in held:
        if wanted <= has:
            return name, module, {}
    parts: dict[str, Any] = {}
    missing = set(wanted)
    for name, module, has in reversed(held):
        if has and has & missing:
            missing -= has
            parts[name] = module
    if missing or not parts:
        return None, None, {}
    parts = dict(sorted(parts.items()))
    return " + ".join(parts), None, parts


def optimizer_parameters(optimizers: list[Any]) -> dict[str, str]:
    """Name and settings of the optimisers, named as `mlflow.pytorch.autolog` names a Lightning training's.

    A second optimiser's have a number behind them, and so has what a further parameter group sets differently.
    """
    params: dict[str, str] = {}
    for index, optimizer in enumerate(optimizers):
        behind = f"_{index + 1}" if index else ""
        params[f"optimizer_name{behind}"] = type(optimizer).__name__
        params.update({f"{name}{behind}": _render(value) for name, value in optimizer.defaults.items()})
        for number, group in enumerate(optimizer.param_groups):
            for name, value in group.items():
                if name in optimizer.defaults and number and _render(value) != _render(optimizer.defaults[name]):
                    params[f"{name}{behind}_group_{number}"] = _render(value)
    return params


def _render(value: Any) -> str:
    if type(value).__module__ == "torch" and getattr(value, "is_cpu", False) and value.dim() == 0:
        return str(value.item())  # a learning rate may be a tensor
    return render(value)


def model_parameters(found: Surroundings) -> dict[str, str]:
    """What the module and the loader say of themselves."""
    params: dict[str, str] = {}
    modules = [found.module] if found.module is not None else list(found.modules.values())
    if modules:
        sizes = {id(p): (p.numel(), p.requires_grad) for module in modules for p in module.parameters()}
        params["parameters"] = str(sum(size for size, _ in sizes.values()))
        params["trainable_parameters"] = str(sum(size for size, learns in sizes.values() if learns))
    if found.loss_class is not None:
        params["loss_function"] = found.loss_class
    batch_size = None if found.loader is None else vars(found.loader).get("batch_size")
    if type(batch_size) is int:
        params["batch_size"] = str(batch_size)
    return params


def epochs_of(found: Surroundings, steps: int) -> str | None:
    """Return how often the loop went through its loader, None where that is not evident."""
    tensor, rows = tensor_and_rows(found.loader)
    own = {} if found.loader is None else vars(found.loader)
    batch_size = own.get("batch_size")
    if tensor is None or type(batch_size) is not int:
        return None  # its length would be the user's own code
    batches = len(tensor if rows is None else rows) / batch_size
    whole = math.floor(batches) if own.get("drop_last") else math.ceil(batches)
    return str(steps // whole) if whole and steps % whole == 0 else None


def training_data(found: Surroundings) -> Any:
    """Return the first tensor of the loader's data set as an array, None without one.

    It shares the tensor's memory; of a Subset, its rows are put together.
    """
    tensor, rows = tensor_and_rows(found.loader)
    array = None if tensor is None else as_array(tensor)
    if array is None or rows is None:
        return array
    part = len(rows) / max(len(array), 1)
    return array[list(rows)] if array.nbytes * part <= MOST_BYTES else None


def as_array(tensor: Any) -> Any:
    """Return a tensor on the CPU as an array that shares its memory, None for any other."""
    torch = sys.modules["torch"]
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or not tensor.is_cpu:
        return None
    if tensor.layout is not torch.strided or tensor.dtype is torch.bfloat16 or tensor.is_conj():
        return None
    return tensor.detach().numpy()


def class_of(found: Surroundings) -> str:
    """Return the model's class as people know it, or that there is none."""
    if found.module is not None:
        return _class_name(found.module)
    if found.modules:
        return " + ".join(_class_name(module) for module in found.modules.values())
    return "torch.Tensor"


def _class_name(module: Any) -> str:
    """`torch.nn.Linear`: torch defines it some modules further down."""
    name = public_name(type(module))
    return f"torch.nn.{name.rpartition('.')[2]}" if name.startswith("torch.nn.modules.") else name


def first_rows_of(tensor: Any, count: int = EXAMPLE_ROWS) -> Any:
    """Return the first rows of a plain tensor as an array of their own, None for anything else."""
    if type(tensor) is not sys.modules["torch"].Tensor or not tensor.dim():
        return None
    return as_array(tensor[:count].detach().cpu().clone())
