"""The environment variables and the working directory, as cells change them."""

import os
import re
from typing import Any

from cellmill.capture.secret_names import is_named_like_a_secret

# Of the machine or of whoever works there: elsewhere, and in a replay, they are others.
_OF_THE_MACHINE = frozenset(
    """
    HOME PATH PWD OLDPWD USER LOGNAME SHELL TMPDIR TEMP TMP HOSTNAME DISPLAY PYTHONPATH PYTHONHOME VIRTUAL_ENV
    LD_LIBRARY_PATH CONDA_PREFIX
    """.split()  # noqa: SIM905 - a list of twenty quoted words reads worse
)
_NAMED = (
    r"(?:environ(?:\.\w+)?\s*[\[(]|getenv\s*\()\s*[\"'](\w+)[\"']|[\"'](\w+)[\"']\s+(?:not\s+)?in\s+(?:os\.)?environ\b"
)
_SEED = "PYTHONHASHSEED"


class EnvironmentWatch:
    """Says what has changed since the last look."""

    def __init__(self) -> None:
        self._variables = self._first = self._now()
        self._has_said_seed = False
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

    def inherited(self, source: str) -> dict[str, str | None]:
        """Return the variables that a source names, as this process was started with them; None: it was not.

        Once also the seed of hashes, by which sets are ordered. Nothing that is the machine's, or a secret.
        """
        names = {one or other for one, other in re.findall(_NAMED, source)} if "env" in source else set()
        if not self._has_said_seed:
            self._has_said_seed = True
            names |= {_SEED} if (self._of_first(_SEED) or "").isdecimal() else set()
        return {
            name: self._of_first(name)
            for name in sorted(names - _OF_THE_MACHINE)
            if not is_named_like_a_secret(name) and not name.startswith(("CELLMILL", "JPY_"))
        }

    def _of_first(self, name: str) -> str | None:
        value = self._first.get(os.fsencode(name), self._first.get(name))
        return None if value is None else _text(value)

    @staticmethod
    def _now() -> dict[Any, Any]:
        # Its own dictionary where there is one: a copy of the mapping decodes every value.
        return dict(getattr(os.environ, "_data", None) or os.environ)


def _text(value: bytes | str) -> str:
    return os.fsdecode(value)
