"""A notebook that is to become a pipeline: where borders may stand, what crosses them, and what came of it."""

from typing import Annotated, Literal

from pydantic import Field

from cellmill.wire.base import WireModel


class WireCell(WireModel):
    """A code cell. `heading` is the one before it, `id` its own in the notebook."""

    number: int
    id: str | None
    first_line: str
    heading: str | None
    trains: bool
    seconds: float


class WireCrossing(WireModel):
    """A name that would cross, and its size."""

    name: str
    bytes: int


class WireBorder(WireModel):
    """The place before a code cell. `reason` says why no border can stand there."""

    number: int
    reason: str | None
    names: list[WireCrossing]
    bytes: int


class WireProposedStep(WireModel):
    """A step as proposed, with its first code cell."""

    name: str
    first: int


class WireSplitPlan(WireModel):
    """What was found out by running the notebook. `borders` are those of the code cells from the second on."""

    cells: list[WireCell]
    borders: list[WireBorder]
    steps: list[WireProposedStep]
    notes: list[str]


class WireSplit(WireModel):
    """The last split of a notebook: `look` finds out where it can be split, `make` tries it and writes it.

    `words` say what is being done, `done` of `of` cells of it. `reasons` say why it was not split, `folder` is the
    pipeline that was written, and `compared` how many values were the same. `is_cancelled` says that it
    was told to end.
    """

    kind: Literal["look", "make"]
    stage: Literal["running", "ended", "failed", "cancelled"]
    is_cancelled: bool
    name: str
    started_ms: int
    ended_ms: int | None
    words: str | None
    done: int
    of: int
    message: str | None
    reasons: list[str]
    plan: WireSplitPlan | None
    folder: str | None
    compared: int | None
    notes: list[str]


class SplitAnswered(WireModel):
    """How the split of a notebook stands. `suggested` is a name that no pipeline has yet."""

    notebook: str
    suggested: str
    problem: str | None
    split: WireSplit | None


class SplitAsked(WireModel):
    """A wish to split: without `at` to look where, with `at` to try borders before these cells and write it."""

    notebook: str
    name: Annotated[str, Field(max_length=200)]
    at: list[int] | None = None
    network: bool = False
