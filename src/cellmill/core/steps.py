"""What a step of a pipeline leaves for those after it, and where: the kernel writes it, and who runs it looks."""

MANIFEST = "manifest.json"
VALUES_VERSION = 1
MOST_CROSSING_BYTES = 2_000_000_000


def values_folder(pipeline: str) -> str:
    """Return where the values of a pipeline cross, from the project's root, unless it is told otherwise."""
    return f".cellmill/pipelines/{pipeline}/values"
