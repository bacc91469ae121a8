"""The settings of a project: `.cellmill/settings.toml`, which holds only what differs from the defaults."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from cellmill.core.errors import BadSettings


@dataclass(frozen=True)
class Settings:
    """Every setting, with its default. `help` in the metadata is what the documentation says of it."""

    capture: bool = field(default=True, metadata={"help": "Capture the notebooks of this project."})
    keep_models: bool = field(default=True, metadata={"help": "Keep the model of each run."})
    max_model_mb: float = field(
        default=200.0, metadata={"help": "A larger model is not kept; the run says so. In megabytes."}
    )
    keep_input_examples: bool = field(
        default=True,
        metadata={"help": "Keep up to five rows of a model's input: MLflow needs them for the signature."},
    )
    max_runs_per_cell: int = field(
        default=50,
        metadata={"help": "A cell that fits more models, in a loop, has the first ones kept as runs and says so."},
    )
    training_metrics_ms: float = field(
        default=10.0,
        metadata={
            "help": "A fit is followed by metrics on its training data for as long as this, or where that is more "
            "for 5 % of the fit up to 25 ms and 0.5 % of a longer one. In milliseconds; 0 measures none."
        },
    )
    max_trials: int = field(
        default=50,
        metadata={"help": "A search that tries more has the best ones kept as runs of their own and says so."},
    )
    warm_kernels: bool = field(
        default=True,
        metadata={
            "help": "Fork kernels of headless runs and of replays from a process that has imported already (Linux)."
        },
    )
    pipeline_values: str = field(
        default=".cellmill/pipelines/{pipeline}/values",
        metadata={"help": "Where steps of pipelines hand over values: a folder, or a URL that fsspec knows."},
    )
    exclude: tuple[str, ...] = field(
        default=(),
        metadata={"help": "Regular expressions: a cell whose source one of them matches is not recorded."},
    )


_NAMES = {tuple: "a list of texts", bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def read_settings(path: Path) -> Settings:
    """Return the settings in a file, or the defaults when there is none. Raises `BadSettings`."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(str(path), f"it cannot be read ({error})") from error
    import tomllib  # most projects have no such file, and every kernel comes by here

    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(str(path), f"it is not TOML ({error})") from error
    kinds = {f.name: type(f.default) for f in fields(Settings)}
    for name, value in given.items():
        if name not in kinds:
            from difflib import get_close_matches

            near = get_close_matches(name, kinds, n=1)
            raise BadSettings(str(path), f"there is no setting {name!r}" + (f"; {near[0]!r} is near" if near else ""))
        wanted = kinds[name]
        if wanted is tuple:
            if type(value) is not list or not all(type(item) is str for item in value):
                raise BadSettings(str(path), f"{name!r} takes {_NAMES[tuple]}, not {value!r}")
            given[name] = _expressions(path, name, value)
            continue
        fits = type(value) is wanted or (wanted is float and type(value) is int)
        if not fits:
            raise BadSettings(str(path), f"{name!r} takes {_NAMES[wanted]}, not {value!r}")
    return Settings(**given)


def _expressions(path: Path, name: str, texts: list[str]) -> tuple[str, ...]:
    import re

    for text in texts:
        try:
            re.compile(text)
        except re.error as error:
            raise BadSettings(str(path), f"{name!r}: {text!r} is no regular expression ({error})") from error
    return tuple(texts)
