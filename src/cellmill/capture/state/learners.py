"""How models are read that keep their state in C: tensors, boosters, trees."""

import re
import sys
import time
from collections.abc import Callable
from types import GetSetDescriptorType
from typing import Any

from cellmill.capture.state.look import Look, Memory, Reader

_MOST_STEPS = 5_000
_REMEMBERED = 256
_TOOK: dict[int, tuple[float, int]] = {}
"""What reading the whole of a model took last, and its size then. An id that is used again costs a guess."""


def _tensor(value: Any, look: Look) -> object:
    """A tensor of torch. Its version counts changes; writes past the counter show in its memory, if on the CPU."""
    of = sys.modules["torch"]._C.TensorBase.__dict__
    get = {name: of[name].__get__(value) for name in ("_version", "device", "layout", "dtype", "shape")}
    plain = [get["_version"], str(get["device"]), str(get["layout"]), str(get["dtype"]), *get["shape"]]
    learns = of["requires_grad"].__get__(value)
    grad = of["grad"].__get__(value) if learns and of["is_leaf"].__get__(value) else None  # others' warn when asked
    key = look.items([*plain, learns, grad])
    made_by = of["grad_fn"].__get__(value)
    if made_by is not None:
        look.children += _leaves(made_by, look)
    if not of["is_cpu"].__get__(value) or str(get["layout"]) != "torch.strided":
        look.opaque = True  # to read it would make the GPU wait
        return key
    storage = of["untyped_storage"](value)
    size = storage.nbytes()
    if size:
        address = storage.data_ptr()
        look.children.append(Memory(address, size, _bytes_at(address, size)))
    return hash((key, of["storage_offset"](value), of["stride"](value)))


def _leaves(made_by: Any, look: Look) -> list[object]:
    """Return the parameters that a tensor was computed from: `loss.backward()` changes their gradients."""
    found: list[object] = []
    seen: set[int] = set()
    queue = [made_by]
    while queue:
        if len(seen) > _MOST_STEPS or look.left < 0:
            look.partial = True
            break
        step = queue.pop()
        if id(step) in seen:
            continue
        seen.add(id(step))
        variable = _read_in_c(step, "variable")
        if variable is not None:
            found.append(variable)
        queue += [before for before, _ in _read_in_c(step, "next_functions") or () if before is not None]
    return found


def _read_in_c(step: Any, name: str) -> Any:
    """Return an attribute that torch keeps in C; a step of the user's own may have others of that name."""
    for ancestor in type.__dict__["__mro__"].__get__(type(step)):
        held = type.__dict__["__dict__"].__get__(ancestor).get(name)
        if type(held) is GetSetDescriptorType:
            return held.__get__(step)
    return None


def _bytes_at(address: int, size: int) -> memoryview:
    import ctypes  # torch has loaded it

    return memoryview((ctypes.c_char * size).from_address(address)).cast("B")


def _generator(value: Any, look: Look) -> object:
    if str(value.device) != "cpu":
        look.opaque = True
        return None
    return hash(bytes(value.get_state().numpy()))


def _inert(value: Any, look: Look) -> object:
    look.unkept = True
    return None


def whole_content(look: Look, value: object, *, size: int, cost_s: float, digest: Callable[[], object]) -> None:
    """Put a digest of a whole model into the look, if there is the time: as much as it took before, or is thought to.

    `size` is how many trees the model has: of twice as many it is taken that they take twice as long.
    """
    took_s, then = _TOOK.get(id(value), (0.0, size))

    def timed() -> object:
        began_s = time.perf_counter()
        found = digest()
        _TOOK.pop(id(value), None)
        _TOOK[id(value)] = time.perf_counter() - began_s, size
        if len(_TOOK) > _REMEMBERED:
            del _TOOK[next(iter(_TOOK))]
        return found

    look.content(timed, max(cost_s, took_s * max(1.0, size / max(then, 1))))


def _xgboost(value: Any, look: Look) -> object:
    """A booster: its rounds always, its whole content when there is the time."""
    rounds = value.num_boosted_rounds()
    config = value.save_config()
    found = re.search(r'"num_trees":"(\d+)"', config)  # for each class, and of several in parallel
    trees = int(found[1]) if found is not None else rounds
    whole_content(
        look,
        value,
        size=trees,
        cost_s=0.0001 + trees * 0.00002,
        digest=lambda: hash((bytes(value.save_raw("ubj")), config)),
    )
    return rounds


def _lightgbm(value: Any, look: Look) -> object:
    rounds = value.current_iteration()
    attributes = {name: part for name, part in value.__dict__.items() if name != "_handle"}
    key = look.items([*attributes, *attributes.values()])
    trees = rounds * value.num_model_per_iteration()
    leaves = value.params.get("num_leaves") if type(value.params) is dict else None
    cost_s = 0.0001 + trees * max(0.0001, (leaves if type(leaves) is int else 31) * 0.000003)
    whole_content(look, value, size=trees, cost_s=cost_s, digest=lambda: hash(value.model_to_string()))
    return hash((rounds, key))


def _xgboost_data(value: Any, look: Look) -> object:
    """A DMatrix: the rows cannot be changed, what is said about them can."""
    parts = [value.get_float_info(field).tobytes() for field in ("label", "weight", "base_margin")]
    attributes = {name: part for name, part in value.__dict__.items() if name != "handle"}
    return look.items([*parts, *attributes, *attributes.values()])


def _catboost(value: Any, look: Look) -> object:
    """A model of catboost, by its own serialisation."""
    trees = value._get_tree_count()
    whole_content(
        look,
        value,
        size=trees,
        cost_s=trees * 0.00001,
        digest=lambda: hash(value._serialize_model()) if trees else 0,
    )
    return trees


def _tree(value: Any, look: Look) -> object:
    """A fitted tree of scikit-learn: its state is its arrays."""
    state = value.__getstate__()
    nodes, values = state["nodes"], state["values"]
    return hash((state["node_count"], hash(nodes.tobytes()), hash(values.tobytes())))


EXACT: dict[str, Reader] = {
    "torch.Tensor": _tensor,
    "torch.nn.parameter.Parameter": _tensor,
    "torch._C.Generator": _generator,
    "torch.dtype": _inert,
    "torch.device": _inert,
    "torch.layout": _inert,
    "xgboost.core.Booster": _xgboost,
    "xgboost.core.DMatrix": _xgboost_data,
    "xgboost.core.QuantileDMatrix": _xgboost_data,
    "lightgbm.basic.Booster": _lightgbm,
    "_catboost._CatBoost": _catboost,
    "sklearn.tree._tree.Tree": _tree,
}
WHOLE: frozenset[Reader] = frozenset({_xgboost, _xgboost_data, _lightgbm})
