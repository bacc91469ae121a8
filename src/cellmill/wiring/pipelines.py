"""A pipeline from its first step to its last: several at a time, stopped and gone on with at will."""

import json
import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from cellmill.capture.folder import prepare_folder
from cellmill.core.clock import now_ms
from cellmill.core.errors import BadSettings, CellmillError, NotebookError
from cellmill.core.ids import SessionId, new_session_id
from cellmill.core.pipeline_errors import PipelineError
from cellmill.core.pipeline_runs import PipelineRun, StepRecord, StepStanding, StepState
from cellmill.core.pipelines import DOCUMENT, PipelineStep
from cellmill.core.ports import Progress, StepEnded, StepExecutor, StepTask
from cellmill.core.words import shown_path
from cellmill.pipeline.conditions import NoAnswer
from cellmill.wiring.looking import look
from cellmill.wiring.parameters_given import ITEM, VALUES
from cellmill.wiring.pipeline_records import forget, write_record
from cellmill.wiring.pipeline_store import Recording
from cellmill.wiring.projects import settings_of
from cellmill.wiring.ready import check_edges, check_ready
from cellmill.wiring.situations import Situation, not_so
from cellmill.wiring.step_records import Begun, begin, record_of
from cellmill.wiring.stopping import LOOK_S, Stop
from cellmill.wiring.values import remove_values, values_place, write_value

SETTLED = ("ok", "unchanged", "left out", "failed", "not reached", "interrupted")
_NOT_ASKED = "not asked for"


@dataclass(frozen=True)
class Told:
    """A cell of a step has ended."""

    key: str
    progress: Progress


PipelineStop = Stop[Future[StepEnded] | Told]


def run_pipeline(
    situation: Situation,
    executor: StepExecutor,
    *,
    stop: PipelineStop,
    told: Callable[[PipelineRun], None] = lambda run: None,
) -> tuple[PipelineRun, tuple[str, ...]]:
    """Run what must run. Returns how that went, and sentences on what could not be recorded in the store.

    What goes wrong in a step is its state; what does not come after it goes on. Stopped, it returns with steps left:
    the next run goes on from there. The executor is closed, whatever happens.

    Raises what `check_ready` raises before anything runs, `FolderNotWritable`.
    """
    try:
        check_ready(situation)
        prepare_folder(situation.project)
        return _Going(situation, executor, stop, told).run()
    finally:
        executor.close()


class _Going:
    """A run of a pipeline. Everything but the steps themselves happens in one thread."""

    def __init__(
        self,
        situation: Situation,
        executor: StepExecutor,
        stop: PipelineStop,
        told: Callable[[PipelineRun], None],
    ) -> None:
        self._situation = situation
        self._pipeline = situation.pipeline
        self._project = situation.project
        self._executor = executor
        self._stop = stop
        self._told = told
        self._warm = settings_of(self._project).warm_kernels
        self._document = look(self._project.root, str(situation.folder / DOCUMENT))
        self._started_ms = now_ms()
        self._id = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"
        self._output = self._project.root / "executed" / f"{self._pipeline.name}-{self._id}"
        # Of each step its standings by key; before its list is known it stands there by its own name.
        self._steps: dict[str, dict[str, StepStanding]] = {
            step.name: {step.name: StepStanding(step.name, step.name)} for step in self._pipeline.ordered
        }
        self._left = list(self._pipeline.ordered)
        self._decided: set[str] = set()
        self._waiting: list[tuple[PipelineStep, str, Any]] = []
        self._begun: dict[str, Begun] = {}
        self._sessions: dict[str, SessionId] = {}
        """Of steps that were prepared and have not begun."""
        self._is_sure: dict[str, bool] = {}
        self._words: dict[str, None] = {}
        self._recording = Recording(self._project)

    @property
    def standing(self) -> PipelineRun:
        """How the run stands."""
        steps = tuple(one for several in self._steps.values() for one in several.values())
        return PipelineRun(
            self._pipeline.name,
            self._id,
            self._started_ms,
            steps,
            parameters=self._situation.parameters,
            words=tuple(self._words),
        )

    def run(self) -> tuple[PipelineRun, tuple[str, ...]]:
        heard = 0
        try:
            while True:
                if not self._stop.times:
                    self._settle()
                    self._begin()
                self._told(self.standing)
                if not self._begun and (self._stop.times or not (self._left or self._waiting)):
                    break
                self._take(self._stop.next())
                if self._stop.times > heard:
                    heard = self._stop.times
                    self._executor.stop(at_once=heard > 1)
            self._end()
            ended = replace(self.standing, ended_ms=now_ms())
            self._told(ended)
            self._recording.end_run(ended)
            while self._recording.left and self._stop.times < 2:
                self._recording.wait(LOOK_S)
        except BaseException:
            self._executor.stop(at_once=True)
            raise
        finally:
            self._recording.close()
        return ended, self._recording.troubles

    # --- what may begin

    def _settle(self) -> None:
        """Decide on each step for which everything before it has come to an end."""
        changed = True
        while changed:
            changed = False
            for step in tuple(self._left):
                if all(self._is_settled(name) for name in step.after):
                    self._left.remove(step)
                    self._decided.add(step.name)
                    self._decide(step)
                    changed = True

    def _decide(self, step: PipelineStep) -> None:
        states = {name: {one.state for one in self._steps[name].values()} for name in step.after}
        out = [name for name, found in states.items() if found == {"left out"} and not self._is_unasked(name)]
        stuck = [name for name, found in states.items() if found & {"failed", "not reached", "interrupted"}]
        if step.name not in self._situation.selected:
            self._put(StepStanding(step.name, step.name, "left out", (_NOT_ASKED,)))
        elif stuck:
            self._put(StepStanding(step.name, step.name, "not reached", (f"after {stuck[0]}",)))
        elif out:
            self._put(StepStanding(step.name, step.name, "left out", (f"{out[0]} is left out",)))
        else:
            try:
                self._expand(step)
            except NoAnswer as error:
                self._put(StepStanding(step.name, step.name, "failed", error=f"Step {step.name}: {error}."))
            except CellmillError as error:  # a notebook that is gone, or a place of values that does not answer
                self._put(StepStanding(step.name, step.name, "failed", error=str(error)))

    def _expand(self, step: PipelineStep) -> None:
        if not self._situation.is_wanted(step):
            self._put(StepStanding(step.name, step.name, "left out", (not_so(step),)))
            return
        items = self._situation.items(step)
        reasons = {key: self._situation.why(step, key, item) for key, item in items}  # all, before one of them waits
        if step.for_each is not None:
            self._steps[step.name] = {}
        self._forget_items(step, {key for key, _ in items})
        if not items:
            self._put(StepStanding(step.name, step.name, "unchanged", ("its list is empty",)))
            self._hand_over_items(step)
        for key, item in items:
            why = reasons[key]
            if why and step.for_each is None:  # it may have been in a loop the last time
                remove_values(self._project, self._situation.state, _items_of(step))
            self._put(StepStanding(key, step.name, "waiting" if why else "unchanged", why))
            if why:
                self._waiting.append((step, key, item))
        if step.for_each is not None and self._is_settled(step.name):
            self._hand_over_items(step)

    def _begin(self) -> None:
        while self._waiting and len(self._begun) < self._executor.jobs:
            step, key, item = self._waiting.pop(0)
            try:
                self._submit(step, key, item)
            except (NotebookError, PipelineError, BadSettings) as error:  # it was changed since it was checked
                self._put(replace(self._steps[step.name][key], state="failed", error=str(error)))
        for step, key in self._coming():
            self._sessions[key] = new_session_id()
            self._executor.prepare(self._task(step, key, {}))

    def _coming(self) -> list[tuple[PipelineStep, str]]:
        """Return steps that are sure to begin next, so many as may run at once, without those that were prepared."""
        at_most = self._executor.jobs - len(self._sessions)
        if at_most <= 0:
            return []
        coming = [(step, key) for step, key, _ in self._waiting[: self._executor.jobs]]
        for step in self._left if self._begun and len(coming) < self._executor.jobs else ():
            is_next = all(self._is_settled(name) or name in self._begun for name in step.after)
            if is_next and step.when is None and step.for_each is None and step.name in self._situation.selected:
                if step.name not in self._is_sure:
                    try:
                        self._is_sure[step.name] = bool(self._situation.why(step, step.name, None))
                    except CellmillError:  # said when its turn comes, if it is so then
                        self._is_sure[step.name] = False
                coming += [(step, step.name)] if self._is_sure[step.name] else []
        return [(step, key) for step, key in coming if key not in self._sessions][:at_most]

    def _submit(self, step: PipelineStep, key: str, item: Any) -> None:
        situation = self._situation
        before = situation.code(step)
        code = situation.read_again(step)
        if code.source != before.source:
            self._say(f"{step.notebook} was changed while the pipeline ran: step {key} runs as it is now.")
        check_edges(situation, step)
        values = situation.values(step, item)
        given = situation.check_values(step, values)
        if VALUES in code.declares:
            given[VALUES] = values_place(self._project, self._situation.state)
        if ITEM in code.declares and step.for_each is not None:
            given[ITEM] = key.rpartition(".")[2]
        session = self._sessions.setdefault(key, new_session_id())
        self._recording.warm()
        standing = self._steps[step.name][key]
        began = now_ms()
        self._put(replace(standing, state="running", started_ms=began, session=session, done=0, error=None))
        self._begun[key] = begin(situation, step, key, item, session, values)
        # If this process is killed, what the step has left behind is not taken for whole.
        begun = StepRecord(key, "interrupted", session, began, began, code.seen, code.source, code.declares)
        self._keep(replace(begun, kernel=code.kernel))
        task = self._task(step, key, given)
        del self._sessions[key]
        future = self._executor.submit(task, partial(self._heard, key))
        future.add_done_callback(self._stop.happened.put)

    def _task(self, step: PipelineStep, key: str, given: dict[str, Any]) -> StepTask:
        return StepTask(
            key=key,
            session=self._sessions[key],
            root=str(self._project.root),
            notebook=str(self._situation.notebook(step)),
            output=str(self._output / f"{key}.ipynb"),
            parameters=given,
            kernel=self._situation.wanted.kernel,
            timeout_s=step.timeout_s,
            warm=self._warm,
            asks=self._situation.asks.get(step.name, ()),
        )

    def _heard(self, key: str, progress: Progress) -> None:
        self._stop.happened.put(Told(key, progress))

    # --- what has happened

    def _take(self, happened: Future[StepEnded] | Told | None) -> None:
        if isinstance(happened, Told):
            begun = self._begun.get(happened.key)
            if begun is not None:
                at = happened.progress
                self._put(replace(self._steps[begun.step.name][begun.key], done=at.done, total=at.total))
        elif happened is not None:
            ended = happened.result()
            self._ended(self._begun.pop(ended.key), ended)

    def _ended(self, begun: Begun, ended: StepEnded) -> None:
        for sentence in ended.words:
            self._say(sentence)
        self._situation.forget_looks()
        begun = replace(begun, session=ended.session or begun.session)
        output = self._project.relative(str(self._output / f"{begun.key}.ipynb"))
        record, words = record_of(self._situation, begun, ended, output)
        for sentence in words:
            self._say(sentence)
        self._keep(record)
        step, standing = begun.step, self._steps[begun.step.name][begun.key]
        state: StepState = "failed"
        if record.outcome in ("ok", "interrupted"):
            state = "ok" if record.outcome == "ok" else "interrupted"
        standing = replace(
            standing,
            state=state,
            session=begun.session,
            started_ms=ended.started_ms,
            ended_ms=ended.ended_ms,
            output=record.output,
            error=record.error,
        )
        self._recording.put(self.standing, standing, begun.values)
        if state == "failed" and standing.attempt <= step.retries and not self._stop.times:
            self._say(f"{record.error} Step {begun.key} is tried again.")
            self._put(replace(standing, state="waiting", attempt=standing.attempt + 1))
            self._waiting.insert(0, (step, begun.key, begun.item))
            return
        self._put(standing)
        if step.for_each is not None and self._is_settled(step.name):
            try:
                self._hand_over_items(step)
            except CellmillError as error:
                self._put(StepStanding(step.name, step.name, "failed", error=str(error)))

    # --- small things

    def _end(self) -> None:
        for several in self._steps.values():
            for key, one in several.items():
                if one.state in ("waiting", "running"):
                    several[key] = replace(one, state="interrupted" if one.state == "running" else "not reached")
        now = look(self._project.root, self._document.path)
        if now.sha256 != self._document.sha256:
            self._say(
                f"{shown_path(self._situation.folder / DOCUMENT)} was changed while the pipeline ran, and this run "
                "went on with what it had said. Run it again for what it says now."
            )

    def _is_settled(self, step: str) -> bool:
        return step in self._decided and all(one.state in SETTLED for one in self._steps[step].values())

    def _is_unasked(self, step: str) -> bool:
        return any(_NOT_ASKED in one.why for one in self._steps[step].values())

    def _put(self, standing: StepStanding) -> None:
        self._steps[standing.step][standing.key] = standing

    def _say(self, words: str) -> None:
        self._words[words] = None

    def _keep(self, record: StepRecord) -> None:
        self._situation.records[record.key] = record
        write_record(self._project, self._situation.state, record)

    def _hand_over_items(self, step: PipelineStep) -> None:
        """Say which items there are, in their order, for whoever comes after them."""
        items = [key.rpartition(".")[2] for key in self._steps[step.name] if key != step.name]
        content = json.dumps({"items": items}).encode()
        write_value(self._project, self._situation.state, _items_of(step), content)

    def _forget_items(self, step: PipelineStep, keys: set[str]) -> None:
        gone = [k for k in self._situation.records if k.partition(".")[0] == step.name and k not in keys]
        forget(self._project, self._situation.state, gone)
        for key in gone:
            del self._situation.records[key]


def _items_of(step: PipelineStep) -> str:
    return f"{step.name}.items.json"
