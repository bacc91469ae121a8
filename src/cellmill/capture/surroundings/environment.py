"""The environment variables and the working directory, as cells change them."""

import os
from typing import Any


class EnvironmentWatch:
    """Says what has changed since the last look."""

    def __init__(self) -> None:
        self._variables = self._now()
        self._folder: str | None = None

    def changed_folder(self) -> str | None:
        """Return the working directory if it is another than at the last look, or if this is the first."""
        try:
            folder = os.getcwd()  # noqa: PTH109 - Path.cwd costs ten times as much
        except OSError:
            return None  # it was removed
        if folder == self._folder:
            return None
        self._folder = folder
        return folder

    def changed_variables(self) -> dict[str, str | None]:
        """Return the variables set since the last look; None stands for one that was removed."""
        if getattr(os.environ, "_data", None) == self._variables:
            return {}
        now = self._now()
        before, self._variables = self._variables, now
        changed = {name: value for name, value in now.items() if before.get(name) != value}
        gone = dict.fromkeys(before.keys() - now.keys())
        return {_text(name): None if value is None else _text(value) for name, value in {**changed, **gone}.items()}

    @staticmethod
    def _now() -> dict[Any, Any]:
        # Its own dictionary where there is one: a copy of the mapping decodes every value.
        return dict(getattr(os.environ, "_data", None) or os.environ)


def _text(value: bytes | str) -> str:
    return os.fsdecode(value)
