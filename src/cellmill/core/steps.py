"""What a step of a pipeline leaves for those after it, and where: the kernel writes it, and who runs it looks."""

MANIFEST = "manifest.json"
VALUES_VERSION = 3
MOST_CROSSING_BYTES = 2_000_000_000


def frame_name(file: str) -> str:
    """Return the name of the data frame that lies in such a file: `x` for `x.parquet` and `x.2.parquet`."""
    return file.partition(".")[0]


def values_folder(pipeline: str) -> str:
    """Return where the values of a pipeline cross, from the project's root, unless it is told otherwise."""
    return f".cellmill/pipelines/{pipeline}/values"
