"""Which names did a cell read and write? What its source says, corrected by what it did.

The source alone says too much (a method may change its object, or only look) and too little (an alias, a
container or a global of a module changed with it). Comparing the namespace with what it was tells both,
where the time allowed was enough; where it was not, the source decides.
"""

import re
import sys
import time
from abc import ABCMeta
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, ModuleType, NoneType

from cellmill.capture.state import Changes, NamespaceState
from cellmill.dataflow.footprint import EVERYTHING, Footprint, Namespace, footprint
from cellmill.dataflow.texts import may_name, named_in_texts

# Comparing may take a share of what the cell took, and this much in any case. The rest of capture takes as much
# again, and all of it together no more than a hundredth of a cell that works.
LEAST_BUDGET_S, BUDGET_SHARE = 0.0003, 0.004
ON_THE_HEELS_S = 0.02
UNRECORDED_S = 0.25  # what a cell of which nothing is recorded is taken to have taken
SHORT_CELL = 10_000  # characters
# Of these modules a function that is called for nothing but its effect is named so; of others it may be any.
_CALLED_FOR_ANSWERS = frozenset(
    "numpy pandas polars scipy sklearn statsmodels math statistics xgboost lightgbm IPython".split()  # noqa: SIM905
)
_DRAWING = frozenset(["matplotlib", "seaborn", "plotly"])
# What these hold lies somewhere else: in a database, in a file, behind a connection.
_HANDLING = frozenset("sqlite3 duckdb sqlalchemy h5py psycopg psycopg2 pymysql tables zipfile".split())  # noqa: SIM905
_HANDLES = r"Connection|Cursor|Engine|Session|File|Group|Dataset"
_SETTERS = r"\w*seed\w*|set\w*|reset\w*|register\w*|\w*config\w*|\w*option\w*|use\w*|enable\w*|disable\w*|shuffle"
# A cell that does one of these may touch names that its source does not show. Of magics, those that run
# no Python, or whose Python is read with the cell's, cannot.
_HIDDEN_WAYS = (
    r"(?<![\w.])(?:exec|eval|globals|locals|vars)\s*\(|__dict__|__main__|user_ns|_getframe|"
    r"run_(?:line|cell)_magic\('(?!(?:time|timeit|capture|prun|matplotlib|load_ext|reload_ext|config|pip|conda|uv|cd|ls|"
    r"pwd|env|who|whos|autoreload|cellmill|precision|html|bash|sh|writefile|javascript|latex|svg|markdown)')"
)
_HIDDEN_WORDS = ("exec", "eval", "globals", "locals", "vars", "__dict__", "__main__", "user_ns", "_getframe", "_magic(")

_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class NamesSeen:
    """Names of the user's namespace. `aliases` are groups that share an object."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    deleted: tuple[str, ...] = ()
    aliases: tuple[tuple[str, ...], ...] = ()
    compared: bool = False
    """Whether the namespace was compared, so that of a cell that raised only what it came to is among the writes."""


class Names:
    """Remembers what a session's cells defined, and how its namespace stood when the last one ended."""

    def __init__(self, user_names: dict[str, object] | None = None) -> None:
        """Without a namespace, as in a test or for another process, the source alone is asked."""
        self._defined = Namespace()
        self._user_names: Mapping[str, object] = user_names if user_names is not None else {}
        self._state = NamespaceState(user_names) if user_names is not None else None
        self._ended_s = 0.0
        self._learned: frozenset[str] = frozenset()

    def give_up_comparing(self) -> None:
        """Comparing has failed: from now on the source alone is asked."""
        self._state = None

    def before(self) -> tuple[str, ...]:
        """Return the names that were bound or deleted since the last cell ended: by a widget, a thread, a front end.

        Those too that a cell wrote of which nothing is recorded.

        Not asked where a cell follows on the heels of another, as in a Run All: it would cost as much as the
        comparison at the end, and what little may happen there counts as the next cell's.
        """
        learned, self._learned = self._learned, frozenset()
        if self._state is None or time.monotonic() - self._ended_s < ON_THE_HEELS_S:
            return tuple(sorted(learned))
        changes = self._state.after((), 0.0)
        return tuple(sorted(changes.bound | changes.deleted | learned))

    def learn(self, budget_s: float) -> None:
        """Look at what has been bound by no cell, so that the next one is not suspected of having changed it."""
        self.something_ran()
        self._learned = frozenset(self.before())
        self.catch_up(budget_s)

    def ran_unrecorded(self, python: str | None, *, raised: bool) -> None:
        """A cell has run of which nothing is recorded: what it wrote is the next one's to find, made by no cell."""
        seen = self.after(python, UNRECORDED_S, raised=raised)
        self._learned |= seen.writes.union(seen.deleted) - {EVERYTHING}

    def something_ran(self) -> None:
        """Code has run in the namespace that is no cell: the next comparison at a cell's start is due."""
        self._ended_s = 0.0

    def catch_up(self, budget_s: float) -> None:
        """Look at what there was no time for within the cell, so that the next comparison is sure."""
        if self._state is not None:
            self._state.catch_up(budget_s)

    def after(self, python: str | None, took_s: float, *, raised: bool = False) -> NamesSeen:
        """Return the names of a cell that has just run. `python` is None where it never became Python.

        Of one that `raised`, what stands in the source and never came about is left out.
        """
        found = Footprint()
        if python is not None:
            try:
                found = self._defined.resolve(_footprint_of(python))
                if may_name(python):
                    named = {word for word in named_in_texts(python) if word in self._user_names}
                    found = replace(found, reads=found.reads | named)
            except (SyntaxError, ValueError, RecursionError):
                found = Footprint()  # the cell failed for the same reason, and says so itself
        if self._state is None:
            return NamesSeen(found.reads, found.writes)
        self._ended_s = time.monotonic()
        hides = python is not None and _has_hidden_ways(python)
        changes = self._state.after(
            found.reads | found.writes,
            max(LEAST_BUDGET_S, BUDGET_SHARE * took_s),
            everything=hides,
        )
        if hides:  # `globals()['rate']` and `exec('rate * 2')` read what their texts name
            named = {word for word in _WORD.findall(python or "") if word in self._user_names}
            found = replace(found, reads=found.reads | (named - changes.bound))
        return self._corrected(found, changes, python or "", raised=raised)

    def _corrected(self, found: Footprint, changes: Changes, python: str, *, raised: bool) -> NamesSeen:
        suspected = found.writes - found.bound - {EVERYTHING}
        bound = frozenset[str]() if raised else found.bound - {EVERYTHING}
        hidden = self._changed_out_of_sight(found, python) - bound
        if hidden:
            found = replace(found, reads=found.reads | hidden)
            changes = replace(changes, bound=changes.bound | hidden)
        if not (suspected or changes.changed or changes.unsure):
            writes = bound | changes.bound | changes.deleted
            deleted = tuple(sorted(changes.deleted))
            return NamesSeen(found.reads, writes, deleted, changes.aliases, compared=True)
        values = self._user_names
        # What a module holds is not compared: `np.random.seed(0)` changes it all the same.
        modules = {name for name in suspected if type(values.get(name)) is ModuleType}
        suspected -= modules
        modules = {name for name in modules if _may_change_module(python, name, values[name])}
        # A library's own classes and functions change by themselves: caches, registries, wrappers of ours.
        changed = {n for n in changes.changed if n in suspected or not _is_librarys(self._user_names.get(n))}
        unsure = changes.unsure & suspected
        for group in changes.aliases:
            touched = (suspected | changed).intersection(group)
            unsure |= self._sharing(touched, changes.unsure.intersection(group))
        writes = bound | changes.bound | changes.deleted | changed | unsure | modules
        # Who changes an object in place goes on from what it was.
        deleted = tuple(sorted(changes.deleted))
        return NamesSeen(found.reads | changed | unsure, frozenset(writes), deleted, changes.aliases, compared=True)

    def _changed_out_of_sight(self, found: Footprint, python: str) -> frozenset[str]:
        """Return names whose objects a cell may have changed in a way that no comparison shows.

        What a handle leads to (a database in memory) is not compared, nor what functions of a module of the user's
        own know of each other.
        """
        values = self._user_names
        handles = {name for name in found.reads if _is_handle(values.get(name)) and _is_more_than_read(python, name)}
        return frozenset(handles | {name for name in found.beside if _is_of_own_module(values.get(name))})

    def _sharing(self, suspected: frozenset[str], near: frozenset[str]) -> set[str]:
        """Return those of `near` that may hold a part of what a suspected name holds.

        An object that was not walked to its end is near everything; what cannot share with it is told here.
        """
        values = self._user_names
        holding = [values[name] for name in suspected if name in values]
        return {name for name in near if name in values and any(_may_share(values[name], value) for value in holding)}


@lru_cache(maxsize=64)
def _of_a_short_cell(python: str) -> Footprint:
    return footprint(python)


def _footprint_of(python: str) -> Footprint:
    """Return what a source says. Cells run again and again as they stand, so it is remembered for a while."""
    return _of_a_short_cell(python) if len(python) <= SHORT_CELL else footprint(python)


def _has_hidden_ways(python: str) -> bool:
    # Most cells have none of these words: then the expression is not asked, and in most kernels never compiled.
    return any(word in python for word in _HIDDEN_WORDS) and re.search(_HIDDEN_WAYS, python) is not None


def _may_change_module(python: str, name: str, module: object) -> bool:
    """Whether a cell that calls something of a module for its effect may change the module itself.

    `np.random.seed(0)` does, `np.array(rows)` at the end of a cell only shows it, and what pyplot changes is drawn.
    """
    home = str(getattr(module, "__name__", "")).partition(".")[0]
    if home in _DRAWING:
        return False
    if home not in _CALLED_FOR_ANSWERS:
        return True
    if re.search(rf"(?<![\w.]){re.escape(name)}\.", python) is None:
        return True  # it is changed by a function that the cell calls
    within = rf"(?<![\w.]){re.escape(name)}(?:\.\w+)*"
    return re.search(rf"{within}\.(?:{_SETTERS})\s*\(|{within}\.\w+\s*(?:\[[^\]]*\]\s*)?=(?!=)", python) is not None


def _is_librarys(value: object) -> bool:
    if type(value) not in (FunctionType, type, ABCMeta):
        return False
    return value.__module__ != "__main__"


def _is_handle(value: object) -> bool:
    kind = type(value)
    return kind.__module__.partition(".")[0] in _HANDLING and re.search(_HANDLES, kind.__name__) is not None


def _is_more_than_read(python: str, name: str) -> bool:
    """Whether a cell does more with a handle than to hand it to `read_sql` and its like."""
    without = re.sub(r"\bread_\w+\((?:[^()]|\([^()]*\))*\)", "", python)
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", without) is not None


def _is_of_own_module(value: object) -> bool:
    """Whether a function or a class is of a module that is neither installed nor the notebook."""
    if type(value) not in (FunctionType, type, ABCMeta):
        return False
    path = getattr(sys.modules.get(value.__module__), "__file__", None)
    return type(path) is str and value.__module__ != "__main__" and not path.startswith(_installed())


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    from cellmill.capture.surroundings.modules import installed_folders

    return installed_folders()


def _may_share(one: object, other: object) -> bool:
    if one is other:
        return True
    kinds = (_kind(one), _kind(other))
    if "alone" in kinds:
        return False
    if "drawn" in kinds:  # what is drawn shows data, and changes none
        return kinds == ("drawn", "drawn")
    if kinds == ("array", "array"):
        shares: bool = sys.modules["numpy"].may_share_memory(one, other)  # by their bounds: nothing is read
        return shares
    # Since its version 3 pandas writes into no memory that another frame, or an array, shows.
    return not ("frame" in kinds and kinds != ("frame", "other") and kinds != ("other", "frame"))


def _kind(value: object) -> str:
    kind = type(value)
    home = kind.__module__.partition(".")[0]
    if home == "matplotlib":
        return "drawn"
    if kind in (ModuleType, FunctionType, BuiltinFunctionType, type, str, bytes, int, float, complex, bool, NoneType):
        return "alone"
    if home == "pathlib" or issubclass(kind, type):
        return "alone"
    if home == "numpy" and kind.__name__ == "ndarray":
        return "array"
    if home == "pandas" and not str(getattr(sys.modules.get("pandas"), "__version__", "0")).startswith(("1.", "2.")):
        return "frame"
    return "other"
