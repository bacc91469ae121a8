"""Which files a cell names: in quotes, as a value of a variable, to a shell, or put together of such parts.

A path that is put together is computed here once more, of constants and of values of exact types that Python
itself has made: nothing of the user's is called.
"""

import ast
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import cast

# Endings of files that hold data, or are written by cells as results.
DATA = """
.csv .tsv .txt .json .jsonl .ndjson .parquet .feather .arrow .orc .avro .npy .npz .pkl .pickle .joblib .h5 .hdf5
.nc .xlsx .xls .ods .xml .dta .sav .sas7bdat .arff .mat .db .sqlite .sqlite3 .duckdb .gz .bz2 .xz .zst .zip
.png .jpg .jpeg .tif .tiff .wav .pt .pth .safetensors .onnx .ubj .cbm .keras .toml .yaml .yml .ini
""".split()  # noqa: SIM905 - a list of sixty quoted words reads worse
PATHLIB = ("pathlib", "pathlib._local")
LONGEST_SOURCE = 20_000
_SUFFIXES = (*DATA, ".py")
_LONGEST = 400
_MOST_ARGUMENTS = 10
_QUOTED = re.compile(r"""["']([^"'\n]{3,400})["']""")
_PUTS_TOGETHER = re.compile(r"""\b[fF][rR]?["']|\b[rR][fF]["']|\bjoin\(|\bPath\(|/|\+""")
_ENDING = re.compile(rf"(?:{'|'.join(re.escape(ending) for ending in DATA)})(?!\w)")
_OF_IPYTHON = re.compile(r"^([ \t]*)(?:[%!?]|\w+ *= *[%!]).*$", re.MULTILINE)
_TO_A_SHELL = re.compile(r"^[ \t]*(?:[\w, ]+= *)?!(.*)$", re.MULTILINE)
# As IPython runs them.
_RUN_IN_A_SHELL = re.compile(
    r"get_ipython\(\)\.(?:system|getoutput|run_cell_magic\('(?:bash|sh|!|sx|system|script)',)\W(.*)"
)
_SHELL_CELL = re.compile(r"\s*%%(?:bash|sh|!|sx|system|script)\b")
_WORD = re.compile(r"[\w./~@%:,-]{3,400}")
_SQLITE = "sqlite:///"
_FORMAT = re.compile(r"[<>=^]?0?\d{0,2}(?:\.\d{1,2})?[a-z]?")
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

Part = str | int | float | pathlib.PurePath


def named_in(source: str, values: Sequence[object], names: Mapping[str, object]) -> list[str]:
    """Return the absolute paths of files that a source, or the value of a variable that it reads, names."""
    found = [value for value in values if type(value) is str and len(value) < _LONGEST]
    if "'" in source or '"' in source:
        found += _QUOTED.findall(source)
    if "!" in source or "%%" in source or "get_ipython()" in source:
        found += _of_a_shell(source)
    paths = [value for value in values if type(value).__module__ in PATHLIB]
    # To parse a cell takes longer than all else here: only where it holds the end of a file's name.
    may_be = _PUTS_TOGETHER.search(source) and (_ENDING.search(source) or any(_file_of(text) for text in found))
    put_together = _put_together(source, names) if may_be else []
    found += [one for one in put_together if type(one) is str]
    files = [name for text in found if (name := _file_of(text)) is not None]
    files += [str(one) for one in (*paths, *put_together) if type(one).__module__ in PATHLIB]
    return [os.path.abspath(name) for name in dict.fromkeys(files)]  # noqa: PTH100


def _file_of(text: str) -> str | None:
    name = text.removeprefix(_SQLITE).partition("?")[0] if text.startswith(_SQLITE) else text
    return name if name.lower().endswith(_SUFFIXES) and "://" not in name else None


def _of_a_shell(source: str) -> list[str]:
    lines = [source] if _SHELL_CELL.match(source) else _TO_A_SHELL.findall(source)
    lines += [line.replace("\\n", " ") for line in _RUN_IN_A_SHELL.findall(source)]
    return [word for line in lines for word in _WORD.findall(line)]


def _put_together(source: str, names: Mapping[str, object]) -> list[Part]:
    if len(source) > LONGEST_SOURCE:
        return []
    try:
        tree = ast.parse(_OF_IPYTHON.sub(r"\1pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[Part] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call):
            value = _value(node, names)
            if value is not None and len(str(value)) < _LONGEST:
                found.append(value)
                continue
        waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, _OWN_SCOPE)]
    return found


def _value(node: ast.expr, names: Mapping[str, object]) -> Part | None:
    """Return what an expression comes to; None for one that is no path, or is put together by code of the user's."""
    if isinstance(node, ast.Constant):
        return _plain(node.value)
    if isinstance(node, ast.Name):
        return _plain(names.get(node.id))
    if isinstance(node, ast.JoinedStr):
        return _formatted(node, names)
    if isinstance(node, ast.BinOp):
        return _joined(node.op, _value(node.left, names), _value(node.right, names))
    return _called(node, names) if isinstance(node, ast.Call) and not node.keywords else None


def _joined(operator: ast.operator, left: Part | None, right: Part | None) -> Part | None:
    if isinstance(left, str) and isinstance(right, str):
        return left + right if isinstance(operator, ast.Add) else None
    if not isinstance(operator, ast.Div):
        return None
    if isinstance(left, pathlib.PurePath) and isinstance(right, str | pathlib.PurePath):
        return left / right
    return left / right if isinstance(left, str) and isinstance(right, pathlib.PurePath) else None


def _called(node: ast.Call, names: Mapping[str, object]) -> Part | None:
    """Return what `Path`, `str` or `os.path.join` make, where these are Python's own."""
    if len(node.args) > _MOST_ARGUMENTS or not isinstance(node.func, ast.Name | ast.Attribute):
        return None
    written = ast.unparse(node.func)
    named = names.get(written)
    is_join = named is os.path.join or (written == "os.path.join" and names.get("os") is os)
    is_path = named is pathlib.Path or (written == "pathlib.Path" and names.get("pathlib") is pathlib)
    is_text = written == "str" and "str" not in names and len(node.args) == 1
    if not (is_join or is_path or is_text):
        return None
    parts = [_value(argument, names) for argument in node.args]
    paths = [part for part in parts if isinstance(part, str | pathlib.PurePath)]
    if not paths or len(paths) < len(parts):
        return None
    if is_path:
        return pathlib.Path(*paths)
    return os.path.join(*paths) if is_join else str(paths[0])  # noqa: PTH118


def _formatted(node: ast.JoinedStr, names: Mapping[str, object]) -> str | None:
    text = ""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value, spec = _value(part.value, names), part.format_spec
            form = _formatted(spec, names) if isinstance(spec, ast.JoinedStr) else ""
            if value is None or form is None or part.conversion not in (-1, ord("s")) or not _FORMAT.fullmatch(form):
                return None
            try:
                text += format(value, form)
            except (ValueError, TypeError):
                return None
        else:
            text += str(_value(part, names))
        if len(text) > _LONGEST:
            return None
    return text


def _plain(value: object) -> Part | None:
    if type(value) is str and len(value) < _LONGEST:
        return value
    if type(value) is float or (type(value) is int and abs(value) < 10**18):
        return value
    # Of the type itself, for the user's own classes may say anything when asked what they are.
    return cast(pathlib.PurePath, value) if type(value).__module__ in PATHLIB else None
