"""A sweep from its first trial to its last: several at a time, stopped and gone on with at will."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace

from cellmill.capture.folder import prepare_folder
from cellmill.core.errors import CellmillError
from cellmill.core.project import Project
from cellmill.core.sweeps import Sweep, SweepTrial
from cellmill.wiring.store_process import StoreProcess
from cellmill.wiring.studies import Study
from cellmill.wiring.sweeps import add_trial
from cellmill.wiring.trials import Trials


def go_on(
    sweep: Sweep, trials: Trials, *, jobs: int, told: Callable[[Sweep, int], None] = lambda sweep, running: None
) -> tuple[Sweep, tuple[str, ...]]:
    """Run the trials that a sweep has left. Returns it as it then is, and sentences on what was not recorded.

    `told` hears of the sweep whenever a trial has begun or ended, and of how many are under way. A
    KeyboardInterrupt ends those, and is raised again: the sweep is kept, and goes on from there when it is asked to.
    Raises `OptunaMissing`, and what the start of a kernel raises.
    """
    study = Study(sweep)
    trials.report = study.report
    prepare_folder(trials.project)
    done = {trial.number for trial in sweep.trials}
    left = [number for number in range(1, sweep.plan.size + 1) if number not in done]
    under_way: set[Future[SweepTrial | None]] = set()
    with _Recording(trials.project, sweep) as recording, ThreadPoolExecutor(jobs) as pool:
        try:
            while left or under_way:
                while left and len(under_way) < jobs:
                    number = left.pop(0)
                    given = {**sweep.plan.fixed, **study.next(number)}
                    under_way.add(pool.submit(trials.run, number, given))
                told(sweep, len(under_way))
                ended, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in ended:
                    trial = future.result()
                    if trial is not None:
                        sweep = _ended(sweep, trial, study, trials.project, recording)
                told(sweep, len(under_way))
        except BaseException:
            trials.stop()
            for future in wait(under_way).done:
                if future.exception() is None and (trial := future.result()) is not None:
                    sweep = _ended(sweep, trial, study, trials.project, recording)
            told(sweep, 0)
            raise
    return sweep, recording.troubles


def _ended(sweep: Sweep, trial: SweepTrial, study: Study, project: Project, recording: "_Recording") -> Sweep:
    study.tell(trial)
    add_trial(project, sweep.sweep, trial)
    sweep = replace(sweep, trials=(*sweep.trials, trial))
    recording.put(sweep, trial)
    return sweep


class _Recording:
    """Keeps the store's run of the sweep, and one for each trial, while others run. Trouble with it stops nothing."""

    def __init__(self, project: Project, sweep: Sweep) -> None:
        self._store = StoreProcess(project)
        self._queue: queue.SimpleQueue[tuple[Sweep, SweepTrial] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._troubles: dict[str, None] = {}
        for trial in sweep.trials:  # whoever was killed may have left some out
            self.put(sweep, trial)

    def __enter__(self) -> "_Recording":
        self._store.warm()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._thread.join()
        self._store.close()

    @property
    def troubles(self) -> tuple[str, ...]:
        """What went wrong, each once."""
        return tuple(self._troubles)

    def put(self, sweep: Sweep, trial: SweepTrial) -> None:
        """Record a trial when its turn comes."""
        self._queue.put((sweep, trial))

    def _work(self) -> None:
        while (given := self._queue.get()) is not None:
            sweep, trial = given
            try:
                self._store.record(only=trial.session)
                self._store.sweep({**asdict(sweep), "trials": [asdict(trial)]}, best=asdict(sweep.best or trial))
            except CellmillError as error:
                self._troubles[str(error)] = None
