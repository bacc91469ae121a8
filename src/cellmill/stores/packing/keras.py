"""Models of Keras, which are kept as archives of its own, with the backend that they were made with."""

import io
import os
import sys
from collections.abc import Mapping
from typing import Any

from cellmill.stores.packing.packed import Packed, signature_of


def pack(kept: Mapping[str, Any], example: Any) -> Packed:
    """Return the model in an archive."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = kept["backend"]  # Keras reads it once, when it is imported
    import keras  # type: ignore[import-untyped]
    import mlflow.keras
    from keras.src.saving.saving_lib import _load_model_from_fileobj  # type: ignore[import-untyped]

    # Not the safe mode: it is the user's own model, and may hold a function.
    model = _load_model_from_fileobj(io.BytesIO(kept["archive"]), custom_objects=None, compile=True, safe_mode=False)

    def predict(rows: Any) -> Any:
        return keras.ops.convert_to_numpy(model(rows))

    # MLflow's Keras flavor does not save an example and then cannot find it: the signature has to do.
    return Packed(mlflow.keras, {"model": model}, signature_of(predict, example))
