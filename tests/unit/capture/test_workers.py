"""Is a model that came back from another process one that was sent there?"""

import time
from typing import Any, NoReturn

import joblib  # type: ignore[import-untyped]  # the probe asks for it where it is loaded
import numpy as np

from cellmill.capture.probes.workers import COMPARED_BYTES, _came_along, _digest


class Model:
    def __init__(self, weights: Any) -> None:
        self.weights_ = weights


class Slow(Model):
    def __reduce__(self) -> NoReturn:
        raise AssertionError("it was pickled")


def test_the_same_model_came_along_and_another_was_fitted() -> None:
    until_s = time.perf_counter() + 60
    assert joblib.hash(1)
    assert _came_along(Model(np.ones(3)), [Model(np.zeros(3)), Model(np.ones(3))], until_s)
    assert not _came_along(Model(np.ones(3)), [Model(np.zeros(3))], until_s)
    assert not _came_along(Slow(1), [Model(1)], 0.0)


def test_when_the_time_is_up_none_is_pickled() -> None:
    assert _came_along(Slow(1), [Slow(1)], 0.0)


def test_a_large_model_is_not_compared() -> None:
    assert _digest(Model(np.ones(COMPARED_BYTES // 8 + 1))) is None
