"""What a packer answers, and the signature that most of them need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Packed:
    """A model ready for `mlflow.models.Model.log`."""

    flavor: ModuleType
    """The module of MLflow's that saves it, `mlflow.sklearn` say."""
    arguments: Mapping[str, Any]
    """What that module's `save_model` takes besides the usual: the model under its own name, the format."""
    signature: Any = None
    example: Any = None


def signature_of(predict: Callable[[Any], Any], example: Any) -> Any:
    """Return MLflow's signature of a model from rows of its input, None without any, or where it cannot predict.

    A model that refuses five rows alone, as a time series does, is none the worse for it.
    """
    if example is None:
        return None
    from mlflow.models import infer_signature

    try:
        return infer_signature(example, predict(example))
    except Exception:  # noqa: BLE001 - the model's own code
        return None
