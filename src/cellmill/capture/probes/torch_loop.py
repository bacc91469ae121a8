"""One training in a plain PyTorch loop: its steps, its losses, how it came to its end."""

import sys
import time
import weakref
from typing import Any

from cellmill.capture.models import ToCopy
from cellmill.capture.namespace_values import Steady
from cellmill.capture.probes.torch_losses import Losses
from cellmill.capture.probes.torch_owners import Surroundings
from cellmill.core.ids import ExecutionId, RunId

# A loop's curves are told after so long, then again each so often: at least, and as a share of what it has taken.
TELL_S = 10.0
TELL_SHARE = 0.05


class Part:
    """The steps of one optimiser, or of several that move the same parameters."""

    def __init__(self, key: frozenset[int], optimizer: Any) -> None:
        self.optimizer: weakref.ref[Any] = weakref.ref(optimizer)
        self.losses = Losses()
        self.steps = 0
        self._key = key
        # Identities are used again: this parameter must still live for the key to mean anything.
        self._parameter = weakref.ref(optimizer.param_groups[0]["params"][0])

    def trains(self, key: frozenset[int]) -> bool:
        """Whether these are this part's parameters."""
        return self._key == key and self._parameter() is not None


class Loop:
    """What is known of a training while it goes on."""

    def __init__(self, execution: ExecutionId, part: Part) -> None:
        self.execution = execution
        self.parts = [part]
        self.run: RunId | None = None
        self.found = Surroundings()
        self.steady: Steady | None = None
        """The names that have held the same values at each step."""
        self.example: Any = None
        self.wants_example = True
        self._models: dict[str, Any] = {}
        self._weak_models: dict[str, weakref.ref[Any]] = {}
        self._began_s = time.monotonic()
        self._tell_s = self._began_s + TELL_S

    def is_due(self) -> bool:
        """Whether it is time to tell the curves so far. True once, then not before some time has gone by."""
        now_s = time.monotonic()
        if now_s < self._tell_s:
            return False
        self._tell_s = now_s + max(TELL_S, TELL_SHARE * (now_s - self._began_s))
        return True

    @property
    def optimizers(self) -> list[Any]:
        """The optimisers that are still there, in the order in which they came."""
        return [optimizer for part in self.parts if (optimizer := part.optimizer()) is not None]

    def hold(self, found: Surroundings, *, most_bytes: float) -> None:
        """Keep what was found. A model that is large or on a GPU is not kept alive longer than the user does."""
        modules = {"": found.module} if found.module is not None else dict(found.modules)
        found.module, found.modules = None, {}
        self.found = found
        self._weak_models = {name: weakref.ref(module) for name, module in modules.items()}
        sizes = [(p.nbytes, p.is_cpu) for module in modules.values() for p in module.parameters()]
        is_light = all(is_cpu for _, is_cpu in sizes) and sum(size for size, _ in sizes) <= most_bytes
        self._models = modules if is_light else {}

    def models(self) -> dict[str, Any]:
        """Return the modules that are trained, by name, `""` for a single one; none where one is gone."""
        found = {name: reference() for name, reference in self._weak_models.items()}
        return {} if None in found.values() else found

    def is_model(self, module: Any) -> bool:
        """Whether this is (one of) what is trained."""
        return any(reference() is module for reference in self._weak_models.values())


def kept(models: dict[str, Any]) -> ToCopy:
    """Return what is kept of modules: by name, or of a single one under `""` itself; on the CPU."""

    def copy() -> Any:
        copies = {name: _on_cpu(module) for name, module in models.items()}
        return copies.get("", copies)

    tensors = {id(t): t for module in models.values() for t in (*module.parameters(), *module.buffers())}
    return ToCopy(sum(map(_stored_bytes, tensors.values())), copy)


def _stored_bytes(tensor: Any) -> int:
    if tensor.layout is not sys.modules["torch"].strided:
        return 0  # sparse: its size says nothing
    stored: int = min(tensor.nbytes, tensor.untyped_storage().nbytes())  # one number may be seen as many
    return stored


def _on_cpu(module: Any) -> Any:
    """Return the module, or where it is not on the CPU a copy that is; the user's own tensors stay where they are."""
    tensors = [*module.parameters(), *module.buffers()]
    if all(tensor.is_cpu for tensor in tensors):
        return module
    import copy

    torch = sys.modules["torch"]
    memo: dict[int, Any] = {}
    for tensor in tensors:
        moved = tensor.detach().cpu()
        is_parameter = isinstance(tensor, torch.nn.Parameter)
        memo[id(tensor)] = torch.nn.Parameter(moved, tensor.requires_grad) if is_parameter else moved
    return copy.deepcopy(module, memo)
