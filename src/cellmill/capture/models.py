"""Keeping a model: pickled at the end of its training, packed for MLflow later and elsewhere."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cellmill.capture.blobs import keep_blob
from cellmill.capture.describe import first_rows
from cellmill.core.event_parts import ModelBlob
from cellmill.core.project import Project
from cellmill.core.settings import Settings

EXAMPLE_ROWS = 5
# Hashed and written within the cell up to here (about a millisecond), above it in the background.
LARGE = 500_000

# Distributions whose import name is another. Of the rest the two agree.
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}

# What a flavor needs also where the model's class is the user's own.
_NEEDED = {"pytorch": "torch", "keras": "keras"}


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


@dataclass(frozen=True)
class ToCopy:
    """A model that is copied, or written in a format of its own, before it is pickled: only if it is kept."""

    least_bytes: int
    """What its pickle takes at the least: the size of its weights."""
    copy: Callable[[], Any]


@dataclass(frozen=True)
class Pickled:
    """A model as it was at the end of its training, not yet on the disk."""

    content: bytes
    flavor: str
    requirements: tuple[str, ...]
    example: bytes | None

    @property
    def is_large(self) -> bool:
        """Whether writing it would keep the user's cell waiting."""
        return len(self.content) > LARGE

    def keep(self, project: Project) -> ModelBlob:
        """Write it among the blobs. Raises `FolderNotWritable`."""
        return ModelBlob(
            sha256=keep_blob(project, self.content),
            size_bytes=len(self.content),
            flavor=self.flavor,
            requirements=self.requirements,
            example_sha256=None if self.example is None else keep_blob(project, self.example),
        )


def pickle_model(settings: Settings, model: Any, data: Any, *, flavor: str) -> tuple[Pickled | None, str | None]:
    """Pickle a model (or a `ToCopy`), for the user's next line may change it.

    Returns it, or None with the reason why not.
    """
    if not settings.keep_models:
        return None, "the setting keep_models is off"
    limit = int(settings.max_model_mb * 1_000_000)
    too_large = f"its pickle is larger than the setting max_model_mb ({settings.max_model_mb:g} MB)"
    if type(model) is ToCopy:
        if model.least_bytes > limit:
            return None, too_large
        try:
            model = model.copy()
        except Exception as error:  # noqa: BLE001 - a device without memory, a user's own __deepcopy__
            return None, f"it cannot be copied ({type(error).__name__}: {error})"
    # Not `pickle`: a class defined in a cell must travel by value, for `__main__` is another elsewhere.
    import cloudpickle

    buffer = _Capped(limit)
    try:
        cloudpickle.dump(model, buffer)
    except ModelTooLarge:
        return None, too_large
    except Exception as error:  # noqa: BLE001 - whatever the user's own __reduce__ raises
        return None, f"it cannot be pickled ({type(error).__name__}: {error})"
    return Pickled(buffer.getvalue(), flavor, _requirements(model, flavor), _example(settings, data)), None


def _example(settings: Settings, data: Any) -> bytes | None:
    if not settings.keep_input_examples:
        return None
    import cloudpickle

    rows = first_rows(data, EXAMPLE_ROWS)
    return None if rows is None else bytes(cloudpickle.dumps(rows))


def _requirements(model: Any, flavor: str) -> tuple[str, ...]:
    """Return what must be installed to load the model, from the modules that are loaded: no file is read."""
    home = type(model).__module__.partition(".")[0]
    wanted = dict.fromkeys(
        [home, _NEEDED.get(flavor, home), "sklearn", "numpy", "scipy", "pandas", "joblib", "cloudpickle"]
    )
    found = []
    for module in wanted:
        version = getattr(sys.modules.get(module), "__version__", None)
        if isinstance(version, str):
            # Without a local label: `2.13.0+cpu` is on no index that others have.
            found.append(f"{_DISTRIBUTIONS.get(module, module)}=={version.partition('+')[0]}")
    return tuple(found)
