"""What scikit-learn's metrics, scorers and `score` say of the models of runs: a part of its probe."""

import math
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType
from typing import Any

from cellmill.capture.calls import calls_of
from cellmill.capture.describe import rows_of
from cellmill.capture.frames import call_derives_from, caller, runs_in
from cellmill.capture.observer import guarded
from cellmill.capture.predictions import ANSWERING
from cellmill.capture.probes.parameters import argument, number, variant
from cellmill.capture.probes.patching import PatchingProbe, is_loaded
from cellmill.capture.probes.reports import figures_of_report, scorer_name, scorer_variant
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.ids import RunId

REPORT = "classification_report"
# Of its settings, those that change no figure.
LAYOUT = ("digits", "output_dict", "target_names")
# Modules of scikit-learn's that stand between users and what they call.
WRAPPING = ("sklearn.base", "sklearn.utils._set_output")

# What is measured on a part of the rows, as of each group in turn, is another metric than that of them all.
_OF_A_PART = "|a part of the rows"


class ScoringProbe(PatchingProbe):
    """The part of scikit-learn's probe that measures."""

    # --- whose calls count

    @property
    def _is_watching(self) -> bool:
        """In a thread of the user's own, scikit-learn may start threads in turn: theirs are parts of a training."""
        if not self._observer.is_watching:
            return False
        return threading.current_thread() is threading.main_thread() or not runs_in("sklearn.utils.parallel")

    def run_asked(self, model: Any) -> RunId | None:
        """See `PatchingProbe`."""
        return self._observer.run_of(model) if self._is_watching else None

    def _is_called_by_library(self) -> bool:
        """Whether a function of a library measures, as `permutation_importance` does on shuffled data."""
        return self._calling_library() is not None

    def _calling_library(self) -> str | None:
        """Return the module of the library's that calls, None where a line of the user's or anyone else's does."""
        frame = caller()
        module = "" if frame is None else str(frame.f_globals.get("__name__"))
        is_library = module.partition(".")[0] in ("sklearn", "imblearn") and module not in WRAPPING
        return module if is_library else None

    @guarded
    def _name(self, data: Any, position: int) -> str | None:
        return self.name(data, caller(), position)

    # --- functions

    def _wrap_functions(
        self, module: ModuleType, names: "tuple[str, ...] | list[str]", around: Callable[..., Any]
    ) -> None:
        """Wrap functions in the package and where they are defined: pickle looks for them there."""
        for name in names:
            home = sys.modules.get(str(getattr(getattr(module, name, None), "__module__", None)), module)
            self.wrap_function(name, partial(around, name), [module, home], late=is_loaded(module))

    @unseen_by_warnings
    def _metric(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._is_watching:
            return function(*args, **kwargs)
        with self._observer.around():
            result = function(*args, **kwargs)
        self._measured(name, args, kwargs, result)
        return result

    @guarded
    def _measured(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        value = number(result)
        figures = figures_of_report(result) if name == REPORT else {} if value is None else {name: value}
        if not figures or self._is_called_by_library():
            return
        frame = caller()
        known = frozenset(self._observer.prediction_behind(given) for given in (*args, *kwargs.values())) - {None}
        found = self._observer.predictions_given(frame, known)
        behind = next(iter(found)) if len(found) == 1 else None
        only = self._observer.only_prediction_here() if not found else None
        if only is not None and call_derives_from(frame, ANSWERING):
            behind = only
        if behind is None:
            return
        place = calls_of(frame)
        settings = variant({key: given for key, given in kwargs.items() if name != REPORT or key not in LAYOUT})
        if behind.rows is not None and _most_rows((*args, *kwargs.values())) < behind.rows:
            settings += _OF_A_PART
        for each, figure in figures.items():
            self._observer.metric(behind.run, each, figure, data_name=behind.data, variant=settings, place=place)

    # --- scores

    @unseen_by_warnings
    def _score(self, estimator: Any, score: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        run = self.run_asked(estimator)
        if run is None:
            return score(*args, **kwargs)
        with self._observer.around():
            result = score(*args, **kwargs)
        self._scored(run, estimator, argument(args, kwargs, 0, "X"), result)
        return result

    @guarded
    def _scored(self, run: RunId, estimator: Any, data: Any, result: Any) -> None:
        value = number(result)
        if value is not None and not self._is_called_by_library():
            name = self._name(data, 0)
            self._observer.evaluated(run, data=data, data_name=name)
            self._observer.metric(run, f"{type(estimator).__name__}_score", value, data_name=name)

    def _watch_scorers(self, module: ModuleType) -> None:
        for name in ("_BaseScorer", "_MultimetricScorer", "_PassthroughScorer"):
            kind = getattr(module, name, None)
            if kind is not None:
                self.wrap(kind, "__call__", self._score_with)

    @unseen_by_warnings
    def _score_with(self, scorer: Any, score: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        estimator = argument(args, kwargs, 0, "estimator")
        run = self.run_asked(estimator)
        if run is None:
            return score(*args, **kwargs)
        with self._observer.around():
            result = score(*args, **kwargs)
        self._scored_with(run, scorer, estimator, argument(args, kwargs, 1, "X"), result)
        return result

    @guarded
    def _scored_with(self, run: RunId, scorer: Any, estimator: Any, data: Any, result: Any) -> None:
        if self._is_called_by_library():
            return
        name = self._name(data, 1)
        several = vars(scorer).get("_scorers")
        results = result if isinstance(result, dict) else {"": result}
        for key, value in results.items():
            found, measuring = number(value), several[key] if several else scorer
            if found is not None:
                self._observer.evaluated(run, data=data, data_name=name)
                metric, settings = scorer_name(measuring, estimator), scorer_variant(measuring)
                self._observer.metric(run, metric, found, data_name=name, variant=settings)


def _most_rows(given: Iterable[Any]) -> float:
    """Return how many rows the longest of what a metric was given has; infinity where none of it tells."""
    return max((rows for each in given if (rows := rows_of(each)) is not None), default=math.inf)
