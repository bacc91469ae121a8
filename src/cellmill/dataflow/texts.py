"""Which words in the texts of a cell may be names of the user's? Pure: source in, words out.

A line for the shell, a query of DuckDB and a formula read names that the source does not show as such. Whether a
word is a name, the namespace tells.
"""

import ast
import re
from collections.abc import Iterator

# What IPython puts values in place of: `{folder / "x"}`, `$name`.
_EXPANDED = re.compile(r"\{([^{}]+)\}|\$([^\W\d]\w*)")
_EXPANDING = ("system", "getoutput", "run_line_magic", "run_cell_magic")
_QUERYING = ("sql", "query", "execute", "from_query", "query_df")
_SELECTING = re.compile(r"\b(?:from|join)\b", re.IGNORECASE)
_FROM = re.compile(r"\b(?:from|join)\s+([^\W\d]\w*)|,\s*([^\W\d]\w*)", re.IGNORECASE)
_CALLED = re.compile(r"([^\W\d]\w*)\s*\(")


def may_name(python: str) -> bool:
    """Return whether it is worth while to look: most cells have no such text."""
    return "get_ipython()" in python or "~" in python or any(f".{method}(" in python for method in _QUERYING)


def named_in_texts(python: str) -> frozenset[str]:
    """Return the words that a cell's texts may read, without those that the cell has surely bound before.

    `python` is the cell as IPython has turned it into Python. Raises SyntaxError where Python would.
    """
    found: set[str] = set()
    bound: set[str] = set()
    for statement in ast.parse(python).body:
        calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
        found |= {word for call in calls for word in _words(call)} - bound
        if isinstance(statement, ast.Assign):
            bound |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return frozenset(found)


def _words(call: ast.Call) -> Iterator[str]:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    texts = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=method) if method in _EXPANDING:
            # The text of a cell magic is left as it stands, its line is not.
            for text in texts[:2] if method == "run_cell_magic" else texts:
                yield from _expanded(text)
            return
        case ast.Attribute(attr=method) if method in _QUERYING:
            for text in texts:
                if _SELECTING.search(text):
                    yield from (word for pair in _FROM.findall(text) for word in pair if word)
    for text in texts:
        if "~" in text:
            yield from _CALLED.findall(text)


def _expanded(text: str) -> Iterator[str]:
    for expression, name in _EXPANDED.findall(text):
        try:
            tree = ast.parse(expression or name, mode="eval")
        except (SyntaxError, ValueError):
            continue  # as in `awk '{print $1}'`
        yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
