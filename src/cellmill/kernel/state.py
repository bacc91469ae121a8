"""What the kernel shell holds between cells."""

from dataclasses import dataclass

from cellmill.capture.probes import Probes
from cellmill.capture.recording import Recording
from cellmill.core.project import Project
from cellmill.kernel.hooks import Hooks
from cellmill.kernel.outputs import OutputsTap


@dataclass
class KernelState:
    """Either a recording, or the reason why there is none."""

    project: Project | None = None
    recording: Recording | None = None
    probes: Probes | None = None
    hooks: Hooks | None = None
    outputs: OutputsTap | None = None
    off_because: str | None = None
