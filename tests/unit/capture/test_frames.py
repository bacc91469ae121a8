"""Under which name is data told, that no variable holds as it is?"""

import linecache
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellmill.capture.frames import name_of


class Scaler:
    def fit(self) -> None: ...

    def transform(self, rows: Any) -> Any:
        return [rows]


class Wrapper:
    def __init__(self, rows: Any) -> None:
        self.train = rows


def prep(rows: Any) -> Any:
    return [rows]


def load() -> Any:
    return []


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("X[:3]", "X"),
        ("X.copy()", "X"),
        ("X[:3].copy().T", "X"),
        ("np.asarray(X, dtype=float)", "X"),
        ("np.log1p(np.abs(X))", "X"),
        ("np.random.rand(5)", None),
        ("scaler.transform(X)", "X"),
        ("Scaler().transform(X[:2])", "X"),
        ("prep(X)", "X"),
        ("prep(rows=X)", "X"),
        ("list(X)", "X"),
        ("load()", None),
        ("scaler.transform(5)", None),
        ("held.train[:2]", "held"),
        ("[*X]", None),
        ("held.make(X)", "held"),
        ("frame.to_numpy()[:1]", "frame"),
    ],
)
def test_data_has_the_name_of_the_data_and_not_of_what_works_on_it(expression: str, name: str | None) -> None:
    assert told(f"ask({expression})", "<cell>" + expression) == name


def test_an_attribute_of_self_has_its_own_name() -> None:
    assert told("def f(self):\n    ask(self.train[:2])\nf(wrapper)", "<cell of self>") == "train"


def test_what_a_library_calls_its_data_is_no_name() -> None:
    file = "/lib/site-packages/library.py"
    library = code("def fit(arg):\n    ask([arg])", file)
    given: dict[str, Any] = {"__name__": "library"}
    assert told("import sys\nlibrary['fit'](X)", "<cell of a library>", library=library, given=given) == "X"


def code(source: str, file: str) -> Any:
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    return compile(source, file, "exec")


def told(source: str, file: str, *, library: Any = None, given: dict[str, Any] | None = None) -> str | None:
    """Run a cell that asks for the name of what it gives, and return the answer."""
    answers: list[str | None] = []
    names: dict[str, Any] = {
        "__name__": "__main__", "np": np, "X": np.zeros(5), "scaler": Scaler(), "prep": prep, "load": load,
        "Scaler": Scaler, "held": SimpleNamespace(train=np.ones(3), make=prep), "wrapper": Wrapper(np.ones(4)),
        "frame": pd.DataFrame({"a": [1, 2]}),
    }  # fmt: skip

    def ask(value: Any) -> None:
        answers.append(name_of(value, sys._getframe(1), names, position=0))

    names["ask"] = ask
    if library is not None and given is not None:
        given["ask"] = ask
        exec(library, given)
        names["library"] = given
    exec(code(source, file), names)
    return answers[0]
