"""What a notebook lets itself be given: the literals of its cell tagged `parameters`, with types and bounds."""

import ast
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from cellmill.core.errors import ParameterOutOfBounds, UnknownParameter, WrongParameterType
from cellmill.core.parameters import Parameter
from cellmill.dataflow.declarations import declarations

TAG = "parameters"
INJECTED_TAG = "injected-parameters"  # papermill's
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_NAMES = {
    "integer": ("an integer", "integers"),
    "number": ("a number", "numbers"),
    "string": ("text", "texts"),
    "boolean": ("True or False", "True or False"),
    "array": ("a list", "lists"),
    "object": ("a dict", "dicts"),
    "null": ("None", "None"),
}
_FORMATS = {
    "path": ("a path", "paths"),
    "date": ("a date such as 2024-01-31", "dates such as 2024-01-31"),
    "date-time": ("a time such as 2024-01-31T08:00", "times such as 2024-01-31T08:00"),
}


def declared_parameters(notebook: Mapping[str, Any]) -> tuple[Parameter, ...]:
    """Return the parameters in the order they stand; empty when no cell is tagged `parameters`."""
    before: list[str] = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        if TAG in cell["metadata"].get("tags", []):
            return declarations(cell["source"], before=before)
        before.append(cell["source"])
    return ()


def declaring_cell(notebook: Mapping[str, Any]) -> int | None:
    """Return the number, among the code cells and from 1, of the one tagged `parameters`; None where there is none."""
    codes = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return next((i for i, cell in enumerate(codes, start=1) if TAG in cell["metadata"].get("tags", [])), None)


def json_schema(parameters: Iterable[Parameter], *, title: str) -> dict[str, Any]:
    """Return the JSON Schema of an object with these parameters, each of which may be left out."""
    return {
        "$schema": _DIALECT,
        "title": title,
        "type": "object",
        "properties": {one.name: dict(one.schema) for one in parameters},
        "additionalProperties": False,
    }


def check_parameters(
    given: Mapping[str, Any], declared: tuple[Parameter, ...], *, notebook: str, cell: int | None = None
) -> dict[str, Any]:
    """Return the values as the notebook will see them: an integer given for a float becomes one.

    Raises `UnknownParameter`, `WrongParameterType`, `ParameterOutOfBounds`. A default of None without an
    annotation takes anything. `cell` is the number of the cell that declares them.
    """
    by_name = {parameter.name: parameter for parameter in declared}
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name not in by_name:
            raise UnknownParameter(name, notebook=notebook, declared=tuple(by_name), cell=cell)
        checked[name] = _fit(value, by_name[name], notebook, cell)
    return checked


def read_texts(texts: Mapping[str, str], declared: tuple[Parameter, ...]) -> dict[str, Any]:
    """Return values typed as text as Python values: text stays text where the parameter takes text alone.

    Elsewhere a Python or JSON literal is one, `true`, `false` and `null` are what they look like, and anything
    else is text, for `check_parameters` to refuse.
    """
    by_name = {parameter.name: parameter for parameter in declared}
    return {name: _read(text, by_name.get(name)) for name, text in texts.items()}


def takes(schema: Mapping[str, Any]) -> str:
    """Return what a schema takes, in words: `an integer or None`, `a list of numbers`."""
    return _words(schema, 0) or "any value"


def _read(text: str, parameter: Parameter | None) -> Any:
    if parameter is None:
        return _literal(text)
    if parameter.schema.get("type") == "string":
        return text
    literal = _literal(text)
    if parameter.schema and _problem(literal, parameter.schema) is not None and not _problem(text, parameter.schema):
        return text  # of several types it takes, text is the one that fits
    return literal


def _literal(text: str) -> Any:
    words = {"true": True, "false": False, "null": None, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for read in (ast.literal_eval, json.loads):
        try:
            value = read(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        # json reads `NaN`, which is text unless a number is asked for.
        return text if isinstance(value, float) and not math.isfinite(value) else value
    return text


def _fit(value: Any, parameter: Parameter, notebook: str, cell: int | None) -> Any:
    schema = parameter.schema
    if not schema or set(schema) <= {"default", "description"}:
        return value
    problem = _problem(value, schema)
    kind = type(parameter.default)
    if isinstance(value, (list, tuple, set)) and kind in (list, tuple, set) and type(value) is not kind:
        problem = "type"
    if problem == "bounds":
        raise ParameterOutOfBounds(
            parameter.name, value, notebook=notebook, cell=cell, allowed=_allowed(parameter), expected=takes(schema)
        )
    if problem is not None:
        expected = f"a {kind.__name__}" if kind in (tuple, set) else takes(schema)
        raise WrongParameterType(parameter.name, value, notebook=notebook, expected=expected, cell=cell)
    return float(value) if parameter.kind == "float" and type(value) is int else value


def _allowed(parameter: Parameter) -> str:
    if parameter.bounds:
        return parameter.bounds.words
    limits = {key: value for key, value in parameter.schema.items() if key in _OTHER_LIMITS}
    return ", ".join(f"{_OTHER_LIMITS[key]} {value}" for key, value in limits.items()) or "what its annotation says"


_ORDERED = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_OTHER_LIMITS = {
    "multipleOf": "a multiple of",
    "pattern": "text like",
    "minLength": "of a length of at least",
    "maxLength": "of a length of at most",
    "minItems": "with a length of at least",
    "maxItems": "with a length of at most",
}


def _problem(value: Any, schema: Mapping[str, Any]) -> str | None:
    """Return `type` or `bounds` for a value that does not fit, None for one that does."""
    if isinstance(value, float) and math.isnan(value) and not schema.keys().isdisjoint(_ORDERED):
        return "bounds"  # it is neither less nor greater, so a comparison alone would let it pass
    text = json.dumps(schema, sort_keys=True, default=repr)
    errors = list(_validator(text).iter_errors(value))
    if not errors:
        return None
    # Where the type is wrong, bounds mean nothing.
    return "type" if any(error.validator in ("type", "anyOf", "format") for error in errors) else "bounds"


@lru_cache(maxsize=256)
def _validator(text: str) -> Any:
    """Return a validator that tells 1 from 1.0 and from True, as Python's users do."""
    import jsonschema

    def is_integer(_: Any, value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_: Any, value: Any) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool)

    base = jsonschema.Draft202012Validator
    types = base.TYPE_CHECKER.redefine_many(
        {
            "integer": is_integer,
            "number": is_number,
            "array": lambda _, value: isinstance(value, (list, tuple, set, frozenset)),
        }
    )
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date", raises=ValueError)(lambda value: not isinstance(value, str) or _is_date(value))
    formats.checks("date-time", raises=ValueError)(
        lambda value: not isinstance(value, str) or datetime.fromisoformat(value) is not None
    )
    formats.checks("path")(lambda value: not isinstance(value, str) or "\0" not in value)
    made = jsonschema.validators.extend(base, type_checker=types)
    return made(json.loads(text), format_checker=formats)


def _is_date(text: str) -> bool:
    return len(text) == len("2024-01-31") and date.fromisoformat(text) is not None


def _words(schema: Mapping[str, Any], place: int) -> str:
    """`place` is 0 for one, 1 for many."""
    if "anyOf" in schema:
        return " or ".join(_words(each, place) for each in schema["anyOf"])
    kinds = schema.get("type", [])
    words = []
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        named = _FORMATS.get(schema.get("format", "")) if kind == "string" else None
        word = (named or _NAMES[kind])[place]
        inner = schema.get("items") if kind == "array" else schema.get("additionalProperties")
        if kind in ("array", "object") and isinstance(inner, dict) and (of := _words(inner, 1)):
            word += f" of {of}"
        words.append(word)
    return " or ".join(words)
