"""Loads and unloads capture in an IPython shell."""

import builtins
import io
import os
import platform
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellmill._version import __version__
from cellmill.capture.hosting import Host, take_host
from cellmill.capture.probes import Probes
from cellmill.capture.recording import Recording, try_recording
from cellmill.capture.surroundings import Surroundings, machine
from cellmill.core.clock import now_ms
from cellmill.core.errors import BadSettings
from cellmill.core.events import SessionStarted
from cellmill.core.ids import new_session_id
from cellmill.core.project import Project, find_project
from cellmill.core.settings import read_settings
from cellmill.kernel.hooks import Hooks
from cellmill.kernel.magics import register_magics, unregister_magics
from cellmill.kernel.outputs import OutputsTap
from cellmill.kernel.state import KernelState

if TYPE_CHECKING:
    from cellmill.capture.observer import Observer

_ATTRIBUTE = "_cellmill"


def load(shell: Any) -> None:
    """Start capture in a kernel; in a terminal only the magics. Twice is as good as once."""
    if getattr(shell, _ATTRIBUTE, None) is not None:
        return
    state = KernelState()
    setattr(shell, _ATTRIBUTE, state)
    try:
        _start(shell, state)
    except Exception as error:  # noqa: BLE001 - a kernel starts, whatever is wrong with us
        state.off_because = f"Cellmill could not start: {type(error).__name__}: {error}"
    register_magics(shell, state)


def state_of(shell: Any) -> KernelState | None:
    """Return what `load` has made of a shell, None where it was not called."""
    found: KernelState | None = getattr(shell, _ATTRIBUTE, None)
    return found


def unload(shell: Any) -> None:
    """Stop capture and take every hook out."""
    state: KernelState | None = getattr(shell, _ATTRIBUTE, None)
    if state is None:
        return
    unregister_magics(shell)
    if state.hooks is not None:
        state.hooks.remove()
    if state.probes is not None:
        state.probes.stop()
    if state.outputs is not None:
        state.outputs.remove()
    if state.recording is not None:
        state.recording.close()
    delattr(shell, _ATTRIBUTE)


def _start(shell: Any, state: KernelState) -> None:
    host = take_host()
    state.project = _project(host)
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        state.off_because = "this is a terminal; Cellmill captures notebooks and other kernels"
        return
    # What a notebook logs by hand goes to the store where its captured runs are.
    os.environ.setdefault("MLFLOW_TRACKING_URI", state.project.default_store)
    try:
        settings = read_settings(state.project.settings)
    except BadSettings as error:
        state.off_because = str(error)
        return
    recording, state.off_because = try_recording(state.project, settings, _session_started(host, state.project, kernel))
    if recording is None:
        return
    state.recording = recording
    user_names: dict[str, object] = shell.user_ns
    recording.compare_names(user_names)
    # IPython gives cells an `open` of its own, which calls the one that it has imported.
    shells = (sys.modules.get("IPython.core.interactiveshell"), "io_open")
    # The system of imports has an `open_code` of its own; the one in `io` is for `runpy` and its like.
    opening = ((builtins, "open"), (io, "open"), (io, "open_code"), shells)
    surroundings = Surroundings(
        state.project,
        user_names,
        write=recording.write,
        failed=recording.failed,
        mask=recording.mask,
        opening=opening,
    )
    recording.look_around(surroundings)
    state.probes = Probes(recording, partial(_observer, recording), user_names)
    state.probes.start()
    state.probes.after_import("numpy.random", surroundings.random_was_imported)
    state.probes.after_import("numpy.lib._datasource", surroundings.opener_was_imported)
    state.hooks = Hooks(shell, kernel, recording, state.probes)
    state.hooks.install()
    state.outputs = OutputsTap(recording)
    try:
        state.outputs.install(kernel)
    except Exception as error:  # noqa: BLE001 - all else goes on without the outputs
        recording.failed("outputs", error)


def _observer(recording: Recording) -> "Observer":
    from cellmill.capture.observer import Observer  # not for a kernel's start

    return Observer(recording)


def _project(host: Host) -> Project:
    start = Path(host.notebook).parent if host.notebook else Path.cwd()
    return find_project(start if start.is_dir() else Path.cwd(), host.server_root)


def _session_started(host: Host, project: Project, kernel: Any) -> SessionStarted:
    session = host.session or new_session_id()
    return SessionStarted(
        session=session,
        at_ms=now_ms(),
        pid=os.getpid(),
        process_started_s=_process_started_s(),
        host=socket.gethostname(),
        kernel=_kernel_name(kernel) or session,
        root=str(project.root),
        cwd=str(Path.cwd()),
        notebook=host.notebook,
        started_by=host.started_by,
        python=platform.python_version(),
        executable=sys.executable,
        platform=platform.platform(terse=True),
        cellmill=__version__,
        cores=machine.cores(),
        memory_bytes=machine.memory_bytes(),
        user=machine.user(),
        front_end=machine.front_end(host.started_by, session=host.notebook),
        path=tuple(sys.path),
    )


def _kernel_name(kernel: Any) -> str | None:
    """Return the kernel's id as its server knows it: the connection file is named by it."""
    parent = getattr(kernel, "parent", None)
    stem = Path(getattr(parent, "connection_file", "") or "").stem
    return stem.removeprefix("kernel-") or None


def _process_started_s() -> float | None:
    psutil = sys.modules.get("psutil")  # ipykernel has loaded it; not worth loading otherwise
    return psutil.Process().create_time() if psutil is not None else None
