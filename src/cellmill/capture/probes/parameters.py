"""What probes read of a call: an argument, a parameter as text, a number, a class as people import it.

Nothing of the user's own is asked to describe itself: of a class that is not known, only the name is taken.
"""

import inspect
import itertools
from collections.abc import Container, Mapping
from types import FunctionType
from typing import Any

# As long as MLflow's own limit of a parameter.
MAX_VALUE_LENGTH = 6000


def argument(args: tuple[Any, ...], kwargs: Mapping[str, Any], position: int, name: str) -> Any:
    """Return what a call gave for a parameter, None when it gave nothing."""
    return args[position] if position < len(args) else kwargs.get(name)


def public_name(kind: type) -> str:
    """`sklearn.linear_model._ridge.Ridge` -> `sklearn.linear_model.Ridge`, as people import it."""
    public = itertools.takewhile(lambda part: not part.startswith("_"), kind.__module__.split("."))
    module = ".".join(public)
    return f"{module}.{kind.__qualname__}" if module else kind.__qualname__


def parameters(estimator: Any) -> dict[str, str]:
    """Every parameter as text, those that differ from their defaults first: they are what the user chose."""
    defaults = {
        name: render(parameter.default) for name, parameter in inspect.signature(type(estimator)).parameters.items()
    }
    values = {name: render(value) for name, value in sorted(estimator.get_params(deep=True).items())}
    return dict(sorted(values.items(), key=lambda pair: defaults.get(pair[0], pair[1]) == pair[1]))


def render(value: Any) -> str:
    """Return a parameter's value as text. Of a user's own class only the name: its `repr` may do anything."""
    kind: type = type(value)
    if value is None or kind in (bool, int, float, str, complex):
        text = str(value)
    elif kind in (list, tuple, set, frozenset, dict):
        text = _render_container(value)
    elif kind.__module__.partition(".")[0] in ("sklearn", "numpy", "builtins"):
        text = str(value)
    elif kind is type or kind is FunctionType:
        text = f"{value.__module__}.{value.__qualname__}"
    else:
        text = f"{kind.__name__}(…)"
    return text if len(text) <= MAX_VALUE_LENGTH else text[: MAX_VALUE_LENGTH - 1] + "…"


def _render_container(value: Any) -> str:
    if type(value) is dict:
        return "{" + ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in value.items()) + "}"
    items = [_quoted(item) for item in value]
    # A set's own order is another in each process, and it may be cut off.
    inner = ", ".join(items if type(value) in (list, tuple) else sorted(items))
    if type(value) is list:
        return f"[{inner}]"
    if type(value) is tuple:
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return f"{{{inner}}}" if inner else "set()"


def _quoted(value: Any) -> str:
    kind: type = type(value)
    return repr(value) if kind is str or kind.__module__ == "numpy" else render(value)


def number(result: Any) -> float | None:
    """Return a scalar result as a float; None for arrays, reports and the like."""
    if type(result) in (int, float):
        return float(result)
    if type(result).__module__ == "numpy" and getattr(result, "ndim", None) == 0:
        return float(result)
    return None


def variant(kwargs: Mapping[str, Any]) -> str:
    """The settings of a metric, which tell `f1_score(average="macro")` from `f1_score(average="micro")`."""
    settings = {name: value for name, value in kwargs.items() if name not in ("y_true", "y_pred", "y_score", "y_prob")}
    return repr(sorted((name, render(value)) for name, value in settings.items()))


def call_parameters(
    function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], leave_out: Container[str] = ()
) -> dict[str, str]:
    """Return what a function was called with, defaults included, as text.

    The names are those of its signature without `self`, which `args` is to be without too.
    """
    known = [p for p in inspect.signature(function).parameters.values() if p.name != "self"]
    fixed = [p for p in known if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    given = {
        **{p.name: p.default for p in fixed if p.default is not p.empty},
        **{p.name: value for p, value in zip(fixed, args, strict=False)},
        **kwargs,
    }
    return {name: render(value) for name, value in given.items() if name not in leave_out}
