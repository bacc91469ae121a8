"""Which folders code looks through, as far as its text tells: there, what lies beside a file counts too. Pure."""

import glob
import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

_DEEP = r"rglob|f?walk|load_files|\w*_from_directory|(?:Image|Dataset)Folder"
_LOOKS = re.compile(rf"\b(?:i?glob|iterdir|listdir|scandir|{_DEEP})\b|^[ \t]*(?:[\w, ]+= *)?[!%] *ls\b", re.MULTILINE)
_LOOKS_DEEP = re.compile(rf"\b(?:{_DEEP})\b|\*\*[/\\]")
_BETWEEN_QUOTES = re.compile(r"""(?=["']([^"'\n]{2,400})["'])""")  # of any two: SQL has quotes within quotes
_SETS_OF_FILES = (".parquet", ".csv", ".json", ".orc", ".arrow", ".feather", ".zarr", ".delta")


def patterns_in(code: str) -> list[str]:
    """Return the texts in quotes that may stand for several files: `data/*.csv`."""
    return [text for text in _local(code) if "*" in text.strip("*") and PurePosixPath(text).suffix]


def sets_in(code: str) -> list[str]:
    """Return the texts in quotes that are named like a file, and may be a folder of its parts: `sales.parquet`."""
    return [text for text in _local(code) if text.rstrip("/").lower().endswith(_SETS_OF_FILES) and "*" not in text]


def _local(code: str) -> list[str]:
    return [text for text in dict.fromkeys(_BETWEEN_QUOTES.findall(code)) if "://" not in text]


def patterns_around(code: Iterable[str], read: Collection[str]) -> list[str]:
    """Return patterns of the files that lie where those do that were read, where code looks through folders.

    One for each folder and ending; where it looks below folders, also one below what they share.
    """
    texts = list(code)
    if not any(_LOOKS.search(text) for text in texts):
        return []
    paths = [PurePosixPath(path) for path in read]
    found = {f"{_within(path.parent)}*{path.suffix}" for path in paths}
    if any(_LOOKS_DEEP.search(text) for text in texts):
        for suffix in {path.suffix for path in paths}:
            above = _shared([path.parent for path in paths if path.suffix == suffix])
            if above.name:  # not the whole project, nor the whole disk
                found.add(f"{_within(above)}**/*{suffix}")
    return sorted(found)


def _shared(folders: list[PurePosixPath]) -> PurePosixPath:
    """Return the folder that holds all of these: of a single one the one above it, where others may come beside it."""
    first = folders[0]
    above = first.parent if len(set(folders)) == 1 else first
    while not all(folder.is_relative_to(above) for folder in folders):
        above = above.parent
    return above


def _within(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath() else f"{glob.escape(folder.as_posix()).rstrip('/')}/"
