"""The names of what models are given, in a loop too: looked for a few times in each place, then taken as known."""

from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from cellmill.capture.frames import in_users_code, name_of
from cellmill.core.ids import ExecutionId

# To look for a name goes through the whole namespace, and may ask the source.
LOOKED_FOR = 64


@dataclass
class _Place:
    times: int = 0
    shared: set[str] = field(default_factory=set)
    """The names of the notebook's that held what was given here."""
    other: str | None = None
    """What the source, or the function around, called it when none did: in one place that stays the same."""


class Naming:
    """What `name_of` has answered in the execution that runs now."""

    def __init__(self, user_names: dict[str, Any]) -> None:
        self._user_names = user_names
        self._execution: ExecutionId | None = None
        self._places: dict[tuple[CodeType, int, int], _Place] = {}

    def name(self, value: Any, frame: FrameType | None, position: int, *, execution: ExecutionId | None) -> str | None:
        """Return the variable that holds a value, as `name_of` does."""
        line = in_users_code(frame)
        if line is None:
            return name_of(value, frame, self._user_names, position=position)
        if execution != self._execution:
            self._execution, self._places = execution, {}
        place = self._places.setdefault((line.f_code, line.f_lasti, position), _Place())
        if place.times >= LOOKED_FOR:
            return next((name for name in place.shared if self._user_names.get(name) is value), place.other)
        place.times += 1
        name = name_of(value, line, self._user_names, position=position)
        if name is not None and self._user_names.get(name) is value:
            place.shared.add(name)
        else:
            place.other = name
        return name
