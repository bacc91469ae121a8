"""Wrapping a class's method so that nobody but us can tell: not pickle, not inspect, not a traceback."""

import copy
import functools
import operator
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any, TypeVar

from cellmill.capture.frames import PASSED_OVER, pass_unseen

F = TypeVar("F", bound=FunctionType | Callable[..., Any])

Around = Callable[[Any, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Called as `around(instance, bound_method, args, kwargs)`; answers what the method answers."""


def unseen_by_warnings(function: F) -> F:
    """Mark a function that stands between the user's call and what was called.

    `warnings.warn(…, stacklevel=2)` in a `fit` means whoever called it. Pointing at us it would show
    our line in the user's cell, and a DeprecationWarning, shown for `__main__` alone, not at all.
    """
    function.__code__ = function.__code__.replace(co_filename=PASSED_OVER)
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

    @property
    def __isabstractmethod__(self) -> bool:
        """`ABCMeta` asks what a class holds, and lets one be instantiated that holds nothing abstract."""
        return bool(getattr(self.original, "__isabstractmethod__", False))

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


def rewire_function(function: FunctionType, around: Callable[..., Any]) -> Callable[[], None]:
    """Make a function call `around`, with what it did before, args and kwargs. Returns what puts it back.

    For one that is imported by name already, here and there: who holds it holds the very object.
    """
    before = function.__code__, function.__defaults__, function.__kwdefaults__, dict(vars(function))
    original = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    original.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(original, function)
    original.__dict__.pop("__wrapped__", None)
    original.__dict__.update(before[3])
    hook = functools.partial(around, original), pass_unseen
    function.__kwdefaults__ = {**(function.__kwdefaults__ or {}), _HOOK: hook}
    function.__code__ = _calling_hook(function.__code__)
    function.__defaults__ = None
    function.__dict__["__wrapped__"] = original  # for who asks for its signature or its source

    def undo() -> None:
        function.__code__, function.__defaults__, function.__kwdefaults__, attributes = before
        function.__dict__.clear()
        function.__dict__.update(attributes)

    return undo


_HOOK = "_cellmill_around"


def _calling_hook(code: CodeType) -> CodeType:
    """Return code that hands its arguments to the hook, for a function with as many free variables as another."""
    free = [f"free_{index}" for index in range(len(code.co_freevars))]
    made: dict[str, Any] = {}
    source = (
        f"def outer({', '.join(free)}):\n"
        f"    def inner(*args, {_HOOK}, **kwargs):\n"
        f"        try:\n"
        f"            return {_HOOK}[0](args, kwargs)\n"
        f"        except BaseException as error:\n"
        f"            {_HOOK}[1](error)\n"
        f"            raise\n"
        f"        return {', '.join(free) or None}\n"
        f"    return inner.__code__\n"
    )
    exec(source, made)
    found: CodeType = made["outer"](*free)
    return found.replace(
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_filename=PASSED_OVER,
        co_firstlineno=code.co_firstlineno,
    )
