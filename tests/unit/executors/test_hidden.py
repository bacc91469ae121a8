"""What was imported ahead answers as the file system does where somebody only asks where it is."""

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellmill.executors.warm.hidden import Ahead, Hidden


@pytest.fixture
def ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ahead]:
    (tmp_path / "shop_ahead").mkdir()
    (tmp_path / "shop_ahead" / "__init__.py").write_text("from shop_ahead import inner\n")
    (tmp_path / "shop_ahead" / "inner.py").write_text("rate = 2\n")
    (tmp_path / "shop_alone.py").write_text("rate = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ["shop_ahead", "shop_ahead.inner", "shop_alone"]
    before = list(sys.meta_path)
    yield Ahead({name: importlib.import_module(name) for name in names})
    sys.meta_path[:] = before
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["shop_ahead", "shop_alone"])
def test_who_only_asks_for_a_module_hears_the_same_as_if_it_were_not_there(ahead: Ahead, name: str) -> None:
    said = []
    for is_hidden in (False, True):
        if is_hidden:
            Hidden(ahead).hide()
        spec = importlib.util.find_spec(name)
        assert spec is not None
        loader = spec.loader
        assert loader is not None
        code = loader.get_code(name)  # type: ignore[attr-defined]
        said.append(
            (
                spec.origin,
                spec.has_location,
                spec.cached,
                list(spec.submodule_search_locations or ()),
                code.co_filename,
                loader.get_source(name),  # type: ignore[attr-defined]
                loader.get_filename(name),  # type: ignore[attr-defined]
                loader.is_package(name),  # type: ignore[attr-defined]
                loader.get_data(spec.origin),  # type: ignore[attr-defined]
            )
        )
    assert said[0] == said[1]
    module = importlib.import_module(name)
    assert module is ahead.modules[name]
    assert module.__spec__ is not None
    assert not isinstance(module.__spec__.loader, Hidden)
