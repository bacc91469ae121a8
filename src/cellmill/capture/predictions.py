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
from cellmill.dataflow.provenance import Labels, Provenance

REMEMBERED = 512
# A prediction of no known run: what derives from it too is nobody's.
_STRANGER: Labels = frozenset([None])

Place = tuple[int | None, int | None, int | None, int | None]


@dataclass(frozen=True)
class Prediction:
    """Whose prediction an array is, and of which data."""

    run: RunId
    data: str | None


class Predictions:
    """The predictions of a session."""

    def __init__(self) -> None:
        self._arrays: OrderedDict[int, tuple[weakref.ref[Any], Prediction]] = OrderedDict()
        self._execution: ExecutionId | None = None
        self._here: set[Prediction] = set()
        self._places: dict[Place, set[Prediction]] = {}
        self._last: tuple[Place, Prediction] | None = None
        self._names: dict[tuple[str, ...], Labels] = {}
        self.are_any = False

    def add(self, execution: ExecutionId | None, prediction: Prediction, result: Any) -> None:
        """A model predicted in an execution."""
        self.are_any = True
        self._begin(execution)
        self._here.add(prediction)
        place = _place(caller())
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
    ) -> None:
        """Follow the names of a cell that has run, to its end if `whole`."""
        if not self.are_any or python is None:
            return
        self._begin(execution)
        known = self._provenance(methods)
        try:
            known.run(ast.parse(python).body)
        except SyntaxError:
            return
        if not whole:  # where it stopped is not known: what was before may be there still
            for path, labels in self._names.items():
                known.names[path] = known.names.get(path, frozenset()) | labels
        self._names = known.names

    def _provenance(self, methods: tuple[str, ...]) -> Provenance:
        def answer(call: ast.expr) -> Labels | None:
            found = self._places.get((call.lineno, call.end_lineno, call.col_offset, call.end_col_offset))
            if found is not None:
                return frozenset(found)
            predicts = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in methods
            return _STRANGER if predicts else None

        return Provenance(answer, methods, names=dict(self._names))


def _place(frame: FrameType | None) -> Place | None:
    """Return where in the cell's own source a call stands that led here, None outside of a cell."""
    while frame is not None and (frame.f_code.co_name != "<module>" or frame.f_globals.get("__name__") != "__main__"):
        frame = frame.f_back
    if frame is None or not hasattr(frame.f_code, "co_positions"):
        return None
    index = frame.f_lasti // 2
    return next(islice(frame.f_code.co_positions(), index, None), None)
