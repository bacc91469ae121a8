"""The points of metrics on their way to the journal: not all that one place measures again and again is written."""

from collections.abc import Hashable
from dataclasses import replace
from functools import partial

from cellmill.capture.elsewhere import Elsewhere
from cellmill.capture.recording import Recording
from cellmill.capture.repeats import MOST_IN_ONE_PLACE, WHOLE_CURVE, Curves, Repeats
from cellmill.core.clock import now_ms
from cellmill.core.events import MetricLeftOut, MetricMeasured
from cellmill.core.ids import ExecutionId, RunId


class Points:
    """What a session measures of its models, one number at a time."""

    def __init__(self, recording: Recording, elsewhere: Elsewhere) -> None:
        self._recording = recording
        self._elsewhere = elsewhere
        self._repeats = Repeats()
        self._curves = Curves()

    def write(self, run: RunId, name: str, value: float, *, place: Hashable, predicted: int) -> None:
        """Write a point of a metric, unless its place has measured that too often.

        `predicted` is how often models have predicted in this session. Raises `FolderNotWritable`, OSError.
        """
        execution = self._recording.execution
        told, is_last = self._repeats.take(run, name, value, place=place, since=(execution, predicted))
        if told is None:
            return
        # MLflow takes the larger one of two in a millisecond: what is said at the end must be the newest.
        point = MetricMeasured(run, execution, now_ms() + is_last, name, told)
        if is_last:
            self._elsewhere.write(point)
            self._recording.write(MetricLeftOut(run, execution, now_ms(), name, MOST_IN_ONE_PLACE))
        else:
            self._write(point, place)

    def _write(self, point: MetricMeasured, place: Hashable) -> None:
        execution = point.execution
        if execution is None or not self._recording.runs(execution):  # nobody would say when its last one has come
            self._elsewhere.write(point)
            return
        self._recording.at_end("the last points of curves", partial(self._end, execution))
        is_written, is_first_left_out = self._curves.take(point, place)
        if is_written:
            self._elsewhere.write(point)
        if is_first_left_out:
            left_out = MetricLeftOut(point.run, execution, now_ms(), point.name, WHOLE_CURVE, is_thinned=True)
            self._recording.write(left_out)

    def _end(self, execution: ExecutionId) -> None:
        for point in self._curves.end(execution):
            self._elsewhere.write(replace(point, at_ms=point.at_ms + 1))
