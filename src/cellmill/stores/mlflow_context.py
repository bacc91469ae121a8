"""Says, on every MLflow run that a captured kernel makes by hand, which execution made it.

MLflow finds this through the entry point `mlflow.run_context_provider`; nothing here imports it.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cellmill.capture.recording import Recording


def current_recording() -> "Recording | None":
    """Return the recording of this process. Imports nothing: every `import mlflow` passes here."""
    module = sys.modules.get("cellmill.capture.recording")
    return module.current_recording() if module is not None else None


class ExecutionContext:
    """MLflow's RunContextProvider, by shape."""

    def in_context(self) -> bool:
        """Whether this process is a captured kernel with a cell running."""
        recording = current_recording()
        return recording is not None and recording.is_recording

    def tags(self) -> dict[str, str]:
        """The tags that MLflow adds to a run that starts now."""
        recording = current_recording()
        if recording is None:
            return {}
        tags: dict[str, str] = {"cellmill.by_hand_in_session": recording.started.session}
        if recording.execution is not None:
            tags["cellmill.execution"] = recording.execution
        if recording.notebook is not None:
            tags["cellmill.notebook"] = recording.project.relative(recording.notebook) or ""
        return tags
