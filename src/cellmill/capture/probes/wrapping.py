"""Wrapping a class's method so that nobody but us can tell: not pickle, not inspect, not a traceback."""

import copy
import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

Around = Callable[[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Called as `around(instance, bound_method, args, kwargs)`; answers what the method answers."""


class WrappedMethod:
    """A descriptor in the place of a method.

    Pickled by value (as cloudpickle does with a class from a cell), it becomes the original again:
    a saved model must load where Cellmill is not installed.
    """

    def __init__(self, original: Any, around: Around) -> None:
        self.original = original
        self._around = around
        self._function: Any = None
        if isinstance(original, FunctionType):

            @functools.wraps(original)
            def method(instance: Any, /, *args: Any, **kwargs: Any) -> Any:
                return around(instance, functools.partial(original, instance), args, kwargs)

            self._function = method

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if self._function is not None:
            return self._function.__get__(instance, owner)
        inner = self.original.__get__(instance, owner)  # such as sklearn's available_if: may say no by raising
        if instance is None:
            return inner

        @functools.wraps(inner)
        def bound(*args: Any, **kwargs: Any) -> Any:
            return self._around(instance, inner, args, kwargs)

        return bound

    def __reduce__(self) -> Any:
        return copy.copy, (self.original,)  # copying a function gives that function


def wrap_method(owner: type, name: str, around: Around) -> bool:
    """Wrap a method where the class itself defines it. Returns whether there was one to wrap."""
    original = vars(owner).get(name)
    if original is None or isinstance(original, (WrappedMethod, staticmethod, classmethod, property)):
        return False
    if not hasattr(type(original), "__get__"):
        return False
    setattr(owner, name, WrappedMethod(original, around))
    return True


def unwrap_method(owner: type, name: str) -> None:
    """Put the original back."""
    wrapped = vars(owner).get(name)
    if isinstance(wrapped, WrappedMethod):
        setattr(owner, name, wrapped.original)
