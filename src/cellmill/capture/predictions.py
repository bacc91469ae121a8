"""Whose prediction is it? Arrays are known by identity, and names by the source that made them.

Nothing is looked at in a session before its first prediction.
"""

import ast
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import CodeType, FrameType, ModuleType
from typing import Any

from cellmill.capture.calls import (
    MAX_DEPTH,
    Activation,
    Calls,
    activation_of,
    around,
    calls_of,
    have_ended,
    is_cell,
    users_frames,
)
from cellmill.capture.frames import (
    COMPREHENSIONS,
    TIMED,
    Place,
    caller,
    file_of,
    in_comprehension,
    locals_of,
    place,
    position_of,
    running,
    scope_of,
    statement_of,
)
from cellmill.capture.inplace import may_fill, may_write
from cellmill.capture.measured import Measured, Prediction, data_of, measured, model_of, with_others
from cellmill.core.ids import ExecutionId
from cellmill.dataflow.figures import Figures
from cellmill.dataflow.magics import opened
from cellmill.dataflow.provenance import LEARNED, NOTHING, WITHIN, Labels, Path, Provenance, given_to

# Methods of estimators that answer a prediction; one of them trains first.
PREDICTING = ("predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples")
ANSWERING = (*PREDICTING, "fit_predict")
REMEMBERED = 512
FIGURES_PER_CELL = 50
_DATA_OF = ("pandas", "polars", "torch", "scipy", "xarray", "pyarrow")
# A prediction of no known run: what derives from it too is nobody's.
_STRANGER: Labels = frozenset([None])

# Which names hold predictions, where the calls are that are running.
Bound = tuple[tuple[int, str, "Prediction"], ...]


class Predictions:
    """The predictions of a session."""

    def __init__(self) -> None:
        self._arrays: OrderedDict[int, tuple[weakref.ref[Any], Prediction]] = OrderedDict()
        self._execution: ExecutionId | None = None
        self._here: set[Prediction] = set()
        self._places: dict[Place, set[Prediction | None]] = {}
        self._direct: dict[Place, Prediction | None] = {}
        """Of the calls that are themselves a prediction, the last one made there."""
        self._calls: dict[Place, Activation] = {}
        """Of places in functions, the call of the function in which those predictions were made."""
        self._file = ""
        self._known_places: dict[tuple[CodeType, int], Place | None] = {}
        self._names: dict[Path, Labels] = {}
        self._compared: set[Path] = set()
        self._user_names: dict[str, Any] = {}
        self._derived: dict[tuple[Calls, Bound], tuple[Labels, Labels]] = {}
        """What the calls of this execution were found to be given, as long as nothing new is predicted."""
        self.are_any = False
        self.made = 0
        """How many predictions there were."""

    def add(self, execution: ExecutionId | None, prediction: Prediction, result: Any) -> None:
        """A model predicted in an execution."""
        self._new(execution, prediction)
        self._predicted_at(prediction)
        self._remember(result, prediction)

    def _new(self, execution: ExecutionId | None, prediction: Prediction) -> None:
        self.are_any = True
        self.made += 1
        self._begin(execution)
        self._derived.clear()
        self._here.add(prediction)

    def add_stranger(self, execution: ExecutionId | None) -> None:
        """A model that no run made predicted: what it answers is not what another answered in the same place."""
        self._begin(execution)
        self._derived.clear()
        self._predicted_at(None)

    def learned(self, execution: ExecutionId | None, prediction: Prediction, model: Any, labels: Any) -> None:
        """A clusterer was trained, and keeps the answers to what it was trained on as `labels_`."""
        self._new(execution, prediction)
        self._remember(labels, prediction)
        # Of a name that holds it from another cell, what was known is over.
        for path in [path for path in self._names if path[1:] == (LEARNED,)]:
            if self._user_names.get(path[0]) is model:
                del self._names[path]
        self._predicted_at(prediction, LEARNED)

    def _remember(self, result: Any, prediction: Prediction) -> None:
        key = id(result)
        try:
            reference = weakref.ref(result, lambda _: self._arrays.pop(key, None))
        except TypeError:
            return  # a list, say: known only by the source
        self._arrays[key] = (reference, prediction)
        if len(self._arrays) > REMEMBERED:
            self._arrays.popitem(last=False)

    def arrays(self) -> list[tuple[Any, Prediction]]:
        """Return every object that is known as a prediction."""
        known = [(reference(), prediction) for reference, prediction in tuple(self._arrays.values())]
        return [(array, prediction) for array, prediction in known if array is not None]

    def names(self) -> tuple[dict[Path, Labels], frozenset[Path]]:
        """Return what the names of the notebook derive from, and those that compare predictions with something."""
        return dict(self._names), frozenset(self._compared)

    def take(
        self,
        arrays: Iterable[tuple[Any, Prediction]],
        names: Mapping[Path, Labels],
        compared: Iterable[Path],
        user_names: dict[str, Any],
    ) -> None:
        """Know what another kernel knew of objects and names that have come from there into this namespace."""
        for array, prediction in arrays:
            self.are_any = True
            self._remember(array, prediction)
        self.are_any = self.are_any or bool(names)
        self._names.update(names)
        self._compared.update(compared)
        self._user_names = self._user_names or user_names
        self._derived.clear()

    def _predicted_at(self, prediction: Prediction | None, what: str = "") -> None:
        frame = nearest = caller()
        depth = 0
        while frame is not None:
            if frame.f_globals.get("__name__") == "__main__":
                place = self._place(frame)
                if place is not None and depth < MAX_DEPTH:
                    self._put(frame, (what + place[0], *place[1:]), prediction, is_direct=frame is nearest)
                depth += 1
                if is_cell(frame):
                    self._user_names, self._file = frame.f_globals, frame.f_code.co_filename
                    return
            frame = frame.f_back

    def _put(self, frame: FrameType, place: Place, prediction: Prediction | None, *, is_direct: bool) -> None:
        call = activation_of(frame, around(frame)) if frame.f_code.co_name != "<module>" else None
        if call is not None and self._calls.get(place) != call:
            # What was predicted there in another call of the function does not count any more.
            self._calls[place] = call
            self._places.pop(place, None)
            self._direct.pop(place, None)
        self._places.setdefault(place, set()).add(prediction)
        if is_direct:
            self._direct[place] = prediction
        else:  # one of several, perhaps, that the answer of this call is made of
            self._direct.pop(place, None)

    def training_begins(self) -> None:
        """A model is trained: a function that predicts after it may be called with the same one again."""
        if self._calls and threading.current_thread() is threading.main_thread():
            over = have_ended(set(self._calls.values()))
            self._calls = {place: call for place, call in self._calls.items() if call not in over}

    def _place(self, frame: FrameType) -> Place | None:
        if frame.f_code.co_filename in TIMED:  # of two magics with the same code it is equal
            return place(frame)
        key = (frame.f_code, frame.f_lasti)
        if key not in self._known_places:
            self._known_places[key] = place(frame)
        return self._known_places[key]

    def _begin(self, execution: ExecutionId | None) -> None:
        if execution != self._execution:
            self._execution, self._here, self._places = execution, set(), {}
            self._direct, self._known_places, self._file, self._calls = {}, {}, "", {}
            self._derived.clear()

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

    def candidates(
        self, execution: ExecutionId | None, frame: FrameType | None, methods: tuple[str, ...], known: Labels
    ) -> Labels:
        """Return what the arguments of the call running in a cell derive from, told from the source.

        `known` are the predictions that they are. Then the source is asked only whether others were written into
        them since. Empty where nothing is known; more than one where the source cannot tell which.
        """
        if frame is None or not self.are_any:
            return known
        self._begin(execution)
        frames = users_frames(frame)
        if known and not self._are_written and not may_write(frames):
            return known
        # The source is the same in each round of a loop; what its names hold is not.
        seen = (calls_of(frame), tuple(self._bound_in(frames)))
        if seen not in self._derived:
            names, call = self._known_at(frame, methods) or (None, None)
            given = (*call.args, *call.keywords) if isinstance(call, ast.Call) and names is not None else ()
            of = NOTHING.union(*(names.of(each) for each in given)) if names is not None else NOTHING
            within = NOTHING.union(*(names.written(each) for each in given)) if names is not None else NOTHING
            self._derived[seen] = of, within
        of, within = self._derived[seen]
        return with_others(known, within) if known else of

    @property
    def _are_written(self) -> bool:
        """Whether an earlier cell wrote something into what a name holds."""
        return any(path[-1] == WITHIN for path in self._names)

    def _bound_in(self, frames: list[FrameType]) -> Iterator[tuple[int, str, Prediction]]:
        """Find the predictions that names hold where these frames are."""
        for depth, frame in enumerate(frames):
            known = {name: self.behind(frame.f_globals.get(name)) for name in frame.f_code.co_names}
            known.update({} if frame.f_code.co_name == "<module>" else self._held_in(frame))
            yield from ((depth, name, found) for name, found in known.items() if found is not None)

    def _held_in(self, frame: FrameType) -> dict[str, Prediction | None]:
        """Return which predictions the names of a function hold now: not the objects, which are the function's own."""
        return {name: self.behind(value) for name, value in locals_of(frame).items()}

    def _known_at(
        self, frame: FrameType, methods: tuple[str, ...], depth: int = 0
    ) -> tuple[Provenance, ast.AST] | None:
        """Return what is known of the names that a frame of the user's sees now, and the node that it runs."""
        if depth > MAX_DEPTH or frame.f_globals.get("__name__") != "__main__":
            return None
        node, tree = running(frame)
        here = statement_of(node)
        if node is None or here is None or tree is None:
            return None
        code, file = frame.f_code, file_of(frame)
        if code.co_name == "<module>":
            known: Provenance = self._provenance(methods, file)
            known.run(tree.body, here)
            known.parts = {} if in_comprehension(node) else known.parts
            known.bound = partial(self._bound, {}, frame.f_globals, None)
            return known, node
        outside = around(frame)
        outer = self._known_at(outside, methods, depth + 1) if outside is not None else None
        scope = scope_of(node)
        if isinstance(scope, COMPREHENSIONS):
            if outer is None or outside is not frame.f_back or not code.co_name.startswith("<"):
                return None
            known = outer[0]
            for each in scope.generators:
                known.bind_each(each.target, each.iter)
            known.bound = partial(self._bound, self._held_in(frame), frame.f_globals, known.bound)
            return known, node
        if not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) or scope.name != code.co_name:
            return None
        known = self._provenance(methods, file, activation_of(frame, outside))
        own = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        if outer is not None and outside is not None:
            hidden = own.union(outside.f_code.co_varnames, outside.f_code.co_cellvars, outside.f_code.co_freevars)
            known.names = {path: labels for path, labels in outer[0].names.items() if path[0] not in hidden}
            if outside is frame.f_back and isinstance(outer[1], ast.Call):
                for name, labels in given_to(scope, outer[1], outer[0].of).items():
                    known.bind(ast.Name(name), labels)
                for name, labels in given_to(scope, outer[1], outer[0].written).items():
                    known.wrote(name, labels)
        known.run(scope.body, here)
        known.parts = {} if in_comprehension(node) else known.parts
        known.bound = partial(self._bound, self._held_in(frame), frame.f_globals, None)
        return known, node

    def _bound(
        self,
        local: Mapping[str, Prediction | None],
        user_names: Mapping[str, Any],
        outer: Callable[[str], Labels | None] | None,
        name: str = "",
    ) -> Labels | None:
        if name not in local and outer is not None:
            return outer(name)
        known = local[name] if name in local else self.behind(user_names.get(name))
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
            known.run((opened(python) or ast.parse(python)).body)
        except SyntaxError:
            return []
        figures = []
        if whole:
            figures = [found for each in known.made() if (found := measured(each, self._user_names)) is not None]
        else:  # where it stopped is not known: what was before may be there still
            for path, labels in self._names.items():
                known.names[path] = known.names.get(path, frozenset()) | labels
            known.compared |= self._compared
        self._names, self._compared = known.names, known.compared
        self._derived.clear()
        return figures[:FIGURES_PER_CELL]

    def _is_data(self, name: str) -> bool:
        kind = type(self._user_names.get(name))
        home = kind.__module__.partition(".")[0]
        return kind in (list, tuple) or home in _DATA_OF or (home == "numpy" and kind.__name__ == "ndarray")

    def _provenance(self, methods: tuple[str, ...], file: str, function: Activation | None = None) -> Figures:
        def answer(call: ast.expr) -> Labels | None:
            predicts = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in methods
            found = made_at((file, *position_of(call)))
            return _STRANGER if found is None and predicts else found

        def learned(call: ast.expr) -> Labels | None:
            return made_at((LEARNED + file, *position_of(call)))

        def made_at(place: Place) -> Labels | None:
            found = self._places.get(place)
            if found is None:
                return None
            is_direct = place in self._direct and not known.earlier_rounds
            labels: Labels = frozenset([self._direct[place]] if is_direct else found)
            if function is None:
                return labels
            # What may not have run this time: the last prediction there may be another call's of the function.
            made_in = self._calls.get(place)
            is_others = made_in is not None and made_in != function and made_in.code is function.code
            return labels | _STRANGER if known.maybe or is_others else labels

        def ran(node: ast.stmt) -> bool:
            calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
            at = ((what + file, *position_of(call)) for call in calls for what in ("", LEARNED))
            return function is None and any(each in self._places for each in at)

        known = Figures(
            answer,
            methods,
            ran=ran,
            names=dict(self._names),
            is_data=self._is_data,
            data_of=data_of,
            model_of=model_of,
            may_fill=lambda call: may_fill(call, self._user_names),
            may_hold=lambda name: type(self._user_names.get(name)) is not ModuleType,
            compared=set(self._compared),
            learned=learned,
        )
        return known
