"""One training in a plain PyTorch loop: its steps, its losses, how it came to its end."""

import asyncio
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any

from cellmill.capture.models import ToCopy
from cellmill.capture.namespace_values import Steady
from cellmill.capture.probes.loops import error_of_loop
from cellmill.capture.probes.torch_losses import Losses
from cellmill.capture.probes.torch_owners import Surroundings, epochs_of, optimizer_parameters
from cellmill.core.event_parts import Failure, Outcome
from cellmill.core.ids import ExecutionId, RunId

# A loop's curves are told after so long, then again each so often: at least, and as a share of what it has taken.
TELL_S = 10.0
TELL_SHARE = 0.05
_OF_POOLS = ("threading.py", "concurrent/futures/thread.py", "multiprocessing/pool.py")


class Part:
    """The steps of one optimiser, or of several that move the same parameters."""

    def __init__(self, key: frozenset[int], optimizer: Any) -> None:
        self.optimizer: weakref.ref[Any] = weakref.ref(optimizer)
        self.losses = Losses()
        self.steps = 0
        self.is_over = False
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
        self.thread = threading.current_thread()
        self.threads = {self.thread}
        """All that make steps of it."""
        self.task = current_task()
        self.is_followed = False
        """Whether somebody waits for its thread, or its task, to end."""
        self._ends = threading.Lock()
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

    def goes_on(self) -> bool:
        """Whether its thread, or its task, lives on when the cell ends that calls this."""
        if self.thread is not threading.current_thread():
            return self.is_running()
        return self.task is not None and self.task is not current_task() and not self.task.done()

    def is_running(self) -> bool:
        """Whether one of its threads runs the code in which it made its first step."""
        alive = [thread.ident for thread in tuple(self.threads) if thread.is_alive()]
        codes = {place.code for place in self.found.places if not place.code.co_filename.endswith(_OF_POOLS)}
        if not codes:  # it has only begun
            return bool(alive)
        frames = sys._current_frames() if alive else {}
        for frame in [frames.get(ident or 0) for ident in alive]:
            while frame is not None:
                if frame.f_code in codes:
                    return True
                frame = frame.f_back
        return False

    def claims_end(self) -> bool:
        """Return True once: the end of its cell and that of its thread may come at one time."""
        return self._ends.acquire(blocking=False)

    def error(self, ending: tuple[Outcome, Failure | None]) -> BaseException | None:
        """Return what it has ended with, None where it ended well, and of a thread; `ending` is how its cell did."""
        if not self.is_followed:
            return error_of_loop(ending, self.found.places)
        if self.task is None or not self.task.done():
            return None
        return asyncio.CancelledError() if self.task.cancelled() else self.task.exception()

    def curves(self, *, settle: bool = False) -> Iterator[tuple[str, list[float], list[int]]]:
        """Return the losses of each part, with the name of the curve and the steps; `settle` reads them from a GPU."""
        for index, part in enumerate(self.parts):
            if settle:
                part.losses.settle()
            yield (f"loss_{index + 1}" if index else "loss", *part.losses.curve())

    def parameters(self) -> dict[str, str]:
        """Return what is known of it at its end."""
        steps = self.parts[0].steps
        epochs = epochs_of(self.found, steps)
        known = {"steps": str(steps)} if epochs is None else {"steps": str(steps), "epochs": epochs}
        return {**optimizer_parameters(self.optimizers), **known}

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


def current_task() -> "asyncio.Task[Any] | None":
    """Return the task that the calling code runs in, None without an event loop."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


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
