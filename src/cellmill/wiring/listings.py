"""What a step's cells name that stands for several files, and which files lie where it looked through folders."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cellmill.core.pipeline_runs import FileSeen
from cellmill.core.project import Project
from cellmill.pipeline.listings import patterns_around, patterns_in, sets_in
from cellmill.wiring.looking import changed_after, files_like, look, stamp_of, stamps_in
from cellmill.wiring.observing import Observed

MOST_LOOKED_AT = 2_000


@dataclass(frozen=True)
class Named:
    """What libraries may open without being heard: `pl.scan_csv("data/*.csv")`, `pd.read_parquet("sales.parquet")`.

    `files` are those of which none was heard, by pattern; `folders` are named like a file.
    """

    patterns: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    @property
    def untold(self) -> tuple[str, ...]:
        """Folders that hold more than can be looked at one by one."""
        return tuple(PurePosixPath(p).parent.as_posix() for p, names in self.files.items() if _are_many(names))

    def unheard(self, root: Path, used: Observed, started_ns: int) -> list[FileSeen]:
        """Return these files as they are now, without those that the step may have made itself since it began."""
        written = {file.path for file in used.writes}
        names = {name for names in self.files.values() if not _are_many(names) for name in names} - written
        found = [look(root, name) for name in sorted(names) if not changed_after(stamp_of(root / name), started_ns)]
        for folder in self.folders:
            stamps = stamps_in(root / folder)
            if stamps and not any(changed_after(stamp, started_ns) for stamp in stamps.values()):
                found.append(look(root, folder))
        return found


def named_in_cells(project: Project, used: Observed) -> Named:
    """Return what the cells of an ended step name, where that is there."""
    heard = {file.path for file in (*used.reads, *used.writes)}
    patterns: dict[str, tuple[str, ...]] = {}
    folders: dict[str, None] = {}
    for source, cwd in used.cells:
        for text in patterns_in(source):
            pattern = project.relative(str(Path(cwd, text))) or text
            if pattern not in patterns and (files := files_like(project.root, pattern)):
                patterns[pattern] = files
        for text in sets_in(source):
            folder = project.relative(str(Path(cwd, text))) or text
            if (project.root / folder).is_dir():
                folders[folder] = None
    unheard = {pattern: files for pattern, files in patterns.items() if heard.isdisjoint(files)}
    return Named(tuple(patterns), unheard, tuple(folders))


def listings_of(project: Project, used: Observed, named: Named) -> dict[str, tuple[str, ...]]:
    """Return the files that lie where a step looked through folders, as its code and its modules' tells, by pattern."""
    code = [source for source, _ in used.cells]
    for module in used.modules:
        try:
            code.append((project.root / module.path).read_text("utf-8", "replace"))
        except OSError:
            continue  # it has gone, and the next run says so
    patterns = {*named.patterns, *patterns_around(code, {file.path for file in used.reads})}
    return {pattern: files_like(project.root, pattern) for pattern in sorted(patterns)}


def _are_many(names: tuple[str, ...]) -> bool:
    return len(names) > MOST_LOOKED_AT or (len(names) == 1 and " files: " in names[0])
