"""The processes of kernels: started as their kernelspec says, or forked; and ended with all that they have started."""

import contextlib
import json
import os
import shutil
import signal
import string
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cellmill.core.errors import KernelMissing
from cellmill.executors.specs import Spec

_LONGEST_SOCKET = 90
# What nobody types is not what `%history -g` should find; and its file is one that all kernels wait for.
_NO_HISTORY = "--HistoryManager.hist_file=:memory:"


class OwnProcess:
    """A kernel started by ourselves. Its sockets are files, so that no two kernels ask for one port.

    `info` is what its connection file holds; `ends` a descriptor that becomes readable when it ends, None where
    it must be asked; `note` says why it is cold though a warm one was wanted.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        cwd: Path,
        environment: Mapping[str, str],
        said: Any,
        warm: bool,
        wanted: Iterable[str],
        project: Path | None,
    ) -> None:
        """`said` is the file to which it writes what goes to no notebook."""
        self._folder = _sockets_folder()
        identity = os.urandom(16).hex()
        self.info: Mapping[str, Any] = {
            "transport": "ipc",
            "ip": str(self._folder / "s"),
            "key": os.urandom(16).hex(),
            "signature_scheme": "hmac-sha256",
            "kernel_name": "",
            **{f"{name}_port": number for number, name in enumerate(("shell", "iopub", "stdin", "control", "hb"), 1)},
        }
        file = self._folder / f"kernel-{identity}.json"
        file.write_text(json.dumps(self.info))
        file.chmod(0o600)
        own = {name: string.Template(value).safe_substitute(environment) for name, value in spec.environment.items()}
        environment = {**environment, **own, "JPY_PARENT_PID": str(os.getpid())}
        command = [*(word.replace("{connection_file}", str(file)) for word in spec.command), _NO_HISTORY]
        self.note = ""
        self._process: Any = None
        try:
            if warm:
                from cellmill.executors.warm.client import Forked, fork

                with Path(os.devnull).open("rb") as nothing:
                    forked = fork(
                        command,
                        environment=environment,
                        cwd=cwd,
                        streams=(nothing.fileno(), said.fileno(), said.fileno()),
                        wanted=wanted,
                        project=project,
                    )
                if isinstance(forked, Forked):
                    self._process = forked
                else:
                    self.note = f"a cold kernel: {forked}"
            self.is_warm = self._process is not None
            if self._process is None:
                self._process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                    start_new_session=True,
                )
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self.pid: int | None = self._process.pid
        self.ends: int | None = _end_of(self._process, warm=self.is_warm)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Interrupt what runs."""
        signal_group(self.pid, signal.SIGINT)

    def kill(self) -> None:
        """See to it that it and what it has started are gone."""
        signal_group(self.pid, signal.SIGKILL)  # also when it has ended: what it has started may live on
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.is_alive():
                self._process.kill()
            self._process.wait(10)
        if self.ends is not None and not self.is_warm:
            os.close(self.ends)
        self.ends = None
        shutil.rmtree(self._folder, ignore_errors=True)


class ManagedProcess:
    """A kernel of another kind, started as jupyter_client knows to."""

    is_warm = False
    ends: int | None = None
    note = ""

    def __init__(self, name: str, *, cwd: Path, environment: Mapping[str, str], said: Any) -> None:
        """Raises `KernelMissing`."""
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
        from jupyter_client.manager import KernelManager

        self._manager = KernelManager(kernel_name=name)
        try:
            self._manager.start_kernel(
                cwd=str(cwd), env=dict(environment), stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        except NoSuchKernel as error:
            installed = tuple(sorted(KernelSpecManager().find_kernel_specs()))
            raise KernelMissing(error.name, installed=installed) from error
        self.info: Mapping[str, Any] = self._manager.get_connection_info()
        self.pid: int | None = getattr(self._manager.provisioner, "pid", None)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return bool(self._manager.is_alive())

    def interrupt(self) -> None:
        """Interrupt what runs."""
        self._manager.interrupt_kernel()

    def kill(self) -> None:
        """See to it that it and what it has started are gone."""
        signal_group(self.pid, signal.SIGKILL)
        if self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()


def wait_for_end(process: OwnProcess | ManagedProcess, timeout_s: float) -> bool:
    """Wait for a process that was asked to leave. Returns whether it did."""
    import select

    ends_s = time.monotonic() + timeout_s
    while process.is_alive():
        left_s = ends_s - time.monotonic()
        if left_s <= 0:
            return False
        if process.ends is not None:
            select.select([process.ends], [], [], min(left_s, 0.5))
        else:
            time.sleep(0.005)
    return True


def signal_group(pid: int | None, number: int) -> None:
    """Send a kernel and what it has started a signal. It was started as the first of a group of its own."""
    if pid is not None and hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)


def _end_of(process: Any, *, warm: bool) -> int | None:
    if warm:
        return int(process.fileno())
    try:
        return os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        return None  # not Linux, or an old one


def _sockets_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cellmill-"))
    if len(str(folder)) <= _LONGEST_SOCKET:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="cellmill-", dir="/tmp"))
