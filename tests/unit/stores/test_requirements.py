"""What must be installed for a model, told from its pickle."""

import pickle
from fractions import Fraction
from importlib.metadata import version
from types import FunctionType

import cloudpickle
import numpy as np
import pandas as pd
import pytest

from cellmill.core.event_parts import ModelBlob
from cellmill.stores.requirements import modules_named, requirements_of

HELD = [Fraction(1, 2), Fraction(1, 3), np.float64(1), "pandas"]
BLOB = ModelBlob("5" * 64, 412, "sklearn", requirements=("Scikit_Learn==1.0", "cloudpickle==3.0"))


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_modules_are_those_of_classes_and_not_of_any_text(protocol: int) -> None:
    found = modules_named(pickle.dumps(HELD, protocol))
    assert found >= {"fractions", "numpy"}
    assert "pandas" not in found


def test_a_function_of_a_cell_needs_the_modules_that_it_uses() -> None:
    code = (lambda: pd).__code__
    assert "pandas" in modules_named(cloudpickle.dumps(FunctionType(code, {"pd": pd, "__name__": "__main__"})))


def test_a_damaged_pickle_tells_what_stands_before_the_damage() -> None:
    assert "fractions" in modules_named(pickle.dumps(HELD)[:-3])


def test_what_is_added_has_the_versions_of_the_run() -> None:
    pickled = pickle.dumps([pd.Series([1.0]), np.float64(1)])
    assert requirements_of(BLOB, pickled, {"Pandas": "1.2.3+cpu"}) == [
        *BLOB.requirements,
        f"numpy=={version('numpy')}",
        "pandas==1.2.3",
    ]
