"""Whose prediction is it? Arrays are known by identity, and names by the source that made them.

Nothing is looked at in a session before its first prediction.
"""

import ast
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from types import FrameType
from typing import Any

from cellmill.capture.frames import caller
from cellmill.core.ids import ExecutionId, RunId
from cellmill.dataflow.figures import Figure, Figures
from cellmill.dataflow.provenance import Labels, Path

REMEMBERED = 512
FIGURES_PER_CELL = 50
_DATA_OF = ("pandas", "polars", "torch", "scipy", "xarray", "pyarrow")
# A prediction of no known run: what derives from it too is nobody's.
_STRANGER: Labels = frozenset([None])

Place = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True)
class Prediction:
    """Whose prediction an array is, and of which data."""

    run: RunId
    data: str | None


@dataclass(frozen=True)
class Measured:
    """A number that a cell assigned, and that measures a run's predictions."""

    run: RunId
    name: str
    value: float


class Predictions:
    """The predictions of a session."""

    def __init__(self) -> None:
        self._arrays: OrderedDict[int, tuple[weakref.ref[Any], Prediction]] = OrderedDict()
        self._execution: ExecutionId | None = None
        self._here: set[Prediction] = set()
        self._places: dict[Place, set[Prediction]] = {}
        self._last: tuple[Place, Prediction] | None = None
        self._names: dict[Path, Labels] = {}
        self._compared: set[Path] = set()
        self._user_names: dict[str, Any] = {}
        self.are_any = False

    def add(self, execution: ExecutionId | None, prediction: Prediction, result: Any) -> None:
        """A model predicted in an execution."""
        self.are_any = True
        self._begin(execution)
        self._here.add(prediction)
        frame = _cell_of(caller())
        place = _place(frame)
        if frame is not None:
            self._user_names = frame.f_globals
        if place is not None:
            self._places.setdefault(place, set()).add(prediction)
            seen_at = caller()
            # Deeper calls may be one of several that an answer is made of.
            direct = seen_at is not None and seen_at.f_code.co_name == "<module>"
            self._last = (place, prediction) if direct else None
        key = id(result)
        try:
            reference = weakref.ref(result, lambda _: self._arrays.pop(key, None))
        except TypeError:
            return  # a list, say: known only by the source
        self._arrays[key] = (reference, prediction)
        if len(self._arrays) > REMEMBERED:
            self._arrays.popitem(last=False)

    def _begin(self, execution: ExecutionId | None) -> None:
        if execution != self._execution:
            self._execution, self._here, self._places = execution, set(), {}
            self._last = None

    def behind(self, values: Any) -> Prediction | None:
        """Return whose prediction an array is, or is a view into: `proba[:, 1]` is still its model's."""
        while values is not None:
            found = self._arrays.get(id(values))
            if found is not None and found[0]() is values:
                return found[1]
            values = getattr(values, "base", None) if type(values).__module__ == "numpy" else None
        return None

    def only(self, execution: ExecutionId | None) -> Prediction | None:
        """Return the prediction made in an execution, if there was exactly one."""
        return next(iter(self._here)) if execution == self._execution and len(self._here) == 1 else None

    def candidates(self, execution: ExecutionId | None, frame: FrameType | None, methods: tuple[str, ...]) -> Labels:
        """Return what the arguments of the call running in a cell derive from, told from the source.

        Empty where nothing is known; more than one where the source cannot tell which.
        """
        if frame is None or frame.f_code.co_name != "<module>" or not self.are_any:
            return frozenset()
        import executing

        self._begin(execution)
        running = executing.Source.executing(frame)
        if not isinstance(running.node, ast.Call) or not isinstance(running.source.tree, ast.Module):
            return frozenset()
        here = next(iter(running.statements), None)

        def bound(name: str) -> Labels | None:
            known = self.behind(frame.f_globals.get(name))
            return None if known is None else frozenset([known])

        known = self._provenance(methods)
        known.run(running.source.tree.body, here)
        known.bound = bound
        known.answer = partial(self._latest, known.answer)
        given = [*running.node.args, *(keyword.value for keyword in running.node.keywords)]
        return frozenset().union(*(known.of(each) for each in given))

    def _latest(self, answer: Callable[[ast.expr], Labels | None], node: ast.expr) -> Labels | None:
        """Of the running call's arguments: what one of them predicted just now, in whichever round of a loop."""
        place = (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset)
        plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if plain and self._last is not None and self._last[0] == place and self._last[1] in self._here:
            return frozenset([self._last[1]])
        return answer(node)

    def cell_ended(
        self, execution: ExecutionId | None, python: str | None, methods: tuple[str, ...], *, whole: bool
    ) -> list[Measured]:
        """Follow the names of a cell that has run, to its end if `whole`. Returns the figures that it assigned.

        That is: floats of one run, which compare its predictions with something else (`dataflow/figures.py`); whole
        numbers only under a name that metrics have. Not `len(p)`, a mean of predictions, a threshold, a plain copy.
        """
        if not self.are_any or python is None:
            return []
        self._begin(execution)
        known = self._provenance(methods)
        try:
            known.run(ast.parse(python).body)
        except SyntaxError:
            return []
        measured = []
        if whole:
            measured = [found for each in known.made() if (found := self._measured(each)) is not None]
        else:  # where it stopped is not known: what was before may be there still
            for path, labels in self._names.items():
                known.names[path] = known.names.get(path, frozenset()) | labels
            known.compared |= self._compared
        self._names, self._compared = known.names, known.compared
        return measured[:FIGURES_PER_CELL]

    def _measured(self, figure: Figure) -> Measured | None:
        runs = {label.run if isinstance(label, Prediction) else None for label in figure.labels}
        run = runs.pop()
        if runs or run is None:
            return None
        name = figure.path[0]
        value = self._user_names.get(name)
        if len(figure.path) == 2:
            key = ast.literal_eval(figure.path[1])
            if type(value) is not dict or type(key) is not str:
                return None
            name, value = key, value.get(key)
        kind = type(value)
        whole = kind is int or (kind.__module__ == "numpy" and kind.__name__.startswith("int"))
        real = kind is float or (kind.__module__ == "numpy" and kind.__name__.startswith("float"))
        if value is None or not (real or (whole and figure.may_be_whole)):
            return None
        return Measured(run, name, float(value))

    def _is_data(self, name: str) -> bool:
        kind = type(self._user_names.get(name))
        home = kind.__module__.partition(".")[0]
        return kind in (list, tuple) or home in _DATA_OF or (home == "numpy" and kind.__name__ == "ndarray")

    def _provenance(self, methods: tuple[str, ...]) -> Figures:
        def answer(call: ast.expr) -> Labels | None:
            found = self._places.get((call.lineno, call.end_lineno, call.col_offset, call.end_col_offset))
            if found is not None:
                return frozenset(found)
            predicts = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in methods
            return _STRANGER if predicts else None

        return Figures(
            answer,
            methods,
            names=dict(self._names),
            is_data=self._is_data,
            data_of=_data_of,
            compared=set(self._compared),
        )


def is_figure_of(value: float, metric: float) -> bool:
    """Return whether a number is a metric again: itself, rounded, or in per cent."""
    if value == metric or (value != value and metric != metric):
        return True
    return any(value in (round(metric, digits), round(100 * metric, digits)) for digits in range(1, 7)) or (
        value == 100 * metric
    )


def _data_of(labels: Labels) -> frozenset[str]:
    return frozenset(label.data for label in labels if isinstance(label, Prediction) and label.data is not None)


def _cell_of(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the cell itself that led here, None outside of a cell."""
    while frame is not None and (frame.f_code.co_name != "<module>" or frame.f_globals.get("__name__") != "__main__"):
        frame = frame.f_back
    return frame


def _place(frame: FrameType | None) -> Place | None:
    """Return where in the cell's own source the call stands that runs now."""
    if frame is None or not hasattr(frame.f_code, "co_positions"):
        return None
    index = frame.f_lasti // 2
    return next(islice(frame.f_code.co_positions(), index, None), None)
