"""What a kernel masks because its environment says so: whoever keeps its notebook has another environment."""

import ast

from cellmill.core.errors import CellTimedOut, KernelDied
from cellmill.executors.kernels import LocalKernel

ASK_S = 10.0
_HIDDEN = "__import__('cellmill.capture.recording', fromlist=['x']).current_recording().hidden()"


def try_hidden(kernel: LocalKernel) -> list[str] | None:
    """Return the values that a kernel masks, None where it cannot say: it has died, or nothing is captured there."""
    try:
        answer = kernel.run("", silent=True, timeout_s=ASK_S, expressions={"hidden": _HIDDEN}).expressions
    except (KernelDied, CellTimedOut):
        return None
    return list(ast.literal_eval(answer["hidden"])) if "hidden" in answer else None
