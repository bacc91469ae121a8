"""Conditions of steps: small expressions, read as Python reads them and answered without running any.

Known are parameters of the pipeline, `step.name` for plain values that earlier steps have, and literals.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 1_000
_LARGEST = 10**15

_COMPARED: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
    ast.Is: lambda one, other: one is other,
    ast.IsNot: lambda one, other: one is not other,
}
_COMPUTED: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_SIGNED: dict[type[ast.AST], Callable[[Any], Any]] = {ast.Not: operator.not_, ast.USub: operator.neg}
_CALLED: dict[str, Callable[..., Any]] = {"len": len, "min": min, "max": max, "abs": abs, "round": round}


class NoAnswer(Exception):
    """A condition that cannot be answered; its text says why."""


def asked_of(condition: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Return the parameters, and the pairs of step and name, that a condition asks for. Raises `NoAnswer`."""
    names: set[str] = set()
    values: set[tuple[str, str]] = set()
    called = set()
    for node in ast.walk(_parsed(condition)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            values.add((node.value.id, node.attr))
            called.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLED:
            called.add(id(node.func))
    for node in ast.walk(_parsed(condition)):
        if isinstance(node, ast.Name):
            names.add(node.id)
    owners = {step for step, _ in values}
    return frozenset(names - owners - _CALLED.keys()), frozenset(values)


def holds(condition: str, parameters: Mapping[str, Any], values: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a condition holds. `values` are those of earlier steps. Raises `NoAnswer`."""
    try:
        return bool(_value(_parsed(condition), parameters, values))
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None
    except RecursionError:
        raise NoAnswer("it is too deep") from None


def _parsed(condition: str) -> ast.expr:
    if len(condition) > LONGEST:
        raise NoAnswer(f"it is longer than {LONGEST} characters")
    try:
        return ast.parse(condition.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise NoAnswer(f"it is no expression ({reason})") from None


def _value(node: ast.expr, names: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]]) -> Any:
    def of(inner: ast.expr) -> Any:
        return _value(inner, names, steps)

    match node:
        case ast.Constant(value=value) if value is not ...:
            return value
        case ast.Name(id=name):
            if name not in names:
                raise NoAnswer(f"there is no parameter {name!r}")
            return names[name]
        case ast.Attribute(value=ast.Name(id=step), attr=name):
            if step not in steps:
                raise NoAnswer(f"{step} is no step before it")
            if name not in steps[step]:
                raise NoAnswer(f"{step} has no plain value {name!r} (a number, a text, or a list or dict of these)")
            return steps[step][name]
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(of(part) for part in parts)
        case ast.BoolOp(values=parts):
            return any(of(part) for part in parts)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _SIGNED:
            return _SIGNED[type(op)](of(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _COMPUTED:
            return _computed(_COMPUTED[type(op)], of(left), of(right))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [of(left), *map(of, others)]
            pairs = zip(ops, values, values[1:], strict=False)
            return all(_COMPARED[type(op)](one, other) for op, one, other in pairs)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return [of(part) for part in parts]
        case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
            return of(value)[of(index)]
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return of(body) if of(test) else of(otherwise)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CALLED:
            return _CALLED[name](*map(of, args))
    raise NoAnswer(f"`{ast.unparse(node)}` is more than a comparison")


def _computed(operation: Callable[[Any, Any], Any], one: Any, other: Any) -> Any:
    """Of numbers, and of texts and lists the sum alone: `'x' * 10**9` would take the memory."""
    numbers = all(isinstance(each, (int, float)) and abs(each) <= _LARGEST for each in (one, other))
    joined = operation is operator.add and type(one) is type(other) and isinstance(one, (str, list))
    if not (numbers or joined):
        raise NoAnswer("it computes with something else than numbers")
    return operation(one, other)
