"""Reading notebooks, with a sentence for everything that is not one."""

import json
import warnings
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from cellmill.core.errors import NotANotebook, NotebookMissing
from cellmill.core.words import shown_path

if TYPE_CHECKING:
    from nbformat import NotebookNode


def read_notebook(path: Path) -> "NotebookNode":
    """Return a notebook in the current format. Raises `NotebookMissing`, `NotANotebook`."""
    if path.is_dir():
        raise NotANotebook(shown_path(path), reason="it is a folder")
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NotebookMissing(shown_path(path), near=_near(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not text" if isinstance(error, UnicodeDecodeError) else str(error.strerror).lower()
        raise NotANotebook(shown_path(path), reason=reason) from error
    _check_shape(path, text)
    import nbformat  # which may cost a second

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a missing cell id is mended, and warned of
            notebook: NotebookNode = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise NotANotebook(shown_path(path), reason=f"a cell is malformed ({_first_line(error.message)})") from error
    except Exception as error:
        # nbformat answers a file of another kind with whatever its parsing happened to raise.
        raise NotANotebook(shown_path(path), reason=_first_line(str(error)) or type(error).__name__) from error
    return notebook


def _check_shape(path: Path, text: str) -> None:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise NotANotebook(shown_path(path), reason="it is not JSON") from None
    if not isinstance(content, dict) or "nbformat" not in content:
        raise NotANotebook(shown_path(path), reason="it does not say its nbformat, as every notebook does")


def _near(path: Path) -> str | None:
    try:
        neighbours = {other.stem: other for other in path.parent.iterdir() if other.suffix == ".ipynb"}
    except OSError:
        return None
    found = get_close_matches(path.stem, neighbours, n=1)  # the suffix, which all have, would make all alike
    return shown_path(neighbours[found[0]]) if found else None


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:200].rstrip(".") if text.strip() else ""
