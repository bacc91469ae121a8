"""Whose prediction is it? Arrays are known by identity, and names by the source that made them.

Nothing is looked at in a session before its first prediction.
"""

import ast
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import CodeType, FrameType
from typing import Any

from cellmill.capture.frames import caller, position, position_of, running
from cellmill.core.ids import ExecutionId, RunId
from cellmill.dataflow.figures import Figure, Figures
from cellmill.dataflow.provenance import Labels, Path, Provenance, given_to

# Methods of estimators that answer a prediction; one of them trains first.
PREDICTING = ("predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples")
ANSWERING = (*PREDICTING, "fit_predict")
REMEMBERED = 512
FIGURES_PER_CELL = 50
_DATA_OF = ("pandas", "polars", "torch", "scipy", "xarray", "pyarrow")
# A prediction of no known run: what derives from it too is nobody's.
_STRANGER: Labels = frozenset([None])

# Where a call stands: the file, which for a cell is a name of its own, and the lines and columns.
Place = tuple[str, int | None, int | None, int | None, int | None]
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MAX_DEPTH = 8


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
        self._direct: dict[Place, Prediction] = {}
        """Of the calls that are themselves a prediction, the last one made there."""
        self._file = ""
        self._known_places: dict[tuple[CodeType, int], Place | None] = {}
        self._names: dict[Path, Labels] = {}
        self._compared: set[Path] = set()
        self._user_names: dict[str, Any] = {}
        self.are_any = False

    def add(self, execution: ExecutionId | None, prediction: Prediction, result: Any) -> None:
        """A model predicted in an execution."""
        self.are_any = True
        self._begin(execution)
        self._here.add(prediction)
        self._predicted_at(prediction)
        key = id(result)
        try:
            reference = weakref.ref(result, lambda _: self._arrays.pop(key, None))
        except TypeError:
            return  # a list, say: known only by the source
        self._arrays[key] = (reference, prediction)
        if len(self._arrays) > REMEMBERED:
            self._arrays.popitem(last=False)

    def _predicted_at(self, prediction: Prediction) -> None:
        frame = nearest = caller()
        depth = 0
        while frame is not None:
            if frame.f_globals.get("__name__") == "__main__":
                place = self._place(frame)
                if place is not None and depth < MAX_DEPTH:
                    self._places.setdefault(place, set()).add(prediction)
                    if frame is nearest:
                        self._direct[place] = prediction
                    else:  # one of several, perhaps, that the answer of this call is made of
                        self._direct.pop(place, None)
                depth += 1
                if frame.f_code.co_name == "<module>":
                    self._user_names, self._file = frame.f_globals, frame.f_code.co_filename
                    return
            frame = frame.f_back

    def _place(self, frame: FrameType) -> Place | None:
        key = (frame.f_code, frame.f_lasti)
        if key not in self._known_places:
            self._known_places[key] = _place(frame)
        return self._known_places[key]

    def _begin(self, execution: ExecutionId | None) -> None:
        if execution != self._execution:
            self._execution, self._here, self._places = execution, set(), {}
            self._direct, self._known_places, self._file = {}, {}, ""

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
        if frame is None or not self.are_any:
            return frozenset()
        self._begin(execution)
        found = self._known_at(frame, methods)
        if found is None:
            return frozenset()
        known, call = found
        if not isinstance(call, ast.Call):
            return frozenset()
        return frozenset().union(*(known.of(each) for each in (*call.args, *call.keywords)))

    def _known_at(
        self, frame: FrameType, methods: tuple[str, ...], depth: int = 0
    ) -> tuple[Provenance, ast.AST] | None:
        """Return what is known of the names that a frame of the user's sees now, and the node that it runs."""
        if depth > MAX_DEPTH or frame.f_globals.get("__name__") != "__main__":
            return None
        node, tree = running(frame)
        here = _statement_of(node)
        if node is None or here is None or tree is None:
            return None
        code = frame.f_code
        if code.co_name == "<module>":
            known: Provenance = self._provenance(methods, code.co_filename)
            known.run(tree.body, here)
            known.bound = partial(self._bound, {}, frame.f_globals, None)
            return known, node
        around = _around(frame)
        outer = self._known_at(around, methods, depth + 1) if around is not None else None
        scope = _scope(node)
        if isinstance(scope, _COMPREHENSIONS):
            if outer is None or around is not frame.f_back or not code.co_name.startswith("<"):
                return None
            known = outer[0]
            for each in scope.generators:
                known.bind(each.target, known.of(each.iter))
            known.bound = partial(self._bound, dict(frame.f_locals), frame.f_globals, known.bound)
            return known, node
        if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) or scope.name != code.co_name:
            return None
        known = self._provenance(methods, code.co_filename, in_function=True)
        own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        if outer is not None and around is not None:
            hidden = own.union(around.f_code.co_varnames, around.f_code.co_cellvars, around.f_code.co_freevars)
            known.names = {path: labels for path, labels in outer[0].names.items() if path[0] not in hidden}
            if around is frame.f_back and isinstance(outer[1], ast.Call):
                for name, labels in given_to(scope, outer[1], outer[0].of).items():
                    known.bind(ast.Name(name), labels)
        known.run(scope.body, here)
        known.bound = partial(self._bound, dict(frame.f_locals), frame.f_globals, None)
        return known, node

    def _bound(
        self,
        local: Mapping[str, Any],
        user_names: Mapping[str, Any],
        outer: Callable[[str], Labels | None] | None,
        name: str = "",
    ) -> Labels | None:
        if name not in local and outer is not None:
            return outer(name)
        known = self.behind(local[name] if name in local else user_names.get(name))
        return None if known is None else frozenset([known])

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
        known = self._provenance(methods, self._file)
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

    def _provenance(self, methods: tuple[str, ...], file: str, *, in_function: bool = False) -> Figures:
        def answer(call: ast.expr) -> Labels | None:
            place = (file, *position_of(call))
            predicts = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in methods
            found = self._places.get(place)
            if found is None:
                return _STRANGER if predicts else None
            last = self._direct.get(place)
            labels: Labels = frozenset(found if last is None or known.earlier_rounds else [last])
            # What may not have run this time: the last prediction there may be another call's of the function.
            return labels | _STRANGER if in_function and known.maybe else labels

        def ran(node: ast.stmt) -> bool:
            calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
            return not in_function and any((file, *position_of(call)) in self._places for call in calls)

        known = Figures(
            answer,
            methods,
            ran=ran,
            names=dict(self._names),
            is_data=self._is_data,
            data_of=_data_of,
            compared=set(self._compared),
        )
        return known


def is_figure_of(value: float, metric: float) -> bool:
    """Return whether a number is a metric again: itself, rounded, or in per cent."""
    if value == metric or (value != value and metric != metric):
        return True
    return any(value in (round(metric, digits), round(100 * metric, digits)) for digits in range(1, 7)) or (
        value == 100 * metric
    )


def _data_of(labels: Labels) -> frozenset[str]:
    return frozenset(label.data for label in labels if isinstance(label, Prediction) and label.data is not None)


def _around(frame: FrameType) -> FrameType | None:
    """Return the nearest frame of the user's own code around another."""
    found = frame.f_back
    while found is not None and found.f_globals.get("__name__") != "__main__":
        found = found.f_back
    return found


def _scope(node: ast.AST) -> ast.AST | None:
    """Return what gives a node its names: a function, a comprehension. `executing` has noted the parents."""
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS)
    found: ast.AST | None = getattr(node, "parent", None)
    while found is not None and not isinstance(found, scopes):
        found = getattr(found, "parent", None)
    return found


def _statement_of(node: ast.AST | None) -> ast.stmt | None:
    while node is not None and not isinstance(node, ast.stmt):
        node = getattr(node, "parent", None)
    return node


def _place(frame: FrameType) -> Place | None:
    """Return where the call stands that a frame runs now."""
    found = position(frame)
    return None if found is None else (frame.f_code.co_filename, *found)
