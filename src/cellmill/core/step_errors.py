"""What can go wrong where values cross between steps of a pipeline: a branch of `core.pipeline_errors`."""

from cellmill.core.pipeline_errors import PipelineError
from cellmill.core.words import size


class CrossingError(PipelineError):
    """Values that did not cross."""


class ValuesMissing(CrossingError):
    """What a step takes has not been handed over yet."""

    kind = "values_missing"

    def __init__(self, step: str, *, before: str, folder: str) -> None:
        self.step, self.before, self.folder = step, before, folder
        super().__init__(
            f"Step {step!r} needs what step {before!r} hands over, and nothing lies in {folder}. Run {before!r} first."
        )


class ValuesUnreadable(CrossingError):
    """What was handed over cannot be read here."""

    kind = "values_unreadable"

    def __init__(self, step: str, *, before: str, reason: str) -> None:
        self.step, self.before, self.reason = step, before, reason
        super().__init__(
            f"Step {step!r} cannot read what step {before!r} handed over: {reason}. "
            f"Run {before!r} again, in the environment of this one."
        )


class CannotCross(CrossingError):
    """A value that only lives in the kernel that made it."""

    kind = "cannot_cross"

    def __init__(self, name: str, *, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"{name!r} cannot be handed to another step: {reason}. Keep it in one step with what uses it.")


class TooLargeToCross(CrossingError):
    """More than is sensibly handed over."""

    kind = "too_large_to_cross"

    def __init__(self, name: str, *, size_bytes: int, most_bytes: int) -> None:
        self.name, self.size_bytes, self.most_bytes = name, size_bytes, most_bytes
        super().__init__(
            f"What is to be handed over comes to {size(size_bytes)}, most of it in {name!r}, and {size(most_bytes)} "
            f"is the most. Write {name!r} to a file in this step and read that in the next, "
            "or allow more: end_step(..., most_bytes=...)."
        )


class NotGiven(CrossingError):
    """A name that is to be handed over and does not exist."""

    kind = "not_given"

    def __init__(self, step: str, *, name: str) -> None:
        self.step, self.name = step, name
        super().__init__(
            f"Step {step!r} is to hand over {name!r}, and there is no such name at its end. "
            "Bind it in this step, or take it out of the list."
        )


class StepNotBegun(CrossingError):
    """A step that ends without having begun."""

    kind = "step_not_begun"

    def __init__(self, call: str) -> None:
        super().__init__(f"{call}() was called before begin_step(). Run the cells of this notebook from the first on.")


class BadPlace(CrossingError):
    """Values are to lie where nothing can be written or read."""

    kind = "bad_place"

    def __init__(self, place: str, *, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(
            f"Values cannot cross through {place}: {reason}. "
            "Install fsspec and what that kind of URL needs, or see to it that the place answers."
        )


class ChecksFailed(CrossingError):
    """Data is not as it is expected to be."""

    kind = "checks_failed"

    def __init__(self, failed: tuple[str, ...]) -> None:
        self.failed = failed
        more = f", and {len(failed) - 5} more" if len(failed) > 5 else ""
        super().__init__(
            f"The data is not as expected: {'; '.join(failed[:5])}{more}. "
            "Mend the data, or change the checks in this notebook."
        )


class NothingToCheck(CrossingError):
    """No step has handed over a data frame."""

    kind = "nothing_to_check"

    def __init__(self, pipeline: str, *, step: str | None = None) -> None:
        self.pipeline, self.step = pipeline, step
        who = f"step {step!r} of pipeline {pipeline}" if step else f"pipeline {pipeline}"
        super().__init__(
            f"No data frame that {who} handed over is there to propose checks for. "
            f"Run it first: cellmill pipeline run {pipeline}"
        )


class SplitRefused(CrossingError):
    """No split of a notebook was found that comes to the same."""

    kind = "split_refused"

    def __init__(self, notebook: str, *, reasons: tuple[str, ...]) -> None:
        self.notebook, self.reasons = notebook, reasons
        super().__init__(f"{notebook} was not split, and nothing was written. {' '.join(reasons)}")


class BadStepName(CrossingError):
    """Neither a folder nor a step could be called so."""

    kind = "bad_step_name"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} cannot name a pipeline. Use letters, digits, _ and -, as in: flight-delays")


class BadBorder(CrossingError):
    """A border that is to stand where none can be meant."""

    kind = "bad_border"

    def __init__(self, given: str, *, reason: str) -> None:
        self.given, self.reason = given, reason
        super().__init__(f"No border can stand at {given!r}: {reason}. See: cellmill split --help")
