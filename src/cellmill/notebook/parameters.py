"""What a notebook lets itself be given: the literals of its cell tagged `parameters`."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from cellmill.core.errors import UnknownParameter, WrongParameterType
from cellmill.dataflow.literals import literal_assignments

TAG = "parameters"
INJECTED_TAG = "injected-parameters"  # papermill's

# A default of the left type takes values of the right ones too.
_WIDER: dict[type, tuple[type, ...]] = {float: (int,)}
_NAMES = {
    int: "an integer",
    float: "a number",
    str: "text",
    bool: "True or False",
    list: "a list",
    dict: "a dict",
}


@dataclass(frozen=True)
class DeclaredParameter:
    """A name that the notebook gives a default. `annotation` is its type as written there."""

    name: str
    default: Any
    annotation: str | None


def declared_parameters(notebook: NotebookNode) -> tuple[DeclaredParameter, ...]:
    """Return the parameters in the order they stand; empty when no cell is tagged `parameters`."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and TAG in cell.metadata.get("tags", []):
            found = {literal.name: literal for literal in literal_assignments(cell.source)}
            return tuple(DeclaredParameter(x.name, x.value, x.annotation) for x in found.values())
    return ()


def check_parameters(
    given: Mapping[str, Any], declared: tuple[DeclaredParameter, ...], *, notebook: str
) -> dict[str, Any]:
    """Return the values as the notebook will see them: an integer given for a float becomes one.

    Raises `UnknownParameter`, `WrongParameterType`. A default of None takes anything.
    """
    by_name = {parameter.name: parameter for parameter in declared}
    checked: dict[str, Any] = {}
    for name, value in given.items():
        if name not in by_name:
            raise UnknownParameter(name, notebook=notebook, declared=tuple(by_name))
        checked[name] = _fit(value, by_name[name], notebook)
    return checked


def read_texts(texts: Mapping[str, str], declared: tuple[DeclaredParameter, ...]) -> dict[str, Any]:
    """Return values typed as text as Python values: text stays text where the default is text.

    Elsewhere a Python literal is one, `true`, `false` and `null` are what they look like, and anything
    else is text, for `check_parameters` to refuse.
    """
    defaults = {parameter.name: parameter.default for parameter in declared}
    return {name: text if type(defaults.get(name)) is str else _literal(text) for name, text in texts.items()}


def _literal(text: str) -> Any:
    words = {"true": True, "false": False, "null": None, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _fit(value: Any, parameter: DeclaredParameter, notebook: str) -> Any:
    wanted = type(parameter.default)
    optional = parameter.annotation is not None and "None" in parameter.annotation
    if parameter.default is None or type(value) is wanted or (value is None and optional):
        return value
    if type(value) in _WIDER.get(wanted, ()):
        return wanted(value)
    expected = _NAMES.get(wanted, f"a {wanted.__name__}")
    raise WrongParameterType(parameter.name, value, notebook=notebook, expected=expected)
