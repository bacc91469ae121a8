"""What can go wrong with making values parameters: a branch of the tree of `core.errors`."""

from cellmill.core.errors import NotebookError, nearest


class NotProposed(NotebookError):
    """A pick of what no proposal is called."""

    kind = "not_proposed"

    def __init__(self, name: str, *, notebook: str, proposed: tuple[str, ...]) -> None:
        self.name, self.notebook, self.proposed = name, notebook, proposed
        near = nearest(name, proposed)
        advice = f"Did you mean {near!r}?" if near else f"List what can be picked with: cellmill params {notebook}"
        super().__init__(f"No value of {notebook} is proposed as {name!r}. {advice}")


class PickRefused(NotebookError):
    """A pick that cannot be made a parameter."""

    kind = "pick_refused"

    def __init__(self, notebook: str, *, reason: str) -> None:
        self.notebook, self.reason = notebook, reason
        super().__init__(f"Nothing was changed in {notebook}: {reason}.")


class PickDiffers(NotebookError):
    """With the pick the notebook comes to other results."""

    kind = "pick_differs"

    def __init__(self, notebook: str, *, what: str, before: str, after: str) -> None:
        self.notebook, self.what, self.before, self.after = notebook, what, before, after
        super().__init__(
            f"Nothing was changed in {notebook}: with these parameters {what} comes to {after} instead of {before}. "
            "Pick others."
        )


class NothingToUndo(NotebookError):
    """No pick is left to take back, or the notebook is another by now."""

    kind = "nothing_to_undo"

    def __init__(self, notebook: str, *, reason: str) -> None:
        self.notebook, self.reason = notebook, reason
        super().__init__(f"{notebook} was left as it is: {reason}.")
