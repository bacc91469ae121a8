"""IPython's own syntax, as far as names are concerned. Pure: source and syntax trees in and out."""

import ast
import re
from contextlib import suppress
from functools import lru_cache

# They run the code that is given to them in the user's namespace.
_RUNNING = ("time", "timeit", "capture", "prun")
# Those that leave there what it binds.
_BINDING = ("time", "capture", "prun")
# So many lines further down, for each line of the magic's own, its code has its place: nobody else's.
_LINES = 1_000_000
# With the lines that it goes on over.
_LINE = re.compile(r"^([ \t]*)[%!](?:[^\n\\]|\\\r?\n|\\)*$", re.MULTILINE)


def without_magics(source: str) -> str:
    """Return the source with every line that begins with `%` or `!` left empty: what remains is Python, as a rule.

    It has as many lines as before; in a block a `pass` stands in the place of what it held.
    """
    if _LINE.search(source) is None:
        return source
    try:
        ast.parse(source)  # a line of an expression may begin so too
    except (SyntaxError, ValueError, RecursionError):
        return _LINE.sub(
            lambda found: ("pass" if found[1] else "").join((found[1], "\n" * found[0].count("\n"))), source
        )
    return source


def magic_body(call: ast.Call) -> list[ast.stmt] | None:
    """Return the statements that a magic runs for the user, none for `%matplotlib`; None where there is no magic.

    IPython has turned it into Python before: `%time f(x)` into `get_ipython().run_line_magic('time', 'f(x)')`.
    """
    match call:
        case ast.Call(func=ast.Name(id="get_ipython")):
            return []
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=method), args=given):
            texts = [argument.value for argument in given if isinstance(argument, ast.Constant)]
        case _:
            return None
    if method not in ("run_line_magic", "run_cell_magic") or not texts or texts[0] not in _RUNNING:
        return []
    # IPython leaves out the empty lines above.
    code = re.sub(r"^(?:[ \t]*\n)+", "", str(texts[-1]))
    try:
        return ast.parse(without_magics(_without_options(code))).body
    except (SyntaxError, ValueError):
        return []


def lines_below(line: int) -> int:
    """Return how many lines further down than it counts itself the code stands that a magic of a line runs."""
    return _LINES * line


def runs_body(call: ast.Call) -> bool:
    """Return whether a call is that of a magic which runs code where its own names are, and whose lines can be told."""
    magic = call.args[0] if call.args else None
    return isinstance(magic, ast.Constant) and magic.value in ("time", "capture") and magic_body(call) is not None


def with_bodies(tree: ast.Module) -> bool:
    """Give a cell the code that its magics run: behind the statement, or as an argument of the call.

    In place. Returns whether there was any. The code of each magic has lines of its own (`lines_below`).
    """
    bodies = _Bodies()
    bodies.visit(tree)
    return bodies.found


@lru_cache(maxsize=64)
def opened(source: str) -> ast.Module | None:
    """Return the syntax of a cell with the code that its magics run, None where they run none.

    As IPython has turned the cell into Python. The nodes have their parents as `parent`.
    """
    if "get_ipython()" not in source:
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return None
    if not with_bodies(tree):
        return None
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    return tree


class _Bodies(ast.NodeTransformer):
    found = False

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
        if not isinstance(node.value, ast.Call) or not (body := _binding_body(node.value)):
            return self.generic_visit(node)
        self.found = True
        return [node, *body]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match _binding_body(node):
            case [ast.Expr(value)]:
                self.found = True
                node.args.append(value)
                return node
        return self.generic_visit(node)


def _binding_body(call: ast.Call) -> list[ast.stmt]:
    match call:
        case ast.Call(args=[ast.Constant(magic), *_]) if magic in _BINDING:
            body = ast.Module(magic_body(call) or [], [])
            ast.increment_lineno(body, lines_below(call.lineno))
            return [each for each in _Bodies().visit(body).body if isinstance(each, ast.stmt)]
    return []


def _without_options(code: str) -> str:
    """`-n 3 f(x)` -> `f(x)`: options stand before the code of a line magic."""
    return re.sub(r"^(\s*-\w+(\s+\d+)?)+\s+", "", code)


_PYTHON_CELLS = ("%%time", "%%timeit", "%%capture", "%%prun")
_NO_PYTHON = re.compile(r"^[ \t]*(?:[%!?].*|[\w., ()\[\]'\"]*=\s*[%!].*|[\w.]+\?{1,2}\s*)$", re.MULTILINE)


def python_of(source: str) -> ast.Module | None:
    """Return the syntax of a cell, its lines counted as in the source; None where it is no Python.

    Lines of IPython's own are passed over, `files = !ls` too. A cell for another language is no Python.
    """
    first = source.lstrip()
    if first.startswith("%%") and not first.startswith(_PYTHON_CELLS):
        return None
    for text in (source, without_magics(source), _NO_PYTHON.sub("", source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, MemoryError, RecursionError):  # ValueError: a null byte
            continue
    return None


def python_in(source: str) -> ast.Module | None:
    """Return what `python_of` does; of a cell with a magic that nobody knows (`%%memit`), what is Python below it."""
    found = python_of(source)
    if found is None:
        with suppress(SyntaxError, ValueError, MemoryError, RecursionError):
            return ast.parse(without_magics(source))
    return found
