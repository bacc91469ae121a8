"""Large things beside the journal, each under the SHA-256 of its content."""

import hashlib
from pathlib import Path

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.project import Project


def keep_blob(project: Project, content: bytes) -> str:
    """Keep content and return its SHA-256 in hex. The same content is kept once. Raises `FolderNotWritable`."""
    digest = hashlib.sha256(content).hexdigest()
    keep_blob_as(project, digest, content)
    return digest


def keep_blob_as(project: Project, digest: str, content: bytes) -> None:
    """Keep content whose SHA-256 is known already. Raises `FolderNotWritable`."""
    path = project.blobs / digest
    if not path.exists():
        make_folder(project.blobs)
        write_atomically(path, content)


def blob_path(project: Project, digest: str) -> Path:
    """Return where a blob lies. It may have been removed."""
    return project.blobs / digest
