"""What stood around a run: its machine and packages, its files, and where its data came from."""

from collections.abc import Callable, Iterable
from typing import Literal

from cellmill.core.events import GitSeen
from cellmill.core.runs import DataSource, Execution, Surroundings
from cellmill.wire.base import WireModel

MOST_FILES = 500

Relative = Callable[[str], str]
"""How a file is called in the run's project."""


class WireSource(WireModel):
    """Where data came from. `name` is a path, an address, a query's text or a package's function."""

    kind: Literal["file", "url", "query", "package"]
    name: str
    digest: str | None


class WireFile(WireModel):
    """A file that an execution of the run used. `number` is that execution's."""

    path: str
    mode: Literal["read", "written"]
    size_bytes: int | None
    sha256: str | None
    note: str | None
    number: int


class WireGit(WireModel):
    """The commit of the notebook's folder. `is_changed` says that something differed from it."""

    commit: str
    branch: str | None
    is_changed: bool
    untracked: int


class WireDistribution(WireModel):
    """An installed package that was imported."""

    name: str
    version: str


class WireEnvironment(WireModel):
    """The machine, the interpreter and the packages of a run."""

    python: str
    executable: str
    platform: str
    host: str
    cores: int | None
    memory_bytes: int | None
    user: str | None
    front_end: str | None
    cellmill: str
    cwd: str
    git: WireGit | None
    distributions: list[WireDistribution]


def wire_environment(found: Surroundings) -> WireEnvironment:
    """Return the environment, its packages by name."""
    return WireEnvironment(
        python=found.python,
        executable=found.executable,
        platform=found.platform,
        host=found.host,
        cores=found.cores,
        memory_bytes=found.memory_bytes,
        user=found.user,
        front_end=found.front_end,
        cellmill=found.cellmill,
        cwd=found.cwd,
        git=_git(found.git) if found.git else None,
        distributions=[
            WireDistribution(name=name, version=version)
            for name, version in sorted(found.distributions.items(), key=lambda pair: pair[0].lower())
        ],
    )


def _git(seen: GitSeen) -> WireGit:
    return WireGit(
        commit=seen.commit, branch=seen.branch, is_changed=seen.diff is not None, untracked=len(seen.untracked)
    )


def wire_sources(sources: Iterable[DataSource], relative: Relative) -> list[WireSource]:
    """Return the sources, files by their place in the project."""
    return [
        WireSource(
            kind=source.kind,
            name=relative(source.name) if source.kind == "file" else source.name,
            digest=source.digest,
        )
        for source in sources
    ]


def wire_files(executions: Iterable[Execution], relative: Relative) -> list[WireFile]:
    """Return the files that some executions used, each once with the last that was seen of it."""
    found = {(use.mode, use.path): (use, execution.number) for execution in executions for use in execution.files}
    return [
        WireFile(
            path=relative(use.path),
            mode=use.mode,
            size_bytes=use.size_bytes,
            sha256=use.sha256,
            note=use.note,
            number=number,
        )
        for use, number in found.values()
    ]
