"""Which names does a function, class, lambda or comprehension take from outside? Pure: syntax trees in, names out."""

import ast
import re
from collections.abc import Iterable

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, *COMPREHENSIONS)


def free_names(scope: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that a scope takes from outside, and those it declares `global`, the scopes in it included.

    A name bound in an inner scope does not hide the same name in the outer one, nor one bound in a
    class body that in its methods.
    """
    outside, inside = _parts(scope)
    made_with, _, _ = _names_in(outside)
    loads, stores, declared = _names_in(inside)
    if isinstance(scope, ast.ClassDef):
        stores = set()
    return frozenset(made_with | (loads - stores)), frozenset(declared)


def _parts(scope: ast.AST) -> tuple[list[ast.AST | None], list[ast.AST | None]]:
    """Return what is evaluated where a scope is made, such as defaults, and what is evaluated in it."""
    match scope:
        case ast.Lambda():
            return [*scope.args.defaults, *scope.args.kw_defaults], [*_arguments(scope.args), scope.body]
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            arguments = _arguments(scope.args)
            annotations = [*(argument.annotation for argument in arguments), scope.returns]
            defaults = [*scope.args.defaults, *scope.args.kw_defaults]
            return [*scope.decorator_list, *defaults, *annotations], [*arguments, *scope.body]
        case ast.ClassDef():
            return [*scope.decorator_list, *scope.bases, *(k.value for k in scope.keywords)], [*scope.body]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            first, *rest = scope.generators
            made = [scope.key, scope.value] if isinstance(scope, ast.DictComp) else [scope.elt]
            return [first.iter], [first.target, *first.ifs, *rest, *made]
        case _:
            raise AssertionError(f"{type(scope).__name__} is no scope")


def _arguments(given: ast.arguments) -> list[ast.arg]:
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return [*named, *filter(None, (given.vararg, given.kwarg))]


def _names_in(nodes: Iterable[ast.AST | None]) -> tuple[set[str], set[str], set[str]]:
    """Return what is read, what is bound and what is declared `global`, all in one scope."""
    loads: set[str] = set()
    stores: set[str] = set()
    declared: set[str] = set()
    queue = [node for node in nodes if node is not None]
    while queue:
        node = queue.pop()
        stores.update(bound_by_pattern(node))
        match node:
            case ast.Name(ctx=ast.Load()):
                loads.add(node.id)
            case ast.Name():
                stores.add(node.id)
            case ast.arg():
                stores.add(node.arg)
                continue  # its annotation is evaluated outside
            case ast.Global():
                declared.update(node.names)
            case ast.Import() | ast.ImportFrom():
                stores.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
            case ast.ExceptHandler() if node.name:
                stores.add(node.name)
            case ast.Call():
                loads |= named_in_query(node)
        if isinstance(node, _SCOPES):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                stores.add(node.name)
            free, globals_written = free_names(node)
            loads |= free
            declared |= globals_written
            continue
        queue += ast.iter_child_nodes(node)
    return loads, stores - declared, declared


def bound_by_pattern(node: ast.AST) -> list[str]:
    """Return the name that a part of a `match` pattern binds, if it does."""
    bound: str | None = None
    if isinstance(node, (ast.MatchAs, ast.MatchStar)):
        bound = node.name
    elif isinstance(node, ast.MatchMapping):
        bound = node.rest
    return [bound] if bound else []


def named_in_query(call: ast.Call) -> set[str]:
    """Return the names in a query: pandas looks up `@limit` in `frame.query("delay > @limit")` where it is called."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("query", "eval"):
        return set()
    texts = [part.value for argument in call.args for part in ast.walk(argument) if isinstance(part, ast.Constant)]
    return {name for text in texts if isinstance(text, str) for name in re.findall(r"@([^\W\d]\w*)", text)}
