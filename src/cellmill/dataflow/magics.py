"""IPython's own syntax, as far as names are concerned. Pure: source and syntax trees in and out."""

import ast
import re

# They run the code that is given to them in the user's namespace.
_RUNNING = ("time", "timeit", "capture", "prun")
_LINE = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)


def without_magics(source: str) -> str:
    """Return the source with every line that begins with `%` or `!` left empty: what remains is Python, as a rule."""
    return _LINE.sub("", source)


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
    try:
        return ast.parse(without_magics(_without_options(str(texts[-1])))).body
    except (SyntaxError, ValueError):
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
