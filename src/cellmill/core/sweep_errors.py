"""What can go wrong with sweeps: a branch of the tree of `core.errors`."""

from cellmill.core.errors import CellmillError


class SweepError(CellmillError):
    """A sweep that cannot begin, or go on."""


class BadSpace(SweepError):
    """What is to be tried makes no sense."""

    kind = "bad_space"

    def __init__(self, given: str, *, reason: str) -> None:
        self.given, self.reason = given, reason
        what = f"{given!r} cannot be tried" if given else "There is nothing to try"
        super().__init__(f"{what}: {reason}. See: cellmill sweep --help")


class NoSuchSweep(SweepError):
    """There is no sweep to go on with."""

    kind = "no_such_sweep"

    def __init__(self, *, notebook: str, unfinished: bool) -> None:
        self.notebook, self.unfinished = notebook, unfinished
        which, how = ("unfinished sweep", "without --resume") if unfinished else ("sweep", "with --metric")
        super().__init__(f"There is no {which} of {notebook}. Begin one {how}.")


class SweepChanged(SweepError):
    """The notebook is another than the one whose trials there are."""

    kind = "sweep_changed"

    def __init__(self, sweep: str, *, notebook: str) -> None:
        self.sweep, self.notebook = sweep, notebook
        super().__init__(
            f"{notebook} has been changed since sweep {sweep} began, so its trials cannot be set beside new ones. "
            "Begin another sweep without --resume."
        )


class SweepUnderWay(SweepError):
    """Another process runs the trials of the same sweep."""

    kind = "sweep_under_way"

    def __init__(self, sweep: str, *, notebook: str) -> None:
        self.sweep, self.notebook = sweep, notebook
        super().__init__(
            f"Sweep {sweep} of {notebook} is being run by another process. Wait for its end, or end it with Ctrl-C."
        )


class OptunaMissing(SweepError):
    """Optuna is not installed."""

    kind = "optuna_missing"

    def __init__(self) -> None:
        super().__init__("--optuna needs Optuna. Install it with: pip install 'cellmill[optuna]'")
