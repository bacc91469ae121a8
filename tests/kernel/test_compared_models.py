"""Two models that were kept, set side by side as a replay's kernel does it."""

import json
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LinearRegression, Perceptron

from cellmill.kernel.replaying import compared


def set_side_by_side(folder: Path, one: Any, other: Any, rows: Any) -> dict[str, Any]:
    """Return how two models compare that were kept as a run keeps them."""
    for name, value in (("one", one), ("other", other), ("rows", rows)):
        (folder / name).write_bytes(cloudpickle.dumps(value))
    answer: dict[str, Any] = json.loads(compared(*(str(folder / name) for name in ("one", "other", "rows"))))
    return answer


def linear(weight: float) -> torch.nn.Linear:
    model = torch.nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.fill_(weight)
        model.bias.fill_(0.0)
    return model


def test_a_module_of_pytorchs_answers_for_rows_that_were_kept_as_an_array(tmp_path: Path) -> None:
    rows = np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32)
    found = set_side_by_side(tmp_path, linear(0.5), linear(0.5), rows)
    assert found == {
        "predictions": {"rows": 2, "relative": 0.0, "recorded": "1.5, 3.5", "replayed": "1.5, 3.5"},
        "learned": None,
        "problem": None,
    }
    assert set_side_by_side(tmp_path, linear(0.5), linear(1.0), rows)["predictions"]["relative"] == 1.0


def test_a_model_that_was_asked_in_vain_has_learned_the_same(tmp_path: Path) -> None:
    found = set_side_by_side(tmp_path, linear(0.5), linear(0.5), ["no", "numbers"])
    assert (found["predictions"], found["learned"]["relative"]) == (None, 0.0)
    assert found["problem"].startswith("TypeError")


def test_models_that_answer_nothing_are_not_the_same_for_it(tmp_path: Path) -> None:
    found = set_side_by_side(tmp_path, linear(0.5), linear(1.0), np.empty((0, 2), dtype=np.float32))
    assert (found["predictions"], found["learned"]["relative"]) == (None, 1.0)


@pytest.mark.parametrize("labels", [["no", "yes"], [0, 1], [0.0, 1.0]], ids=str)
def test_the_same_labels_do_not_make_models_the_same_that_have_learned_otherwise(
    tmp_path: Path, labels: list[Any]
) -> None:
    rows = np.array([[0.0], [1.0]])
    one, other = (Perceptron().fit(rows, labels) for _ in "ab")
    assert set_side_by_side(tmp_path, one, other, rows)["predictions"]["relative"] == 0.0
    other.coef_ = other.coef_ * 1.5
    found = set_side_by_side(tmp_path, one, other, rows)
    assert (found["predictions"], found["learned"]["name"], found["learned"]["relative"]) == (None, "coef_", 0.5)


def test_rows_of_a_sparse_matrix_are_asked_for(tmp_path: Path) -> None:
    rows = csr_matrix([[0.0], [1.0], [3.0]])
    model = LinearRegression().fit(rows, [0.5, 1.5, 3.25])
    found = set_side_by_side(tmp_path, model, model, rows)
    assert (found["predictions"]["rows"], found["predictions"]["relative"], found["problem"]) == (3, 0.0, None)
