"""Trainings batch by batch: the `partial_fit` calls of one estimator in one cell are one training."""

from types import FrameType
from typing import Any

from cellmill.capture.describe import first_rows
from cellmill.capture.frames import is_ours
from cellmill.capture.models import EXAMPLE_ROWS
from cellmill.capture.probes.loops import Place
from cellmill.core.clock import now_ms
from cellmill.core.ids import ExecutionId, RunId

MOST_FRAMES = 30


class Batched:
    """One such training. The estimator is held until the cell ends: it is kept as it is then."""

    def __init__(self, estimator: Any, run: RunId | None, data: Any, places: tuple[Place, ...]) -> None:
        self.estimator = estimator
        self.run = run
        self.rows = first_rows(data, EXAMPLE_ROWS)
        self.places = places
        self.batches = 0
        self.ended_ms = 0

    def count(self) -> None:
        """A batch was taken."""
        self.batches += 1
        self.ended_ms = now_ms()


class Batches:
    """Those that go on, by their estimators' ids."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[ExecutionId, Batched]] = {}

    def of(self, estimator: Any) -> Batched | None:
        """Return the training of an estimator, None where none goes on."""
        found = self._open.get(id(estimator))
        return found[1] if found is not None else None

    def begin(
        self, estimator: Any, execution: ExecutionId, run: RunId | None, data: Any, frame: FrameType | None
    ) -> Batched:
        """Take a training that begins in a cell with this batch, called from this frame."""
        made = Batched(estimator, run, data, _places(frame))
        self._open[id(estimator)] = execution, made
        return made

    def drop(self, estimator: Any) -> Batched | None:
        """Let go of an estimator's training, and return it where there is one."""
        found = self._open.pop(id(estimator), None)
        return found[1] if found is not None else None

    def end(self, execution: ExecutionId) -> list[Batched]:
        """Return the trainings of a cell that has ended, and let go of them."""
        ended = [made for of, made in list(self._open.values()) if of == execution]
        for made in ended:
            self.drop(made.estimator)
        return ended


def _places(frame: FrameType | None) -> tuple[Place, ...]:
    found: list[Place] = []
    while frame is not None and len(found) < MOST_FRAMES:
        if str(frame.f_globals.get("__name__")).startswith("IPython."):
            break
        if not is_ours(frame):
            found.append(Place(frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)
