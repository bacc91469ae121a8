"""Reading what lies among the blobs. A journal's word for one is not believed to be a digest: it is part of a path."""

import re

from cellmill.capture.blobs import blob_path
from cellmill.core.project import Project

_SHA256 = re.compile(r"[0-9a-f]{64}")


def try_content(project: Project, sha256: str) -> bytes | None:
    """Return a blob, None when it is no digest or has been removed."""
    return _read(project, sha256, -1)


def try_beginning(project: Project, sha256: str, characters: int) -> str | None:
    """Return at least so many characters of a text among the blobs, if it has them; None where there is none."""
    found = _read(project, sha256, 4 * characters)  # UTF-8 has no character of more bytes
    return None if found is None else found.decode("utf-8", "ignore")


def _read(project: Project, sha256: str, at_most: int) -> bytes | None:
    if _SHA256.fullmatch(sha256) is None:
        return None
    try:
        with blob_path(project, sha256).open("rb") as file:
            return file.read(at_most)
    except FileNotFoundError:
        return None
