"""How a pickled model becomes an MLflow model: one packer for each flavor.

A new flavor is a function in a module of this package and a line in the table. Nothing here runs in the
user's kernel, and MLflow's flavor, with the library behind it, is imported only when a model asks for it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from cellmill.stores.packing import boosting, keras, pytorch, sklearn, statsmodels
from cellmill.stores.packing.packed import Packed

__all__ = ["NoPacker", "Packed", "Packer", "packed_flavors", "packer_for"]

Packer = Callable[[Any, Any], Packed]
"""Called with the model and up to five rows of its input, None where there are none."""

_PACKERS: Mapping[str, Packer] = {
    "sklearn": sklearn.pack,
    "xgboost": boosting.pack_xgboost,
    "lightgbm": boosting.pack_lightgbm,
    "catboost": boosting.pack_catboost,
    "statsmodels": statsmodels.pack,
    "pytorch": pytorch.pack,
    "keras": keras.pack,
}


class NoPacker(Exception):
    """A model of a flavor that the table does not hold."""

    def __init__(self, flavor: str) -> None:
        self.flavor = flavor
        super().__init__(f"there is no way to pack a model of flavor {flavor!r}")


def packer_for(flavor: str) -> Packer:
    """Return what packs models of a flavor. Raises `NoPacker`."""
    packer = _PACKERS.get(flavor)
    if packer is None:
        raise NoPacker(flavor)
    return packer


def packed_flavors() -> tuple[str, ...]:
    """Return the flavors that can be packed."""
    return tuple(_PACKERS)
