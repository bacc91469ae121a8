"""How long a fit may be followed by metrics on its own training data."""

import time
from typing import Any

import numpy as np
import pytest

from cellmill.capture.probes.training_metrics import TooSlow, budget_of, pass_s


@pytest.mark.parametrize(
    ("took_s", "budget_s"),
    [
        (0.01, 0.010),  # the setting
        (0.4, 0.020),  # 5 %
        (0.5, 0.025),
        (3.0, 0.025),
        (5.0, 0.025),  # half of the hundredth by which a fit of over five seconds may become longer
        (60.0, 0.300),
    ],
)
def test_what_may_be_spent_grows_with_the_fit_and_ever_more_slowly(took_s: float, budget_s: float) -> None:
    assert budget_of(took_s, least_ms=10.0) == pytest.approx(budget_s)


def test_a_pass_is_not_thought_cheap_because_its_first_call_was_dear() -> None:
    calls: list[int] = []

    def predict(rows: np.ndarray[Any, Any]) -> None:
        calls.append(len(rows))
        time.sleep((0.1 if len(calls) == 1 else 0.0) + 1e-4 * len(rows))

    assert pass_s(predict, np.zeros((100_000, 2))) > 5  # 10 s, were it run
    assert max(calls) <= 500


def test_a_pass_over_few_rows_is_not_asked_about() -> None:
    assert pass_s(lambda rows: pytest.fail(f"asked for {len(rows)}"), np.zeros((1_000, 2))) == 0


def test_samples_that_a_slow_model_would_take_too_long_for_are_not_asked_for() -> None:
    calls: list[int] = []

    def predict(rows: np.ndarray[Any, Any]) -> None:
        calls.append(len(rows))
        time.sleep(4e-3 * len(rows))

    with pytest.raises(TooSlow, match=r"^predicting 5 rows took \d+ ms$"):
        pass_s(predict, np.zeros((60_000, 2)), budget_s=0.010)
    assert calls == [5]

    calls.clear()
    assert pass_s(predict, np.zeros((60_000, 2)), budget_s=0.6) > 100  # 240 s, were it run
    assert calls == [5, 5, 20]  # with 500 rows for two seconds there is no time


def test_a_model_that_is_slow_with_few_rows_and_no_slower_with_many_is_asked_for_more() -> None:
    calls: list[int] = []

    def predict(rows: np.ndarray[Any, Any]) -> None:
        calls.append(len(rows))
        time.sleep(0.03)

    assert pass_s(predict, np.zeros((60_000, 2)), budget_s=0.6) < 10
    assert calls == [5, 5, 20, 500]

    calls.clear()
    pass_s(predict, np.zeros((60_000, 2)), budget_s=0.6, is_met=True)
    assert calls == [5, 20, 500]
