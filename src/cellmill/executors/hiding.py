"""What a kernel masks because its environment says so: whoever keeps its notebook has another environment."""

from cellmill.core.errors import CellTimedOut, KernelDied
from cellmill.executors.asking import ask
from cellmill.executors.kernels import LocalKernel

ASK_S = 10.0
_HIDDEN = "__import__('cellmill.capture.recording', fromlist=['x']).current_recording().hidden()"


def try_hidden(kernel: LocalKernel) -> list[str] | None:
    """Return the values that a kernel masks, None where it cannot say: it has died, or nothing is captured there."""
    try:
        hidden: list[str] | None = ask(kernel, _HIDDEN, timeout_s=ASK_S)
    except (KernelDied, CellTimedOut):
        return None
    return hidden
