"""The losses of a plain PyTorch loop: what `backward` was called of since the last step, and the curve of all steps."""

from typing import Any

from cellmill.capture.recording import Recording
from cellmill.core.ids import ExecutionId

MOST_POINTS = 1_000


class Pending:
    """The loss of the calls of `backward` since the last step: the one that the next step is for."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._execution: ExecutionId | None = None
        self._loss: Any = None
        self._since_zeroed: dict[int, Any] = {}
        """By an optimiser that has zeroed its gradients since: the loss of the calls after that."""
        self._unscaled: tuple[int, Any] | None = None

    def clear(self) -> None:
        """Forget what there is: no step came of it."""
        self._loss = self._unscaled = None
        self._since_zeroed.clear()

    def take(self, loss: Any, *, in_step: bool) -> None:
        """`backward` is called of this tensor."""
        try:
            if loss.dim():
                return
            # On the CPU it is read at once; on a GPU when the loop has ended, for to read it is to wait.
            value = loss.item() if loss.is_cpu else loss.detach()
            if self._unscaled is not None:
                scaled, unscaled = self._unscaled
                self._unscaled = None
                value = unscaled if scaled == id(loss) else value
            execution = self._recording.execution
            if in_step or execution != self._execution:
                # Within a step a closure asks again; and what another cell called `backward` of led to no step there.
                self._execution, self._loss = execution, None
                self._since_zeroed.clear()
            # Several before one step: their gradients add up, so do they.
            self._loss = value if self._loss is None else self._loss + value
            for optimizer, since in self._since_zeroed.items():
                self._since_zeroed[optimizer] = value if since is None else since + value
        except Exception as error:  # noqa: BLE001 - as `guarded`, at less cost
            self._recording.failed("loss", error)

    def scaled(self, loss: Any, scaled: Any) -> None:
        """A scalar loss is scaled, for `backward` to be called of that."""
        self._unscaled = (id(scaled), loss.item() if loss.is_cpu else loss.detach())

    def zeroed(self, optimizer: Any) -> None:
        """An optimiser zeroes its gradients, or a module its parameters' (None): what made them is not the step's."""
        if self._loss is None:
            return
        if optimizer is None:
            self.clear()
        else:
            self._since_zeroed[id(optimizer)] = None

    def of_step(self, optimizer: Any) -> Any:
        """Return the loss that an optimiser's step was for, None where none is known, and begin anew."""
        loss = self._loss
        self._loss = None
        if self._since_zeroed:
            loss = self._since_zeroed.get(id(optimizer), loss)
            self._since_zeroed.clear()
        return loss


class Losses:
    """A curve of at most `MOST_POINTS` points, evenly thinned: when it is full, every other goes.

    Losses on a GPU stay there until the curve is read: to ask for each would make the loop wait.
    """

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._values: list[Any] = []
        self._stride = 1
        self._last: tuple[int, Any] | None = None

    def add(self, step: int, value: Any) -> None:
        """Take the loss of a step; steps count from 1."""
        self._last = (step, value)
        if (step - 1) % self._stride:
            return
        if len(self._values) >= MOST_POINTS - 1:  # the last one comes on top
            del self._steps[1::2], self._values[1::2]
            self._stride *= 2
            if (step - 1) % self._stride:
                return
        self._steps.append(step)
        self._values.append(value)

    def curve(self) -> tuple[list[float], list[int]]:
        """Return values and steps, the last of all among them."""
        steps, values = list(self._steps), list(self._values)
        if self._last is not None and (not steps or steps[-1] != self._last[0]):
            steps.append(self._last[0])
            values.append(self._last[1])
        return [value if type(value) is float else float(value) for value in values], steps

    def settle(self) -> None:
        """Read what lies on a GPU, so that it is read once."""
        self._values = [value if type(value) is float else float(value) for value in self._values]
