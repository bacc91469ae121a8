"""Forked kernels for whoever starts kernels through jupyter_client: Jupyter Server, nbclient, papermill.

The kernelspec `cellmill-warm` names it. Where nothing can be forked the kernel is started as any other.
"""

import os
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from cellmill.capture.hosting import announced_notebook
from cellmill.core.errors import BadSettings
from cellmill.core.project import Project, find_project
from cellmill.core.settings import read_settings
from cellmill.executors.warm.client import Forked, fork
from cellmill.executors.warm.wanted import imports_of, journalled, worth_importing

LOOK_S = 0.01


class WarmProvisioner(LocalProvisioner):
    """Asks a fork server for the process, and starts it itself where there is none."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """See `LocalProvisioner`."""
        environment = {**(kwargs.get("env") or os.environ), "JPY_PARENT_PID": str(os.getpid())}
        cwd = Path(kwargs.get("cwd") or Path.cwd())
        notebook = announced_notebook(environment)
        project = find_project(cwd)
        if not _is_wanted(project):
            return await super().launch_kernel(cmd, **kwargs)
        nothing = os.open(os.devnull, os.O_RDWR)
        streams = [_descriptor(kwargs.get(name), nothing) for name in ("stdin", "stdout", "stderr")]
        try:
            forked = fork(
                cmd,
                environment=environment,
                cwd=cwd,
                streams=streams,
                wanted=worth_importing(imports_of(notebook)) if notebook is not None else (),
                project=journalled(project),
            )
        finally:
            os.close(nothing)
        if not isinstance(forked, Forked):
            self.log.info("The kernel is started cold: %s", forked)
            return await super().launch_kernel(cmd, **kwargs)
        self.process = forked  # type: ignore[assignment]
        self.pid = self.pgid = forked.pid
        self.cwd = cwd
        return self.connection_info

    async def wait(self) -> int | None:
        """See `LocalProvisioner`, whose own looks ten times a second."""
        import asyncio

        if not isinstance(self.process, Forked):
            return await super().wait()
        while (code := self.process.poll()) is None:
            await asyncio.sleep(LOOK_S)
        self.process = None
        return code


def _is_wanted(project: Project) -> bool:
    try:
        return read_settings(project.settings).warm_kernels
    except BadSettings:
        return True  # said where the kernel reads them


def _descriptor(given: Any, nothing: int) -> int:
    """Return a descriptor for the kernel. A pipe of the caller's is not for it: the caller reads to its end."""
    if given is None or (isinstance(given, int) and given < 0):
        return nothing
    return given if isinstance(given, int) else int(given.fileno())
