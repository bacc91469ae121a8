"""A sweep from its first trial to its last: several at a time, stopped and gone on with at will."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial

from cellmill.capture.folder import prepare_folder
from cellmill.core.project import Project
from cellmill.core.sweeps import Sweep, SweepTrial
from cellmill.wiring.stopping import LOOK_S, Stop
from cellmill.wiring.store_queue import StoreQueue
from cellmill.wiring.studies import Study
from cellmill.wiring.sweeps import add_trial, mark_recorded
from cellmill.wiring.trials import Trials

SweepStop = Stop[Future[SweepTrial | None]]


@dataclass(frozen=True)
class Standing:
    """What a sweep is at: trials under way, and those that have ended and are to be recorded."""

    running: int = 0
    unrecorded: int = 0
    is_stopping: bool = False


def go_on(
    sweep: Sweep,
    trials: Trials,
    *,
    jobs: int,
    stop: SweepStop,
    told: Callable[[Sweep, Standing], None] = lambda sweep, standing: None,
) -> tuple[Sweep, tuple[str, ...]]:
    """Run the trials that a sweep has left. Returns it as it then is, and sentences on what was not recorded.

    `told` hears of the sweep whenever something has begun or ended. Stopped, it returns with trials left: the sweep
    is kept, and goes on from there when it is asked to. Raises `OptunaMissing`, and what the start of a kernel raises.
    """
    study = Study(sweep)
    trials.report = study.report
    prepare_folder(trials.project)
    done = {trial.number for trial in sweep.trials}
    left = [number for number in range(1, sweep.plan.size + 1) if number not in done]
    under_way = heard = 0
    recording = _Recording(trials.project, sweep)

    def tell() -> None:
        told(sweep, Standing(under_way, recording.left, stop.times > 0))

    try:
        with ThreadPoolExecutor(jobs) as pool:
            try:
                while under_way or (left and not stop.times):
                    while left and not stop.times and under_way < jobs:
                        number = left.pop(0)
                        future = pool.submit(trials.run, number, {**sweep.plan.fixed, **study.next(number)})
                        future.add_done_callback(stop.happened.put)
                        under_way += 1
                    tell()
                    ended = stop.next()
                    if stop.times > heard:
                        heard = stop.times
                        trials.stop(at_once=heard > 1)
                    if ended is not None:
                        under_way -= 1
                        trial = ended.result()
                        if trial is not None:
                            study.tell(trial)
                            add_trial(trials.project, sweep.sweep, trial)
                            sweep = replace(sweep, trials=(*sweep.trials, trial))
                            recording.put(sweep, trial)
            except BaseException:
                trials.stop()
                raise
        while recording.left and stop.times < (1 if sweep.is_done else 2):
            tell()
            recording.wait(LOOK_S)
    finally:
        recording.close()
    return replace(sweep, recorded=(*sweep.recorded, *recording.recorded)), recording.troubles


class _Recording(StoreQueue):
    """Keeps the store's run of the sweep, and one for each trial."""

    def __init__(self, project: Project, sweep: Sweep) -> None:
        super().__init__(project)
        self._project = project
        self.recorded: list[int] = []
        """The numbers of the trials that were recorded."""
        for trial in sweep.trials:
            if trial.number not in sweep.recorded:  # whoever was killed has left some out
                self.put(sweep, trial)
        self.warm()

    def put(self, sweep: Sweep, trial: SweepTrial) -> None:
        """Record a trial when its turn comes."""
        self.give(partial(self._record, sweep, trial))

    def _record(self, sweep: Sweep, trial: SweepTrial) -> None:
        self._store.record(only=trial.session)
        self._store.sweep({**asdict(sweep), "trials": [asdict(trial)]}, best=asdict(sweep.best or trial))
        mark_recorded(self._project, sweep.sweep, trial.number)
        self.recorded.append(trial.number)
