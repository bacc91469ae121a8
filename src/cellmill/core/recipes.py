"""A recipe: the ordered executions needed to make a run again, and why each of them is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cellmill.core.event_parts import FileUse, Module
from cellmill.core.ids import ExecutionId, RunId
from cellmill.core.runs import DataSource, Execution, Part, Surroundings

Need = Literal["name", "file", "environment", "folder", "result", "unsure"]


@dataclass(frozen=True)
class Reason:
    """What an execution does that another needs. `by` is that execution's number; None: the run itself."""

    need: Need
    name: str
    by: int | None = None

    @property
    def words(self) -> str:
        """As people read it: ``writes `df`, read by execution 14``."""
        does = {
            "name": f"writes `{self.name}`",
            "file": f"writes the file {self.name}",
            "environment": f"sets the environment variable {self.name}",
            "folder": "changes the working directory",
            "result": f"shows `{self.name}`",
            "unsure": f"may have an effect: {self.name}",
        }[self.need]
        return does if self.by is None else f"{does}, read by execution {self.by}"


def in_words(reasons: Iterable[Reason]) -> list[str]:
    """Return reasons as people read them, names that one execution reads together."""
    together: dict[tuple[Need, int | None], list[Reason]] = {}
    for reason in reasons:
        together.setdefault((reason.need, reason.by), []).append(reason)
    found = []
    for (need, by), group in together.items():
        if need != "name" or len(group) == 1:
            found += [reason.words for reason in group]
            continue
        names = ", ".join(f"`{reason.name}`" for reason in group)
        found.append(f"writes {names}" + (f", read by execution {by}" if by is not None else ""))
    return found


@dataclass(frozen=True)
class Ingredient:
    """One execution of a recipe."""

    execution: Execution
    part: Part
    reasons: tuple[Reason, ...]
    random: Mapping[str, str] = field(default_factory=dict)
    """State of each shared random generator before it: SHA-256 of the pickle among the blobs."""
    is_sure: bool = True
    """Whether something that the run needs is known to come from it; else it was kept for safety."""
    modules: tuple[Module, ...] = ()
    """The user's own modules as they were when it ran; one that was imported later as it was then."""


@dataclass(frozen=True)
class Recipe:
    """What it takes to make a run again. `obstacles` are sentences on what cannot be made again at all."""

    run: RunId
    notebook: str | None
    ingredients: tuple[Ingredient, ...]
    of: int
    """How many executions the session had run until the last of these."""
    inputs: tuple[FileUse, ...]
    """Files read that none of the executions had written before."""
    outputs: tuple[str, ...]
    """Files that the executions write, as absolute paths."""
    modules: tuple[Module, ...]
    sources: tuple[DataSource, ...]
    surroundings: Surroundings | None
    cwd: str
    parameters: tuple[str, ...] = ()
    """Variables of the notebook whose literal values went into the training."""
    obstacles: tuple[str, ...] = ()
    inherited: Mapping[str, str | None] = field(default_factory=dict)
    """Environment variables that sources name, as the session's kernel was started with them; None: without it."""

    @property
    def executions(self) -> tuple[ExecutionId, ...]:
        """Their ids in the order they ran."""
        return tuple(one.execution.execution for one in self.ingredients)


@dataclass(frozen=True)
class Section:
    """One code cell of a recipe as a notebook. `ingredient` is None for what was gathered from several."""

    kind: Literal["imports", "parameters", "execution"]
    source: str
    ingredient: Ingredient | None = None
    moved: frozenset[str] = frozenset()
    """Names whose import or value stands in an earlier cell now."""
    tags: tuple[str, ...] = ()
    """Of the cell of a recipe that was edited."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the cell is there, without what was moved out of it."""
        found = self.ingredient.reasons if self.ingredient is not None else ()
        return tuple(reason for reason in found if not (reason.need == "name" and reason.name in self.moved))
