"""What can keep a replay from beginning: a branch of the tree of `core.errors`."""

from cellmill.core.errors import CellmillError


class ReplayError(CellmillError):
    """A replay could not begin. What it found is a verdict, not an error."""


class NotABundle(ReplayError):
    """A file, but no bundle."""

    kind = "not_a_bundle"

    def __init__(self, path: str, *, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path} is no bundle: {reason}. Make one with: cellmill bundle RUN")


class EnvironmentNotBuilt(ReplayError):
    """The run's environment cannot be made again."""

    kind = "environment_not_built"

    def __init__(self, run: str, *, reason: str) -> None:
        self.run, self.reason = run, reason
        super().__init__(
            f"The environment of run {run} could not be made again: {reason}. Replay it in this one instead."
        )


class NoScratch(ReplayError):
    """There is no folder for a replay."""

    kind = "no_scratch"

    def __init__(self, folder: str, *, reason: str) -> None:
        self.folder, self.reason = folder, reason
        super().__init__(
            f"A replay needs a folder of its own, and {folder} cannot be used: {reason}. "
            f"Free some space, or set TMPDIR."
        )


class ReplayUnderWay(ReplayError):
    """The run is being replayed already."""

    kind = "replay_under_way"

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(f"Run {run} is being replayed by another process. Wait for its verdict: cellmill show {run}")
