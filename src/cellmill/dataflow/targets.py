"""What targets and values of assignments are made of: roots, columns, rows. Pure: syntax in, names out."""

import ast
from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]
# Of an index such as `tr`, `va + 1`, `:, 0`: what says the same as long as its names hold the same.
_INDEX = (
    ast.Name, ast.Constant, ast.Slice, ast.Tuple, ast.List, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Subscript,
    ast.expr_context, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip
_BY_LABEL = ("loc", "at")
_BY_PLACE = ("iloc", "iat", "values")
# What they answer is the same memory, seen otherwise.
_SEEN_OTHERWISE = (*_BY_LABEL, *_BY_PLACE, "flat", "T", "data")
# Functions of numpy that write into their first argument.
_FILLING = ("copyto", "put", "putmask", "place", "put_along_axis")
# With the methods of arrays that do so with what they are given; those of torch end in `_`.
WRITING = (*_FILLING, "fill", "itemset", "update")


def called(call: ast.Call) -> str | None:
    """Return the name of the function or method that is called, None where it has none."""
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return None


def root_of(node: ast.expr) -> str | None:
    """Return the name of the object that a target is in: of `f.loc[va, "p"]` it is `f`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def column_of(node: ast.Subscript) -> Path | None:
    """Return the path of `f["p"]`, and of `f.loc[rows, "p"]`; None for all else."""
    match node:
        case ast.Subscript(value=ast.Name(name), slice=ast.Constant(key)):
            return (name, repr(key))
        case ast.Subscript(
            value=ast.Attribute(value=ast.Name(name), attr=attribute), slice=ast.Tuple(elts=[_, ast.Constant(key)])
        ) if attribute in _BY_LABEL:
            return (name, repr(key))
    return None


def rows_named(target: ast.Subscript) -> frozenset[str] | None:
    """Return the names that say which part of what `oof[va]` is; None where something else may say it too."""
    if isinstance(target.slice, ast.Constant):
        return None  # a key has a path
    owner: ast.expr = target.value
    while isinstance(owner, (ast.Attribute, ast.Subscript)):
        if isinstance(owner, ast.Attribute) and owner.attr not in (*_BY_LABEL, *_BY_PLACE):
            return None
        if isinstance(owner, ast.Subscript) and not isinstance(owner.slice, ast.Constant):
            return None
        owner = owner.value
    within = [*ast.walk(target.slice)]
    if not isinstance(owner, ast.Name) or not all(isinstance(each, _INDEX) for each in within):
        return None
    return frozenset([owner.id, *(each.id for each in within if isinstance(each, ast.Name))])


def keyed(value: ast.expr) -> dict[Any, ast.expr] | None:
    """Return the values by key of `{"p": p}` and of a call with it alone, as `pd.DataFrame({"p": p})`."""
    if isinstance(value, ast.Call) and len(value.args) == 1 and isinstance(value.args[0], ast.Dict):
        value = value.args[0]
    if isinstance(value, ast.Dict) and all(isinstance(key, ast.Constant) for key in value.keys):
        return {key.value: each for key, each in zip(value.keys, value.values, strict=True)}  # type: ignore[union-attr]
    return None


def viewed(node: ast.expr) -> ast.expr:
    """Return what an expression is a view of: of `p[:, 1]` and `p.iloc` it is `p`, and of `of["p"]` that itself."""
    while True:
        match node:
            case ast.Attribute(value=inner, attr=attribute) if attribute in _SEEN_OTHERWISE:
                node = inner
            case ast.Subscript(value=inner, slice=ast.Slice()):
                node = inner
            case ast.Subscript(value=inner, slice=ast.Tuple(elts)) if any(isinstance(e, ast.Slice) for e in elts):
                node = inner
            case _:
                return node


def writes_in_place(name: str) -> bool:
    """Return whether a function or method of this name writes into an array what it is given."""
    return name in WRITING or (name.endswith("_") and not name.startswith("_"))


def written_by(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the objects into which a statement writes in place, each with what it writes there.

    `p += q`, `p[mask] = q`, `p.put(0, q)`, `np.add(p, q, out=p)`. Whether they are such that it changes them, as
    arrays are, the source does not tell.
    """
    match node:
        case ast.AugAssign(target=target, value=value):
            yield viewed(target), value
            if isinstance(target, ast.Subscript):
                yield viewed(target.value), value
        case ast.Assign(targets=targets, value=value):
            listed = [each for target in targets for each in getattr(target, "elts", [target])]
            yield from ((viewed(each.value), value) for each in listed if isinstance(each, ast.Subscript))
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name() as receiver, attr=method)) as call) if (
            writes_in_place(method)
        ):
            yield from ((receiver, each) for each in (*call.args, *(keyword.value for keyword in call.keywords)))
    if not isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)):
        return
    for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
        into = [keyword.value for keyword in call.keywords if keyword.arg == "out"]
        into += call.args[:1] if called(call) in _FILLING else []
        for filled in into:
            yield from ((viewed(filled), each) for each in call.args if each is not filled)
