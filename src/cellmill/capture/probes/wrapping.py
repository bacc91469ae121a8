"""Wrapping a class's method so that nobody but us can tell: not pickle, not inspect, not a traceback."""

import copy
import functools
import operator
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, TypeVar

from cellmill.capture.frames import pass_unseen

F = TypeVar("F", bound=FunctionType | Callable[..., Any])

Around = Callable[[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Called as `around(instance, bound_method, args, kwargs)`; answers what the method answers."""


# What `warnings` looks for in a frame's file name to pass over the import system (`_is_internal_filename`).
_PASSED_OVER = "<cellmill, passed over by warnings as importlib._bootstrap is>"


def unseen_by_warnings(function: F) -> F:
    """Mark a function that stands between the user's call and what was called.

    `warnings.warn(…, stacklevel=2)` in a `fit` means whoever called it. Pointing at us it would show
    our line in the user's cell, and a DeprecationWarning, shown for `__main__` alone, not at all.
    """
    function.__code__ = function.__code__.replace(co_filename=_PASSED_OVER)
    return function


class WrappedMethod:
    """A descriptor in the place of a method.

    Pickled by value (as cloudpickle does with a class from a cell), it becomes the original again:
    a saved model must load where Cellmill is not installed.
    """

    def __init__(self, original: Any, around: Around) -> None:
        self.original = original
        self._around = around
        self._function = _wrapped(original, around) if isinstance(original, FunctionType) else None
        # What a descriptor such as sklearn's `available_if` stands for, and the wrapper of that.
        self._behind: tuple[Any, Any] = (None, None)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if self._function is not None:
            return self._function.__get__(instance, owner)
        inner = self.original.__get__(instance, owner)  # may say that there is no such method, by raising
        if instance is None or not isinstance(inner, MethodType):
            return inner
        if self._behind[0] is not inner.__func__:
            self._behind = (inner.__func__, _wrapped(inner.__func__, self._around))
        return MethodType(self._behind[1], inner.__self__)

    def __eq__(self, other: object) -> bool:
        """MLflow's autologging patches a method only where class and instance give the same thing."""
        return other is self or (self._function is not None and other is self._function)

    def __hash__(self) -> int:
        return hash(self._function) if self._function is not None else object.__hash__(self)

    def __reduce__(self) -> Any:
        return copy.copy, (self.original,)  # copying a function gives that function


class _StaysHere:
    """A function that is not pickled: as when a bound method is sent to a worker, `instead` goes in its place."""

    def __init__(self, function: Callable[..., Any], *, instead: Callable[..., Any]) -> None:
        self._function = function
        self._instead = instead

    @unseen_by_warnings
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def __reduce__(self) -> Any:
        return copy.copy, (self._instead,)


def _wrapped(original: Callable[..., Any], around: Around) -> Callable[..., Any]:
    @unseen_by_warnings
    def call_around(function: Callable[..., Any], instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        return around(instance, functools.partial(function, instance), args, kwargs)

    call = _StaysHere(call_around, instead=operator.call)
    unseen = _StaysHere(pass_unseen, instead=bool)

    # Pickled by value, it must take nothing of Cellmill's with it: so it names no global.
    @functools.wraps(original)
    @unseen_by_warnings
    def method(instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return call(original, instance, *args, **kwargs)
        except BaseException as error:
            unseen(error)  # for users who print it
            raise

    return method


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


def wrapped_function(original: FunctionType, around: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function to stand in a module for another; `around` is called with that one, args and kwargs."""

    @functools.wraps(original)
    @unseen_by_warnings
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return around(original, args, kwargs)
        except BaseException as error:
            pass_unseen(error)
            raise

    return function
