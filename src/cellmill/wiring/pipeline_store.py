"""Keeps the store's run of a pipeline, and one for each step, while others run. Trouble with it stops nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from cellmill.capture.secret_names import is_secret
from cellmill.capture.secrets import MASK, Masker
from cellmill.core.pipeline_runs import PipelineRun, StepStanding
from cellmill.wiring.store_queue import StoreQueue


class Recording(StoreQueue):
    """Records steps of a pipeline that have ended, and its end."""

    def put(self, run: PipelineRun, step: StepStanding, parameters: Mapping[str, Any]) -> None:
        """Record a step that has ended, when its turn comes."""
        self.give(partial(self._record_step, run, step, parameters))

    def end_run(self, run: PipelineRun) -> None:
        """Record how a run has ended. One in which nothing ran is not recorded."""
        if self.has_begun:
            self.give(partial(self._record_end, run))

    def _record_step(self, run: PipelineRun, step: StepStanding, parameters: Mapping[str, Any]) -> None:
        self._store.record(only=step.session)
        head = {"pipeline": run.pipeline, "run": run.run, "started_ms": run.started_ms}
        self._store.pipeline(head, asdict(step), _masked(parameters))

    def _record_end(self, run: PipelineRun) -> None:
        self._store.pipeline({**asdict(run), "parameters": _masked(run.parameters)}, None, {})


def _masked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without the values of those that are named as secrets are, or look like some."""
    masker = Masker()
    return {
        name: MASK if is_secret(name, value) else masker.mask(value if isinstance(value, str) else repr(value))
        for name, value in parameters.items()
    }
