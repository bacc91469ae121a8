"""The `.cellmill/` folder itself."""

from cellmill.core.files import make_folder, write_atomically
from cellmill.core.project import Project


def prepare_folder(project: Project) -> None:
    """Make `.cellmill/`, private and ignored by git. Raises `FolderNotWritable`."""
    make_folder(project.folder)
    ignore = project.folder / ".gitignore"
    if not ignore.exists():
        write_atomically(ignore, b"*\n")
