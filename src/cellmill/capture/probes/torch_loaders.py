"""Which data does a loop train on? That of the loader which it is going through when it steps."""

import sys
import weakref
from typing import Any

# What of a Subset is put together at the most, to be described.
MOST_BYTES = 64_000_000


class Loaders:
    """The DataLoaders that are being gone through: a loop holds the iterator of its own for as long as it runs."""

    def __init__(self) -> None:
        self._begun: list[tuple[weakref.ref[Any], weakref.ref[Any]]] = []

    def begun(self, loader: Any, iterator: Any) -> None:
        """A loader is gone through from now on, with this iterator."""
        self._begun = [pair for pair in self._begun if pair[1]() is not None and pair[0]() is not loader]
        self._begun.append((weakref.ref(loader), weakref.ref(iterator)))

    def going_on(self) -> list[Any]:
        """Return the loaders whose iterators somebody still holds, in the order in which they were begun."""
        found = [(loader(), iterator()) for loader, iterator in self._begun]
        return [loader for loader, iterator in found if loader is not None and iterator is not None]


def training_loader(going_on: list[Any], names: dict[int, str]) -> tuple[str | None, Any]:
    """Return the loader that a loop trains on and its name; of several that go on the one named so, if any."""
    if len(going_on) > 1:
        going_on = [loader for loader in going_on if "train" in names.get(id(loader), "").lower()]
    if len(going_on) != 1:
        return None, None
    return names.get(id(going_on[0])), going_on[0]


def tensor_and_rows(loader: Any) -> tuple[Any, Any]:
    """Return the first tensor of a loader's data set, and the indices of the rows that it takes; None: all.

    Of another data set than a TensorDataset, or a Subset of one, both are None: it would be the user's own code.
    """
    data = sys.modules.get("torch.utils.data")
    dataset: Any = None if loader is None else vars(loader).get("dataset")
    if data is None or dataset is None:
        return None, None
    rows = None
    if type(dataset) is data.Subset:
        rows, dataset = vars(dataset).get("indices"), vars(dataset).get("dataset")
        if type(rows) not in (list, range) and type(rows).__module__.partition(".")[0] not in ("numpy", "torch"):
            return None, None
    return (dataset.tensors[0], rows) if type(dataset) is data.TensorDataset else (None, None)
