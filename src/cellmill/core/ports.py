"""What the capabilities ask of the world outside. One contract suite runs against every implementation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cellmill.core.ids import RunId, SessionId
from cellmill.core.models import RegisteredModel, Registration, Version
from cellmill.core.runs import Run


@dataclass(frozen=True)
class Recorded:
    """A run as a store holds it. `digest` tells whether it is the run's present state."""

    run: RunId
    store_id: str  # MLflow's run id
    digest: str
    is_deleted: bool = False  # by the user, in the store: it stays deleted


@dataclass(frozen=True)
class RunFiles:
    """What goes with a run besides its numbers. Paths may be gone by the time they are read."""

    model: Path | None = None
    example: Path | None = None
    documents: Mapping[str, bytes] | None = None  # artifact path -> content


class RunStore(Protocol):
    """Keeps runs. Every method may raise `StoreUnreachable`, `StoreLocked` or `StoreRefused`."""

    @property
    def uri(self) -> str: ...

    def recorded(self, session: SessionId) -> dict[RunId, Recorded]:
        """Return what the store holds of a session: empty when it has never seen it."""
        ...

    def put(
        self, run: Run, files: RunFiles, *, digest: str, known: Recorded | None, parent: str | None = None
    ) -> Recorded:
        """Make the store's run equal to this one, creating it when `known` is None. Twice is as good as once.

        `parent` is the store's id of the run that it is shown under. A run that the user's own code has made
        in this store for the same training is completed: what it holds already is left as it is.
        """
        ...

    def delete(self, recorded: Recorded) -> None:
        """Put a run among the store's deleted ones. One that the user's own code has made is only let go."""
        ...


class ModelRegistry(Protocol):
    """Keeps registered models. Every method may raise the errors of `RunStore`."""

    def models(self) -> tuple[RegisteredModel, ...]:
        """Return every registered model by name, its versions newest first."""
        ...

    def register(self, registration: Registration, *, store_id: str) -> Version:
        """Make a version of the run's model.

        Raises `InvalidModelName`, `InvalidAlias` before anything is written, and `RunWithoutModel`
        when the store's run holds no model. Nothing is left behind when it raises.
        """
        ...


@dataclass(frozen=True)
class Progress:
    """How far a notebook has come: cell `done` of `total` has ended."""

    done: int
    total: int


class NotebookExecutor(Protocol):
    """Runs a notebook from a clean kernel."""

    def execute(
        self,
        notebook: Path,
        output: Path,
        parameters: Mapping[str, Any],
        *,
        kernel: str | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        """Run every cell and keep the executed notebook at `output`, also when one fails.

        Raises `CellFailed`, `KernelDied`, `KernelMissing`, `FolderNotWritable`.
        """
        ...
