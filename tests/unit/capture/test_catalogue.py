"""Probes are remembered from kernel to kernel, as long as nothing has changed that they were found by."""

import json
import stat
from pathlib import Path

import pytest

from cellmill.capture.probes.catalogue import Catalogue, Known


class ShopProbe:
    modules = ("shop", "shop.till")


def install(folder: Path, name: str, entries: str) -> None:
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(entries)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "packages"
    install(folder, "other", "[console_scripts]\nother = other:main\n")
    install(folder, "shop_probe", "[cellmill.probes]\nshop = shop_probe:ShopProbe\n")
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "probes.json"


def found(path: Path, packages: Path) -> Catalogue:
    """Look for probes, and write what was found."""
    catalogue = Catalogue(path, [str(packages), str(packages / "missing")])
    entries = catalogue.find()
    assert [entry.value for entry in entries] == ["shop_probe:ShopProbe"]
    catalogue.write((entry, ShopProbe()) for entry in entries)
    return catalogue


def known(path: Path, packages: Path) -> list[Known] | None:
    return Catalogue(path, [str(packages), str(packages / "missing")]).try_known()


def test_what_was_found_is_known_the_next_time(path: Path, packages: Path) -> None:
    assert known(path, packages) is None
    found(path, packages)
    probes = known(path, packages)
    assert probes is not None
    assert [(probe.entry.name, probe.modules) for probe in probes] == [("shop", ShopProbe.modules)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_package_makes_it_unknown(path: Path, packages: Path) -> None:
    found(path, packages)
    (packages / "notebook.ipynb").touch()
    assert known(path, packages) is not None
    install(packages, "more", "[cellmill.probes]\nmore = more:Probe\n")
    assert known(path, packages) is None


def test_another_path_makes_it_unknown(path: Path, packages: Path) -> None:
    found(path, packages)
    assert Catalogue(path, [str(packages)]).try_known() is None


def test_a_probe_whose_file_was_changed_is_unknown(path: Path, packages: Path) -> None:
    found(path, packages)
    written = json.loads(path.read_text())
    written["probes"]["shop_probe:ShopProbe"][1] -= 1
    path.write_text(json.dumps(written))
    assert known(path, packages) is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"folders": null}', "null"])
def test_a_file_that_says_nothing_is_passed_over(path: Path, packages: Path, content: str) -> None:
    path.write_text(content)
    assert known(path, packages) is None


def test_what_is_loaded_is_said_by_the_package_and_not_by_the_file(path: Path, packages: Path) -> None:
    found(path, packages)
    written = json.loads(path.read_text())
    written["probes"] = {"os:system": [__file__, Path(__file__).stat().st_mtime_ns, ["shop"]]}
    path.write_text(json.dumps(written))
    assert known(path, packages) is None
