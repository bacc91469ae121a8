"""What is kept of a user's work, and where: the list that `%cellmill what` prints.

The page docs/users/what-is-captured.md says the same at length; `tests/shape/test_kept.py` holds code, list and page
together.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kept:
    """A place in the project, or in `.cellmill/` where it is `private`, and what lies there, a line each."""

    place: str
    holds: tuple[str, ...]
    private: bool = True


KEPT = (
    Kept(
        "journal",
        (
            "of each cell that ran: source, times, outputs, error with traceback, names that it used,",
            "    files with their digests, environment variables that it changed or named",
            "of each training: parameters, metrics, shape and digest of its data",
            "of each session: machine, user, packages, git commit",
        ),
    ),
    Kept(
        "blobs",
        (
            "trained models, and up to five rows of their input",
            "pictures and long outputs, executed notebooks",
            "the source of your own modules, uncommitted changes (git diff HEAD)",
            "states of random generators",
        ),
    ),
    Kept("pipelines", ("the values that one step of a pipeline hands to the next",)),
    Kept("kept", ("the values of a notebook that failed, if it ran with --keep-state",)),
    Kept("sweeps", ("parameters and results of sweeps",)),
    Kept("picks", ("notebooks as they were before values were made parameters",)),
    Kept("executed", ("executed notebooks, with their outputs",), private=False),
)

STORED = (
    "each run: parameters, metrics, model with up to five rows of its input, source of its cells, recipe,",
    "    pictures, executed notebook, names of files, environment, machine, user, uncommitted changes",
)
