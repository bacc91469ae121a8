"""What every kernel imports when it starts, whatever its notebook is about."""

import contextlib
import importlib


def import_kernel_modules() -> None:
    """Import what every kernel imports when it starts, and what it loads with its first cell."""
    for name in _AT_START:
        with contextlib.suppress(ImportError):  # not every version has it
            importlib.import_module(name)


_AT_START = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "ipykernel.comm",
    "ipykernel.subshell_manager", "ipykernel.shellchannel", "ipykernel.control", "ipykernel.heartbeat",
    "IPython.core.completer", "IPython.core.completerlib", "IPython.extensions.storemagic", "IPython.core.debugger",
    "IPython.core.magics", "comm", "faulthandler", "zmq.eventloop.zmqstream", "tornado.platform.asyncio",
    "concurrent.futures.thread", "runpy", "importlib.metadata", "sqlite3", "pdb", "cProfile",
    "cellmill.kernel.extension", "cellmill.capture.failures", "cellmill.capture.surroundings.distributions",
    "cellmill.capture.surroundings.git", "cellmill.capture.models", "cellmill.capture.describe",
    "cellmill.capture.probes.sklearn", "cellmill.capture.probes.xgboost", "cellmill.capture.probes.lightgbm",
    "cellmill.capture.probes.statsmodels", "cellmill.capture.probes.optuna", "cellmill.capture.probes.keras",
    "cellmill.capture.probes.lightning", "cellmill.capture.probes.pytorch", "cellmill.capture.probes.trackers",
    "cellmill.kernel.replaying", "cellmill.executors.warm.child",
)  # fmt: skip

# Loaded by us or by a completer, later than the first cell: hidden until then.
LATER = ("psutil", "cloudpickle", "jedi")
