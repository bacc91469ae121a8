"""Finds models that came back from other processes: what joblib's `Parallel` answers, fitted where nobody watches.

Of such a training only its model is known: not its data, not how long it took.
"""

import io
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import GeneratorType, ModuleType
from typing import Any

from cellmill.capture.observer import guarded
from cellmill.capture.probes.histories import flavor_of, only_transforms
from cellmill.capture.probes.parameters import parameters, public_name
from cellmill.capture.probes.patching import PatchingProbe
from cellmill.capture.probes.wrapping import unseen_by_warnings
from cellmill.core.clock import now_ms

# For telling whether a model was trained before and only came along.
COMPARING_S, COMPARED_BYTES = 0.05, 5_000_000
NOTE = "it was fitted in another process: its data is not known, and its time is that of all that were sent there"


class WorkersProbe(PatchingProbe):
    """The probe of joblib."""

    modules = ("joblib.parallel",)

    def install(self, module: ModuleType) -> None:
        """Wrap the call of `Parallel`."""
        self.wrap(module.Parallel, "__call__", self._parallel)

    @unseen_by_warnings
    def _parallel(self, parallel: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not self._observer.is_watching:
            return call(*args, **kwargs)
        began_ms = now_ms()
        sent: list[Any] = []
        if len(args) == 1 and type(args[0]) is GeneratorType:
            args = (self._watched(args[0], sent),)
        elif len(args) == 1 and type(args[0]) in (list, tuple):
            self._note(args[0], sent)
        result = call(*args, **kwargs)
        self._returned(parallel, result, sent, began_ms)
        return result

    def _watched(self, tasks: Iterator[Any], sent: list[Any]) -> Iterator[Any]:
        for task in tasks:
            self._note((task,), sent)
            yield task

    @guarded
    def _note(self, tasks: Sequence[Any], sent: list[Any]) -> None:
        """Note the fitted estimators that tasks (function, args, kwargs) are given."""
        base = sys.modules.get("sklearn.base")
        if base is not None:
            for function, args, kwargs in tasks:
                sent += _estimators([args, kwargs, getattr(function, "__self__", None)], base.BaseEstimator)

    @guarded
    def _returned(self, parallel: Any, result: Any, sent: list[Any], began_ms: int) -> None:
        backend = vars(parallel).get("_backend")
        if getattr(backend, "supports_sharedmem", backend is None) or type(result) is not list:
            return  # what is fitted in this process is seen; a generator is the user's to go through
        base = sys.modules.get("sklearn.base")
        if base is None:
            return
        found = {id(each): each for each in _estimators(result, base.BaseEstimator)}
        until_s = time.perf_counter() + COMPARING_S
        for estimator in found.values():
            if not only_transforms(estimator) and not _came_along(estimator, sent, until_s):
                self._write(estimator, began_ms)

    def _write(self, estimator: Any, began_ms: int) -> None:
        kind = type(estimator)
        run = self._observer.training_started(
            library=flavor_of(kind),
            model_class=public_name(kind),
            params=parameters(estimator),
            started_ms=began_ms,
        )
        self._observer.training_finished(run, estimator, data=None, flavor=flavor_of(kind), note=NOTE)


def _estimators(result: list[Any], base: type) -> Iterator[Any]:
    """Yield the fitted estimators of what workers answered: alone, or beside others in a tuple, list or dict."""
    for each in result:
        inner = each if type(each) in (tuple, list) else each.values() if type(each) is dict else (each,)
        for value in inner:
            if base in type(value).__mro__ and any(_is_fitted_attribute(name) for name in vars(value)):
                yield value


def _came_along(estimator: Any, sent: list[Any], until_s: float) -> bool:
    """Whether a model was fitted when it was sent, as to be measured there. True when time runs out, too.

    So it is where comparing would take long: a run too many is worse than one too few.
    """
    alike = [each for each in sent if type(each) is type(estimator)]
    if not alike:
        return False
    if time.perf_counter() > until_s or (mine := _digest(estimator)) is None:
        return True
    return any(time.perf_counter() > until_s or _digest(other) == mine for other in alike)


class _TooLarge(Exception):
    """It grew past what is compared."""


class _Capped(io.BytesIO):
    def write(self, data: Any, /) -> int:
        if self.tell() + memoryview(data).nbytes > COMPARED_BYTES:
            raise _TooLarge
        return super().write(data)


def _digest(estimator: Any) -> Any:
    """Return a digest of what an estimator is after a journey: arrays of one content may have other layouts before.

    None for one that is too large to be compared within a cell.
    """
    import cloudpickle

    buffer = _Capped()
    try:
        cloudpickle.dump(estimator, buffer)
    except _TooLarge:
        return None
    return sys.modules["joblib"].hash(cloudpickle.loads(buffer.getvalue()))


def _is_fitted_attribute(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")
