"""Where a file is to go that a user has named."""

from contextlib import suppress
from pathlib import Path

from cellmill.core.errors import NotebookError
from cellmill.core.words import shown_path


class BadOutput(NotebookError):
    """A file was to be written where it cannot be. `kept` is where the executed notebook lies nevertheless."""

    kind = "bad_output"

    def __init__(self, output: str, *, reason: str, kept: str | None = None) -> None:
        self.output, self.reason, self.kept = output, reason, kept
        advice = f"The executed notebook lies at {kept}: copy it from there." if kept else "Name another file."
        super().__init__(f"Cannot write {output}: {reason}. {advice}")


def check_output(output: Path, *, notebook: Path | None = None) -> None:
    """Raise `BadOutput` if a folder is there, or the notebook that is run, by whatever name."""
    with suppress(OSError):  # whether its folder can be looked into, who writes there will say
        if output.is_dir():
            raise BadOutput(shown_path(output), reason="it is a folder")
        if notebook is not None and output.samefile(notebook):
            raise BadOutput(shown_path(output), reason="it is the notebook that is run, which is not changed")
