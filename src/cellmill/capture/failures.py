"""Errors of the user's code, and of ours, as text."""

from cellmill.capture.frames import is_ours
from cellmill.core.event_parts import Failure, Outcome


def describe_failure(error: BaseException, *, with_traceback: bool = False) -> Failure:
    """Return a user's exception as text. Its own `__str__` may fail: then only the type is kept.

    The traceback is one line of place and one of source for each frame, ours left out; a very long one is cut.
    """
    try:
        message = str(error)
    except Exception as second:  # noqa: BLE001 - whatever a user's __str__ raises
        message = f"(its message cannot be shown: {type(second).__name__})"
    return Failure(type(error).__name__, message[:2_000], _traceback(error) if with_traceback else "")


def _traceback(error: BaseException) -> str:
    import traceback

    frames = [frame for frame in traceback.walk_tb(error.__traceback__) if not is_ours(frame[0])]
    if frames and frames[0][0].f_globals.get("__name__") == "IPython.core.interactiveshell":
        del frames[0]  # it runs every cell
    # Of a recursion the beginning and the end say enough.
    summary = traceback.StackSummary.extract(iter(frames[:20] + frames[max(20, len(frames) - 30) :]))
    return "".join(summary.format())[:20_000]


def outcome_of(error: BaseException | None) -> Outcome:
    """Return how an execution ended that raised this."""
    if error is None:
        return "ok"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
