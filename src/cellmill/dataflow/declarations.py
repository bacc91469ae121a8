"""What a cell of parameters declares: names, types, bounds and help, as JSON Schema. Pure: source in, values out."""

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from cellmill.core.parameters import Bounds, Kind, Parameter, kind_of
from cellmill.dataflow.lines import lines_of
from cellmill.dataflow.literals import literal_assignments
from cellmill.dataflow.magics import python_of
from cellmill.dataflow.remarks import Remark, comments_of, remark_of

Schema = dict[str, Any]

_TYPES: dict[str, tuple[Kind, Schema]] = {
    "int": ("int", {"type": "integer"}),
    "float": ("float", {"type": "number"}),
    "bool": ("bool", {"type": "boolean"}),
    "str": ("str", {"type": "string"}),
    "list": ("list", {"type": "array"}),
    "dict": ("dict", {"type": "object"}),
    "tuple": ("tuple", {"type": "array"}),
    "set": ("set", {"type": "array", "uniqueItems": True}),
    "path": ("path", {"type": "string", "format": "path", "minLength": 1}),
    "date": ("date", {"type": "string", "format": "date"}),
    "datetime": ("datetime", {"type": "string", "format": "date-time"}),
    "None": ("any", {"type": "null"}),
}
_ALIASES = {
    **dict.fromkeys(("List", "Sequence", "MutableSequence", "Iterable", "Collection"), "list"),
    **dict.fromkeys(("Dict", "Mapping", "MutableMapping"), "dict"),
    **dict.fromkeys(("Tuple",), "tuple"),
    **dict.fromkeys(("Set", "FrozenSet", "frozenset"), "set"),
    **dict.fromkeys(("Path", "PurePath", "PosixPath", "PathLike", "FilePath", "DirectoryPath"), "path"),
    **dict.fromkeys(("Timestamp",), "datetime"),
    **dict.fromkeys(("PositiveInt", "NonNegativeInt"), "int"),
    **dict.fromkeys(("PositiveFloat", "NonNegativeFloat"), "float"),
}
_IMPLIED: dict[str, Schema] = {
    **{name: {"exclusiveMinimum": 0} for name in ("PositiveInt", "PositiveFloat")},
    **{name: {"minimum": 0} for name in ("NonNegativeInt", "NonNegativeFloat")},
}
# As pydantic's `Field` and the classes of annotated_types name them.
_KEYWORDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "description": "description",
}


def declarations(source: str, *, before: Iterable[str] = ()) -> tuple[Parameter, ...]:
    """Return the parameters of a cell, each name once, in the order of their first lines.

    A parameter is a name bound to a literal; of one that is bound twice the last value counts. Classes of choices
    (`class Kind(Enum)`) may stand in the same cell or in those `before` it.
    """
    comments = comments_of(source)
    lines = lines_of(source)
    enums = _enums([*before, source])
    found: dict[str, Parameter] = {}
    ends = _ends(source)
    for literal in literal_assignments(source):
        last = ends.get(literal.line, literal.line)
        trailing = comments.get(last) or comments.get(literal.line)
        remark = remark_of(trailing) if trailing else _above(literal.line, lines)
        found[literal.name] = declare(
            literal.name, literal.value, literal.annotation, remark, enums=enums, line=literal.line
        )
    return tuple(found.values())


def declare(
    name: str,
    default: Any,
    annotation: str | None = None,
    remark: Remark | None = None,
    *,
    enums: Mapping[str, tuple[Any, ...]] | None = None,
    line: int = 1,
) -> Parameter:
    """Return a parameter with its schema: of its annotation where there is one that is known, else of its default."""
    remark = remark or Remark()
    written = annotation or remark.annotation
    schema = _of_text(written, enums or {}) if written else {}
    if not schema and remark.kind is not None:
        schema = dict(_TYPES[remark.kind][1])
    elif remark.kind in ("path", "date", "datetime") and schema.get("type") == "string":
        schema = {**dict(_TYPES[remark.kind][1]), **schema}
    if not schema and default is not None:
        schema = _of_value(default)
    if default is None and schema and not _takes_none(schema):
        schema = _or_none(schema)  # `limit: int = None` says by its default that it may be left out
    bounds = _with_bounds(schema, remark.bounds)
    if remark.help and "description" not in schema:
        schema["description"] = remark.help
    schema["default"] = sorted(default, key=repr) if isinstance(default, (set, frozenset)) else default
    return Parameter(name, default, annotation, _kind(schema, default), schema, bounds, schema.get("description"), line)


def _of_text(text: str, enums: Mapping[str, tuple[Any, ...]]) -> Schema:
    try:
        return _of(ast.parse(text.strip(), mode="eval").body, enums)
    except (SyntaxError, ValueError, RecursionError):
        return {}


def _of(node: ast.expr, enums: Mapping[str, tuple[Any, ...]]) -> Schema:
    """Return the schema of an annotation; an empty one, which takes anything, for what is not known."""
    match node:
        case ast.Constant(value=None):
            return {"type": "null"}
        case ast.Constant(value=str() as text):
            return _of_text(text, enums)
        case ast.Name(name) | ast.Attribute(attr=name):
            if name in enums:
                return _enum(enums[name])
            known = _TYPES.get(_ALIASES.get(name, name))
            return {**known[1], **_IMPLIED.get(name, {})} if known else {}
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _any_of([_of(left, enums), _of(right, enums)])
        case ast.Subscript(value=ast.Name(name) | ast.Attribute(attr=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _of_generic(name, parts, enums)
    return {}


def _of_generic(name: str, parts: list[ast.expr], enums: Mapping[str, tuple[Any, ...]]) -> Schema:
    if name == "Literal":
        return _enum(tuple(part.value for part in parts if isinstance(part, ast.Constant)))
    if name == "Optional":
        return _or_none(_of(parts[0], enums))
    if name == "Union":
        return _any_of([_of(part, enums) for part in parts])
    if name in ("Final", "ClassVar"):
        return _of(parts[0], enums)
    if name == "Annotated":
        schema = _of(parts[0], enums)
        for part in parts[1:]:
            _annotate(schema, part)
        return schema
    kind = _ALIASES.get(name, name)
    if kind in ("list", "set"):
        return {**_TYPES[kind][1], **_not_empty("items", _of(parts[0], enums))}
    if kind == "dict" and len(parts) == 2:
        return {**_TYPES[kind][1], **_not_empty("additionalProperties", _of(parts[1], enums))}
    if kind == "tuple":
        if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
            return {"type": "array", **_not_empty("items", _of(parts[0], enums))}
        items = [_of(part, enums) for part in parts]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    return dict(_TYPES[kind][1]) if kind in _TYPES else {}


def _annotate(schema: Schema, node: ast.expr) -> None:
    """Take up one piece of `Annotated`: `Field(ge=1)`, `Ge(1)`, `Interval(ge=1, le=9)`, a text."""
    match node:
        case ast.Constant(value=str() as text):
            remark = remark_of(text)
            _with_bounds(schema, remark.bounds)
            if remark.help:
                schema.setdefault("description", remark.help)
        case ast.Call(func=ast.Name(name) | ast.Attribute(attr=name), args=given, keywords=named):
            values = [_value(argument) for argument in given]
            if name.lower() in _KEYWORDS and values:
                schema[_KEYWORDS[name.lower()]] = values[0]
            elif name == "range" and len(values) >= 2:
                schema["minimum"], schema["maximum"] = values[0], values[1] - 1
            elif name in ("Len", "MinLen", "MaxLen"):
                ends = {"Len": ("min", "max"), "MinLen": ("min",), "MaxLen": ("max",)}[name]
                noun = "Items" if schema.get("type") == "array" else "Length"
                schema.update({end + noun: value for end, value in zip(ends, values, strict=False)})
            elif name in ("ValueRange", "Range", "Between") and len(values) == 2:
                schema["minimum"], schema["maximum"] = values
            elif name in ("doc", "Doc") and values:
                schema["description"] = values[0]
            for keyword in named:
                if keyword.arg in _KEYWORDS and (value := _value(keyword.value)) is not None:
                    schema[_KEYWORDS[keyword.arg]] = value


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _enum(values: tuple[Any, ...]) -> Schema:
    kinds = {_json_type(value) for value in values}
    return {"enum": list(values), **({"type": kinds.pop()} if len(kinds) == 1 else {})}


def _json_type(value: Any) -> str:
    return {bool: "boolean", int: "integer", float: "number", str: "string"}.get(type(value), "null")


def _any_of(schemas: list[Schema]) -> Schema:
    if not all(schemas):
        return {}
    others = [schema for schema in schemas if schema != {"type": "null"}]
    if len(others) == 1:
        return _or_none(others[0]) if len(schemas) > 1 else others[0]
    plain = all(set(schema) == {"type"} and isinstance(schema["type"], str) for schema in others)
    made: Schema = {"type": [schema["type"] for schema in others]} if plain else {"anyOf": others}
    return _or_none(made) if len(others) < len(schemas) else made


def _or_none(schema: Schema) -> Schema:
    if not schema or _takes_none(schema):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    found = dict(schema)
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    kinds = found.get("type")
    if kinds is not None:
        found["type"] = [*([kinds] if isinstance(kinds, str) else kinds), "null"]
    return found


def _takes_none(schema: Schema) -> bool:
    kinds = schema.get("type", [])
    return "null" in ([kinds] if isinstance(kinds, str) else kinds) or {"type": "null"} in schema.get("anyOf", [])


def _of_value(value: Any) -> Schema:
    known = _TYPES.get(kind_of(value))
    return dict(known[1]) if known else {}


def _with_bounds(schema: Schema, bounds: Bounds) -> Bounds:
    """Add bounds to a schema where that has none of its own, and return those that it has then."""
    if bounds.choices and "enum" not in schema:
        kinds = schema.get("type")
        as_text = kinds == "string" or (isinstance(kinds, list) and kinds == ["string", "null"])
        choices = [str(choice) if as_text else choice for choice in bounds.choices]
        schema["enum"] = [*choices, *([None] if isinstance(kinds, list) and "null" in kinds else [])]
    for name, word in _LIMITS.items():
        limit = getattr(bounds, name)
        if limit is not None:
            schema.setdefault(word, limit)
    limits = {name: schema.get(word) for name, word in _LIMITS.items()}
    return Bounds(**limits, choices=tuple(choice for choice in schema.get("enum", ()) if choice is not None))


_LIMITS = {"least": "minimum", "most": "maximum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}


def _kind(schema: Schema, default: Any) -> Kind:
    kinds = schema.get("type", [])
    names = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    if len(names) != 1:
        return kind_of(default) if not names and "anyOf" not in schema else "any"
    if names[0] == "string":
        return {"path": "path", "date": "date", "date-time": "datetime"}.get(schema.get("format", ""), "str")  # type: ignore[return-value]
    if names[0] == "array":
        return kind_of(default) if isinstance(default, (tuple, set)) else "list"
    return {"integer": "int", "number": "float", "boolean": "bool", "object": "dict"}.get(names[0], "any")  # type: ignore[return-value]


def _not_empty(name: str, schema: Schema) -> Schema:
    return {name: schema} if schema else {}


def _enums(sources: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """Return the values of the enumerations that cells define, by the name of the class."""
    found: dict[str, tuple[Any, ...]] = {}
    for source in sources:
        tree = python_of(source) if "Enum" in source else None
        for node in tree.body if tree else []:
            bases = [ast.unparse(base).rpartition(".")[2] for base in getattr(node, "bases", [])]
            if isinstance(node, ast.ClassDef) and any(base.endswith("Enum") for base in bases):
                values = (each.value for each in node.body if isinstance(each, ast.Assign))
                found[node.name] = tuple(value.value for value in values if isinstance(value, ast.Constant))
    return found


def _ends(source: str) -> dict[int, int]:
    tree = python_of(source)
    return {node.lineno: node.end_lineno or node.lineno for node in tree.body} if tree else {}


def _above(line: int, lines: list[str]) -> Remark:
    """What stands in comment lines directly above, where a line has no comment of its own."""
    said: list[str] = []
    for text in reversed(lines[: line - 1]):
        if not text.lstrip().startswith("#"):
            break
        said.insert(0, text.strip().lstrip("#").strip())
    return remark_of(" ".join(said)) if said else Remark()
