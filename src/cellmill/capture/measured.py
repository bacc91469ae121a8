"""What a prediction is, and which number of a cell measures it."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cellmill.core.ids import RunId
from cellmill.dataflow.figures import Figure
from cellmill.dataflow.provenance import Labels


@dataclass(frozen=True)
class Prediction:
    """Whose prediction an array is, of which data, and how many rows it has where that is known."""

    run: RunId
    data: str | None
    rows: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Measured:
    """A number that a cell assigned, and that measures a run's predictions."""

    run: RunId
    name: str
    value: float


def measured(figure: Figure, user_names: Mapping[str, Any]) -> Measured | None:
    """Return the number that a figure's assignment made, None where it is none of one run."""
    runs = {label.run if isinstance(label, Prediction) else None for label in figure.labels}
    run = runs.pop()
    if runs or run is None:
        return None
    name = figure.path[0]
    value = user_names.get(name)
    if len(figure.path) == 2:
        key = ast.literal_eval(figure.path[1])
        if type(value) is not dict or type(key) is not str:
            return None
        name, value = key, value.get(key)
    kind = type(value)
    whole = kind is int or (kind.__module__ == "numpy" and kind.__name__.startswith("int"))
    real = kind is float or (kind.__module__ == "numpy" and kind.__name__.startswith("float"))
    if value is None or not (real or (whole and figure.may_be_whole)):
        return None
    return Measured(run, name, float(value))


def data_of(labels: Labels) -> frozenset[str]:
    """Return the names of the data that predictions were made of."""
    return frozenset(label.data for label in labels if isinstance(label, Prediction) and label.data is not None)


def model_of(label: Prediction | None) -> RunId | None:
    """Return the run of a prediction; of a stranger's, `None`, none is known."""
    return None if label is None else label.run


def with_others(known: Labels, written: Labels) -> Labels:
    """Return predictions, and of those that were written into their arrays the ones of other models."""
    models = {model_of(each) for each in known}
    return known | {each for each in written if model_of(each) not in models}
