"""What stands in the place of a method says of it what the method says."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import pytest

from cellmill.capture.probes.wrapping import wrap_method


def around(_instance: Any, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return method(*args, **kwargs)


class Watched:
    """As the estimators of a cell are watched: when their class is made."""

    def __init_subclass__(cls) -> None:
        for name in ("fit", "predict"):
            wrap_method(cls, name, around)


def test_an_abstract_method_stays_abstract() -> None:
    class Base(Watched, ABC):
        @abstractmethod
        def fit(self) -> str: ...

        def predict(self) -> str:
            return "predicted"

    class Half(Base):
        pass

    class Whole(Half):
        def fit(self) -> str:
            return "fitted"

    for kind in (Base, Half):
        with pytest.raises(TypeError, match="abstract"):
            kind()  # type: ignore[abstract]
    assert (Whole().fit(), Whole().predict()) == ("fitted", "predicted")
    assert Base.__abstractmethods__ == {"fit"}
