"""Cells by chance, in a bare kernel and in a captured one: both say the same, and both are the same after.

The long version, with thousands of cells and with whole notebooks, is `python -m benchmarks.fail_open`.
"""

from pathlib import Path

import pytest
from benchmarks.fail_open import report
from benchmarks.fuzz_cells import session
from benchmarks.twins import Outcome, compare

# It is not asked for its words, its attributes or its truth.
NOTING = """\
seen = []
class Noting:
    def __getattr__(self, name):
        seen.append(name)
        raise AttributeError(name)
    def __eq__(self, other):
        seen.append('eq')
        return True
    def __repr__(self):
        seen.append('repr')
        return '?'
    __hash__ = None
noting = Noting()"""
# A look at a frame made Python forget which warnings it had shown.
WARNED = """\
import pandas as pd
from sklearn.base import BaseEstimator
class Warner(BaseEstimator):
    def fit(self, X, y):
        warnings.warn("mine", stacklevel=2)
        return self
X = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
warnings.simplefilter("default")
for i in range(3):
    Warner().fit(X, X.a)
    warnings.warn("once")"""
# What once made a difference, so that it never does again.
FORMERLY = [
    "import warnings, random, sys, os, asyncio",
    # As deep in the stack as without us.
    "def depth():\n    try:\n        return 1 + depth()\n    except RecursionError:\n        return 0\ndepth()",
    NOTING,
    "other = noting; several = [noting, {'in': noting}]",
    "seen",
    WARNED,
]


@pytest.mark.parametrize(("seed", "flavour", "cells"), [(101, "language", 130), (102, "science", 110)])
def test_cells_by_chance_do_what_they_do_without_us(
    seed: int, flavour: str, cells: int, tmp_path: Path, home: Path
) -> None:
    outcome = compare(session(seed, cells, flavour), tmp_path, home)
    assert [str(difference) for difference in outcome.differences] == []
    assert (outcome.gave_up, outcome.cells) == (None, cells)
    assert outcome.captured > 0.9 * cells  # a kernel that captures nothing changes nothing either


def test_what_once_made_a_difference_makes_none(tmp_path: Path, home: Path) -> None:
    outcome = compare(FORMERLY, tmp_path, home)
    assert [str(difference) for difference in outcome.differences] == []
    assert (outcome.cells, outcome.captured) == (len(FORMERLY), len(FORMERLY))


def test_a_session_that_was_not_captured_is_no_proof(tmp_path: Path, home: Path) -> None:
    settings = tmp_path / "a" / "2nd" / "project" / ".cellmill" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("capture = false\n")
    uncaptured = compare(["1 + 1"], tmp_path, home)
    assert (uncaptured.cells, uncaptured.captured, uncaptured.differences) == (1, 0, [])
    assert report({"off": uncaptured}, {}) == 1
    assert report({"on": Outcome(cells=1, captured=1)}, {}) == 0
    assert report({}, {}) == 1


@pytest.mark.parametrize(
    "ending",
    [
        "import os\nos._exit(3)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
        "import os\nos.abort()",
        "import atexit, sys, os\natexit.register(lambda: os._exit(9))\nget_ipython().ask_exit()",
    ],
    ids=["_exit", "SIGKILL", "SIGTERM", "abort", "ask_exit"],
)
def test_a_cell_that_ends_the_kernel_ends_it_as_without_us(ending: str, tmp_path: Path, home: Path) -> None:
    outcome = compare(["import faulthandler\nfaulthandler.disable()", ending], tmp_path, home)
    assert [str(difference) for difference in outcome.differences] == []
    assert outcome.cells == 2
