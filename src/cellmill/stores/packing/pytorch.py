"""Models of PyTorch. What MLflow loads is a module that predicts, so it is packed in evaluation mode."""

from typing import Any

from cellmill.stores.packing.packed import Packed, signature_of


def pack(model: Any, example: Any) -> Packed:
    """Return a module, pickled whole as MLflow does it; several that were trained together as one `ModuleDict`."""
    import mlflow.pytorch
    import torch

    module = torch.nn.ModuleDict(model) if isinstance(model, dict) else model
    module.eval()

    def predict(rows: Any) -> Any:
        with torch.no_grad():
            return module(torch.from_numpy(rows)).numpy()

    return Packed(
        flavor=mlflow.pytorch,
        arguments={"pytorch_model": module, "serialization_format": "pickle"},
        signature=signature_of(predict, example),
        example=example,
    )
