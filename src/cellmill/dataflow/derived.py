"""Is a call given what certain methods answered, or something made from it? Pure: syntax in, yes or no out."""

import ast
from collections.abc import Iterator


def derives_from(call: ast.Call, tree: ast.AST, methods: tuple[str, ...]) -> bool:
    """Return whether an argument of a call was made from the answer of a method of one of these names.

    `tree` is the source around the call. Names are followed through assignments, whatever their order
    and scope: `probability = model.predict_proba(X)`, then `probability > 0.4`.
    """
    derived: set[str] = set()
    bindings = [(set(_names(target)), value) for node in ast.walk(tree) for target, value in _bindings(node)]
    grows = True
    while grows:
        found = {name for names, value in bindings if _mentions(value, derived, methods) for name in names}
        grows = not found <= derived
        derived |= found
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(_mentions(argument, derived, methods) for argument in given)


def _bindings(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    match node:
        case ast.Assign():
            yield from ((target, node.value) for target in node.targets)
        case ast.AnnAssign() | ast.AugAssign() | ast.NamedExpr() if node.value is not None:
            yield node.target, node.value
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield node.target, node.iter
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield ast.Name(node.name), inner.value


def _names(target: ast.AST) -> Iterator[str]:
    """The names that a target binds or changes: of `frame["p"]` it is `frame`."""
    while isinstance(target, (ast.Attribute, ast.Subscript, ast.Starred)):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _names(element)


def _mentions(value: ast.AST, derived: set[str], methods: tuple[str, ...]) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in derived)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods)
        for node in ast.walk(value)
    )
