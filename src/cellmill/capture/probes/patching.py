"""What most probes do alike: they put something in the place of a library's functions, and take it away again.

Nobody need derive from it: a probe is whatever has the shape of `Probe`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType, FunctionType, ModuleType
from typing import Any

from cellmill.capture.frames import caller
from cellmill.capture.naming import Naming
from cellmill.capture.observer import Observer, guarded
from cellmill.capture.probes.families import unwrapping
from cellmill.capture.probes.parameters import argument
from cellmill.capture.probes.wrapping import (
    Around,
    rewire_function,
    unseen_by_warnings,
    wrap_method,
    wrapped_function,
)
from cellmill.capture.recording import Recording
from cellmill.core.ids import RunId


class PatchingProbe:
    """A probe but for `modules` and `install`. What `wrap` and `put` change, `remove` changes back."""

    data_argument = "X"
    """What the first argument of a method that predicts is called."""

    def __init__(self, observer: Observer, user_names: dict[str, object]) -> None:
        self._observer = observer
        self._user_names = user_names
        self._undo: list[Callable[[], None]] = []
        self._naming = Naming(user_names)

    @property
    def recording(self) -> Recording:
        """Where `guarded` reports an error of the probe's."""
        return self._observer.recording

    def remove(self) -> None:
        """Put everything back, the last change first."""
        while self._undo:
            self._undo.pop()()

    # --- installing

    def wrap(self, owner: type, name: str, around: Around) -> None:
        """Wrap a method where this class defines it; nothing happens where it does not."""
        if wrap_method(owner, name, around):
            self._undo.append(unwrapping(owner, name))

    def put(self, owner: Any, name: str, instead: Any) -> None:
        """Put something in the place of what a module or a class holds under a name."""
        self._undo.append(partial(setattr, owner, name, getattr(owner, name)))
        setattr(owner, name, instead)

    def wrap_function(self, name: str, around: Callable[..., Any], places: Sequence[ModuleType], *, late: bool) -> None:
        """Wrap a function wherever these modules hold it; `around(function, args, kwargs)` answers what it answers.

        `late` is for a library that was imported before Cellmill came (`is_loaded`): then the function itself is
        changed, so that those who have imported it by name call `around` too.
        """
        original = getattr(places[0], name, None) if places else None
        if not isinstance(original, FunctionType):
            return
        if late:
            self._undo.append(rewire_function(original, around))
            return
        wrapped = wrapped_function(original, around)
        for place in places:
            if getattr(place, name, None) is original:
                self.put(place, name, wrapped)

    # --- asking

    def name(self, value: Any, frame: FrameType | None, position: int) -> str | None:
        """Return the variable that holds a value (`frames.name_of`), None for None."""
        if value is None:
            return None
        return self._naming.name(value, frame, position, execution=self.recording.execution)

    def run_asked(self, model: Any) -> RunId | None:
        """Return the run whose model the user calls; None for a stranger, and where the call is not the user's own."""
        return self._observer.run_of(model) if self._observer.is_watching else None

    # --- predictions

    @unseen_by_warnings
    def predicting(self, model: Any, predict: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Stand around a method that predicts from its first argument, to be given to `wrap`."""
        run = self.run_asked(model)
        if run is None:
            made = self._observer.predictions.made
            result = predict(*args, **kwargs)
            self._observer.stranger_predicted(made)
            return result
        with self._observer.around():
            result = predict(*args, **kwargs)
        self._predicted(run, args, kwargs, result)
        return result

    @guarded
    def _predicted(self, run: RunId, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> None:
        data, name = self.data_behind(argument(args, kwargs, 0, self.data_argument), caller())
        self._observer.predicted(run, result, data=data, data_name=name)

    def data_behind(self, given: Any, frame: FrameType | None) -> tuple[Any, str | None]:
        """Return the data of a prediction, and the variable that holds it, from what the method was given."""
        return given, self.name(given, frame, 0)


def is_loaded(module: ModuleType) -> bool:
    """Return whether a module's import had ended before we were told of it."""
    return not getattr(module.__spec__, "_initializing", False)
