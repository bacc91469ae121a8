"""Plain values written out in source: `max_depth = 4`. Pure: text in, names and values out."""

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cellmill.dataflow.magics import python_in


@dataclass(frozen=True)
class Literal:
    """A name bound to a value that stands in the source. `annotation` is its type as written, if it is."""

    name: str
    value: Any
    annotation: str | None
    line: int


@lru_cache(maxsize=4096)  # plans, forms and runs read the same cells
def literal_assignments(source: str) -> tuple[Literal, ...]:
    """Return the top-level assignments of literals, in order; empty for source that does not parse.

    A name assigned twice appears twice. Lists, tuples, sets and dicts of literals count as literals.
    Lines that are magics are passed over.
    """
    tree = python_in(source)
    found: list[Literal] = []
    for node in tree.body if tree is not None else []:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target, value, annotation = node.targets[0], node.value, None
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value, annotation = node.target, node.value, ast.unparse(node.annotation)
        else:
            continue
        if not isinstance(target, ast.Name):
            continue
        try:
            found.append(Literal(target.id, ast.literal_eval(value), annotation, node.lineno))
        except (ValueError, TypeError, MemoryError, RecursionError):
            continue  # an expression, not a literal
    return tuple(found)
