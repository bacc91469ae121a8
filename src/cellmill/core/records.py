"""Plain immutable records, made quickly: every kernel of the user's makes some thirty of these classes at its start.

A frozen dataclass compiles six methods for each class, which took half of the time that Cellmill adds to a
kernel's start. Here only `__init__` is compiled. That nobody changes a record is checked by mypy.
"""

from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a class a dataclass that is compared by its fields. `fields`, `replace` and `vars` work as always."""
    made = dataclass(repr=False, eq=False)(cls)
    for name, method in (("__eq__", _equal), ("__hash__", _hash), ("__repr__", _shown)):
        setattr(made, name, method)
    return made


def _equal(self: Any, other: object) -> Any:
    return vars(self) == vars(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash((type(self), *vars(self).values()))


def _shown(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
