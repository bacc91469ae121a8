"""Large things beside the journal, each under the SHA-256 of its content."""

import hashlib
from pathlib import Path

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.project import Project


def keep_blob(project: Project, content: bytes) -> str:
    """Keep content and return its SHA-256 in hex. The same content is kept once. Raises `FolderNotWritable`."""
    digest = hashlib.sha256(content).hexdigest()
    path = project.blobs / digest
    if not path.exists():
        make_folder(project.blobs)
        write_atomically(path, content)
    return digest


def blob_path(project: Project, digest: str) -> Path:
    """Return where a blob lies. It may have been removed."""
    return project.blobs / digest
