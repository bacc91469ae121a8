"""The form of a notebook's parameters, what is typed into it, and how the run that it begins stands."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field

from cellmill.core.parameters import Parameter, Proposal
from cellmill.core.sweeps import Sweep
from cellmill.wire.base import WireModel

FieldKind = Literal["integer", "number", "boolean", "choice", "text", "path", "date", "list", "other"]
MOST_PROPOSALS = 20


class WireField(WireModel):
    """One field. `default` and `choices` are texts as `cellmill run -p NAME=TEXT` takes them."""

    name: str
    field: FieldKind
    default: str
    choices: list[str]
    minimum: float | None
    maximum: float | None
    takes: str
    help: str | None
    is_secret: bool


class WireProposal(WireModel):
    """A value that could become a parameter. `cell` is the id of the first cell that it stands in."""

    name: str
    default: str
    written: str
    cell: str
    number: int
    reaches: list[Literal["training", "file", "result"]]


class WireProblem(WireModel):
    """Why a parameter cannot have the value typed."""

    name: str
    message: str


class WireActivity(WireModel):
    """A run with parameters, or the check of a pick: under way, or the last one.

    `done` of `of` cells have ended, the last of them `number`. `output` is the executed notebook. `is_cancelled` says
    that it was told to end, which may take it a while.
    """

    kind: Literal["run", "pick"]
    stage: Literal["running", "ended", "failed", "cancelled"]
    is_cancelled: bool
    started_ms: int
    ended_ms: int | None
    done: int
    of: int
    number: int | None
    message: str | None
    output: str | None
    notes: list[str]


class WireSweep(WireModel):
    """A sweep of the notebook. `best` is the best trial's metric, as text."""

    sweep: str
    started_ms: int
    metric: str
    axes: list[str]
    trials: int
    size: int
    best: str | None


class ParameterForm(WireModel):
    """All that the form shows. `problem` says why the notebook cannot be read; `cell` declares the parameters."""

    notebook: str
    problem: str | None
    cell: int | None
    parameters: list[WireField]
    proposals: list[WireProposal]
    more_proposals: int
    undoable: list[str]
    activity: WireActivity | None
    sweeps: list[WireSweep]


class ParametersAnswered(WireModel):
    """What came of a question about values: problems, or how what was begun stands."""

    problems: list[WireProblem]
    activity: WireActivity | None


class ParametersAsked(WireModel):
    """Values as typed; parameters that are left out keep their defaults. `run` begins, else they are only checked."""

    notebook: str
    texts: dict[str, Annotated[str, Field(max_length=100_000)]]
    run: bool


class PickAsked(WireModel):
    """A wish to make proposals parameters."""

    notebook: str
    names: list[str]


def wire_field(one: Parameter, *, takes: str, is_secret: bool) -> WireField:
    """Return a parameter as a field. `takes` says in words what it takes."""
    schema, field = one.schema, _field(one)
    return WireField(
        name=one.name,
        field=field,
        default=as_text(one.default),
        choices=[as_text(choice) for choice in schema.get("enum", ())],
        minimum=schema.get("minimum"),
        maximum=schema.get("maximum"),
        takes=", ".join(words for words in (takes, one.bounds.words) if words),
        help=one.help,
        is_secret=is_secret,
    )


def wire_proposal(one: Proposal) -> WireProposal:
    """Return a proposal as the form lists it."""
    return WireProposal(
        name=one.name,
        default=as_text(one.default),
        written=one.written,
        cell=one.cell,
        number=one.number,
        reaches=list(one.reaches),
    )


def wire_sweep(one: Sweep) -> WireSweep:
    """Return a sweep as the form lists it."""
    best = one.best
    return WireSweep(
        sweep=one.sweep,
        started_ms=one.started_ms,
        metric=one.plan.metric,
        axes=[axis.name for axis in one.plan.axes],
        trials=len(one.trials),
        size=one.plan.size,
        best=f"{best.value:.6g}" if best is not None and best.value is not None else None,
    )


def as_text(value: Any) -> str:
    """Return a value as one would type it: what reads it back gives the same."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError):
            pass
    return repr(value)


_FIELDS: dict[str, FieldKind] = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "list",
}


def _field(one: Parameter) -> FieldKind:
    schema = one.schema
    if "enum" in schema:
        return "choice"
    kind = schema.get("type")
    if kind == "string":
        return {"path": "path", "date": "date"}.get(schema.get("format", ""), "text")  # type: ignore[return-value]
    return _FIELDS.get(kind, "other") if isinstance(kind, str) else "other"
