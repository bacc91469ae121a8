"""Keeping a model: pickled at the end of its training, packed for MLflow later and elsewhere."""

import io
import sys
from typing import Any

from cellmill.capture.blobs import keep_blob
from cellmill.capture.describe import first_rows
from cellmill.core.events import ModelBlob
from cellmill.core.project import Project
from cellmill.core.settings import Settings

EXAMPLE_ROWS = 5

# Distributions whose import name is another. Of the rest the two agree.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


class ModelTooLarge(Exception):
    """The pickle grew past the limit."""


class _Capped(io.BytesIO):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any, /) -> int:
        if self.tell() + memoryview(data).nbytes > self._limit:
            raise ModelTooLarge
        return super().write(data)


def keep_model(
    project: Project, settings: Settings, model: Any, data: Any, *, flavor: str
) -> tuple[ModelBlob | None, str | None]:
    """Pickle a model among the blobs. Returns it with None, or None with the reason why it was not kept."""
    if not settings.keep_models:
        return None, "the setting keep_models is off"
    # Not `pickle`: a class defined in a cell must travel by value, for `__main__` is another elsewhere.
    import cloudpickle

    limit = int(settings.max_model_mb * 1_000_000)
    buffer = _Capped(limit)
    try:
        cloudpickle.dump(model, buffer)
    except ModelTooLarge:
        return None, f"its pickle is larger than the setting max_model_mb ({settings.max_model_mb:g} MB)"
    except Exception as error:  # noqa: BLE001 - whatever the user's own __reduce__ raises
        return None, f"it cannot be pickled ({type(error).__name__}: {error})"
    content = buffer.getvalue()
    return (
        ModelBlob(
            sha256=keep_blob(project, content),
            size_bytes=len(content),
            flavor=flavor,
            requirements=_requirements(model),
            example_sha256=_keep_example(project, settings, data),
        ),
        None,
    )


def _keep_example(project: Project, settings: Settings, data: Any) -> str | None:
    if not settings.keep_input_examples:
        return None
    import cloudpickle

    rows = first_rows(data, EXAMPLE_ROWS)
    return None if rows is None else keep_blob(project, cloudpickle.dumps(rows))


def _requirements(model: Any) -> tuple[str, ...]:
    """Return what must be installed to load the model, from the modules that are loaded: no file is read."""
    home = type(model).__module__.partition(".")[0]
    wanted = dict.fromkeys([home, "sklearn", "numpy", "scipy", "pandas", "joblib", "cloudpickle"])
    found = []
    for module in wanted:
        version = getattr(sys.modules.get(module), "__version__", None)
        if isinstance(version, str):
            found.append(f"{_DISTRIBUTIONS.get(module, module)}=={version}")
    return tuple(found)
