"""Two models side by side, as a replay sets them: by what they answer, or by what they have learned."""

import json
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.tree import DecisionTreeClassifier

from cellmill.kernel.replaying import compared

X = np.arange(24.0).reshape(12, 2)
LABELS = np.array(["cat", "dog", "owl"] * 4)
RENAMED = np.array(["bat", "cow", "owl"] * 4)


def told(tmp_path: Path, before: Any, after: Any, *, rows: Any = X[:2]) -> dict[str, Any]:
    given = {"before": before, "after": after, "rows": rows}
    for name, value in given.items():
        (tmp_path / name).write_bytes(cloudpickle.dumps(value))
    paths = [str(tmp_path / name) for name in given]
    found: dict[str, Any] = json.loads(compared(paths[0], paths[1], paths[2] if rows is not None else None))
    return found


def test_labels_are_no_measures_that_may_be_near(tmp_path: Path) -> None:
    start = np.array([10**9, 10**9 + 2, 10**9 + 3] * 4)
    before, after = (DecisionTreeClassifier(random_state=0).fit(X, y) for y in (start, start + 1))
    found = told(tmp_path, before, after)["predictions"]
    assert (found["relative"], found["recorded"]) == (1e308, "1000000000, 1000000002, 1000000003")
    assert told(tmp_path, before, before)["predictions"]["relative"] == 0.0


def test_the_labels_that_differ_are_shown(tmp_path: Path) -> None:
    before, after = (DecisionTreeClassifier(random_state=0).fit(X, y) for y in (LABELS, RENAMED))
    found = told(tmp_path, before, after)
    assert found["predictions"] == {
        "rows": 2, "relative": 1e308, "recorded": "cat, dog, owl", "replayed": "bat, cow, owl",
    }  # fmt: skip
    assert found["problem"] is None


def test_labels_count_also_where_no_rows_were_recorded(tmp_path: Path) -> None:
    before, after = (LogisticRegression().fit(X, y) for y in (LABELS, RENAMED))
    found = told(tmp_path, before, after, rows=None)["learned"]
    assert (found["name"], found["relative"]) == ("classes_", 1e308)
    assert (found["recorded"], found["replayed"]) == ("cat, dog, owl", "bat, cow, owl")
    assert told(tmp_path, before, before, rows=None)["learned"]["relative"] == 0.0


def test_several_outputs_of_other_widths_are_compared_with_their_labels(tmp_path: Path) -> None:
    two = np.array(["x", "y"] * 6)
    before, after = (
        MultiOutputClassifier(DecisionTreeClassifier(random_state=0)).fit(X, np.column_stack([y, two]))
        for y in (LABELS, RENAMED)
    )
    found = told(tmp_path, before, after)
    assert (found["problem"], found["predictions"]["recorded"]) == (None, "cat, dog, owl, x, y")
    assert told(tmp_path, before, before)["predictions"]["relative"] == 0.0
