"""Which files a cell is heard to use."""

import bz2
import importlib
import io
import os
import pathlib
import runpy
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from cellmill.capture.surroundings import files
from cellmill.capture.surroundings.files import FileWatch
from cellmill.capture.surroundings.modules import ModuleWatch
from cellmill.capture.surroundings.named import named_in
from cellmill.core.event_parts import ADDED_TO, CHANGED_MEANWHILE


@pytest.fixture
def place(tmp_path: Path) -> SimpleNamespace:
    """What stands for `builtins`: the tests' own `open` is left alone."""
    return SimpleNamespace(open=open)


@pytest.fixture
def watch(tmp_path: Path, place: SimpleNamespace) -> Iterator[FileWatch]:
    made = FileWatch((), str(tmp_path))
    made.install([(place, "open"), (io, "open_code")])
    yield made
    made.remove()


def used(watch: FileWatch, cell: Callable[[], object], source: str = "") -> dict[str, str]:
    """Return name and mode of each file that a cell used."""
    watch.start()
    cell()
    return {os.path.basename(use.path): use.mode for use in watch.stop(source=source).files}  # noqa: PTH119


def test_code_that_is_run_and_checkpoints_are_files_as_others(
    watch: FileWatch, place: SimpleNamespace, tmp_path: Path
) -> None:
    for name in ("helper.py", "model.pth", "ran.py", "named.py", "fast.so"):
        (tmp_path / name).write_text("x = 1\n")
        os.utime(tmp_path / name, (1, 1))

    def cell() -> None:
        for name in ("helper.py", "model.pth", "fast.so"):
            place.open(tmp_path / name, "rb").close()
        runpy.run_path(str(tmp_path / "ran.py"))

    heard = used(watch, cell, f"subprocess.run([python, '{tmp_path}/named.py'])")
    assert heard == dict.fromkeys(("helper.py", "model.pth", "ran.py", "named.py"), "read")


def test_what_a_quick_cell_makes_unheard_is_written_and_what_the_cell_before_made_is_read(
    watch: FileWatch, tmp_path: Path
) -> None:
    for number in range(20):
        made = tmp_path / f"{number}.db"
        assert used(watch, made.touch, f"sqlite3.connect('{made}')") == {made.name: "written"}
        assert used(watch, lambda: None, f"connect('{made}')") == {made.name: "read"}


class Tricky(str):
    """What it says of itself is for the user's code alone."""

    def __format__(self, spec: str) -> str:
        raise AssertionError

    def __truediv__(self, other: object) -> str:
        raise AssertionError


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("read(OUT / 'a.csv')", {"OUT": Path()}),
        ("write((OUT / f'{stem}.csv').resolve())", {"OUT": Path(), "stem": "a"}),
        ("%time read(x)\nwith box(f'{kind}{number:01}.csv') as b:\n    !ls", {"kind": "", "number": 7}),
        ("import os\nread(os.path.join('.', stem + '.csv'))", {"os": os, "stem": "a"}),
        ("for x in y:\n    read(join(OUT, 'a.csv'))", {"join": os.path.join, "OUT": Path()}),
        ("read(pathlib.Path('.', 'a.csv'))", {"pathlib": pathlib}),
        ("read(str(OUT / 'a.csv'))", {"OUT": Path()}),
        ("study(storage='sqlite:///a.db')", {}),
        ("study(storage=f'sqlite:///{stem}.db?mode=ro')", {"stem": "a"}),
        ("!head -3 z.csv > a.csv", {}),
        ("%%bash\nmkdir -p work\necho 1 >a.csv", {}),
    ],
)
def test_paths_that_a_cell_puts_together_are_named(
    source: str, names: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = [str(tmp_path / name) for name in ("a.csv", "a.db", "7.csv")]
    assert [path for path in named_in(source, list(names.values()), names) if path in made] != []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("read(OUT / 'zz.csv', OUT / f'{stem}.csv')", {"OUT": Tricky(""), "stem": "zz"}),
        ("read(f'{stem}.csv')", {"stem": Tricky("zz")}),
        ("read(f'{stem!r}.csv', f'{number:>99999999}.csv', f'{stem:d}.csv')", {"stem": "zz", "number": 1}),
        ("read(join('.', stem + x))", {"join": lambda *parts: pytest.fail("called"), "stem": "zz"}),
        ("def late():\n    read(f'{stem}.csv')", {"stem": "zz"}),
        ("read(f'https://host/{stem}.csv')", {"stem": "zz"}),
        ("read(f'{stem}.csv'", {"stem": "zz"}),
    ],
)
def test_what_code_of_the_user_would_put_together_is_not_named(source: str, names: dict[str, object]) -> None:
    named = named_in(source, list(names.values()), names)
    assert [path for path in named if path.endswith("/zz.csv") and "'zz.csv'" not in source] == []


def test_code_of_packages_and_what_compilers_put_away_is_not_the_users(
    place: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path.parent))
    elsewhere = FileWatch((), str(tmp_path))
    elsewhere.install([(place, "open")])
    made = tmp_path.with_name(f"{tmp_path.name}-kernels.py")
    made.write_text("x = 1\n")
    (tmp_path / "mine.py").write_text("x = 1\n")

    def cell() -> None:
        for path in (made, tmp_path / "mine.py", pytest.__file__, os.__file__):
            place.open(path).close()

    try:
        assert used(elsewhere, cell) == {"mine.py": "read"}
    finally:
        elsewhere.remove()


def test_modules_that_had_kept_the_open_of_before_are_heard_and_get_it_back(
    tmp_path: Path, place: SimpleNamespace
) -> None:
    import numpy as np
    from numpy.lib import _datasource

    openers: dict[Any, Any] = _datasource._file_openers._file_openers  # type: ignore[attr-defined]

    def kept() -> list[object]:
        found = [value for module in (bz2, tarfile, _datasource) for value in vars(module).values()]
        return [value for value in (*found, openers[None]) if callable(value)]

    before = kept()
    (tmp_path / "a.txt").write_text("1\n2\n")
    (tmp_path / "a.bz2").write_bytes(bz2.compress(b"x"))
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        tar.add(tmp_path / "a.txt", "b.txt")

    def cell() -> None:
        np.loadtxt(tmp_path / "a.txt")
        bz2.open(tmp_path / "a.bz2").close()
        tarfile.open(tmp_path / "a.tar").close()

    watch = FileWatch((), str(tmp_path))
    watch.install([(place, "open")])
    try:
        assert used(watch, cell) == dict.fromkeys(("a.txt", "a.bz2", "a.tar"), "read")
    finally:
        watch.remove()
    assert kept() == before
    assert place.open is open


def test_what_is_changed_after_it_was_read_is_told_unless_the_cell_did_it(
    watch: FileWatch, place: SimpleNamespace, tmp_path: Path
) -> None:
    for name in ("edited", "replaced", "own", "same"):
        (tmp_path / name).write_text("old")
    watch.start()
    for name in ("edited", "replaced", "own", "same"):
        place.open(tmp_path / name).close()
    (tmp_path / "edited").write_text("newer")
    (tmp_path / "new").write_text("new")
    (tmp_path / "new").replace(tmp_path / "replaced")
    with place.open(tmp_path / "own", "w") as file:
        file.write("newer")
    place.open(tmp_path / "edited").close()  # of what was read first nothing is known any more
    told = {(os.path.basename(use.path), use.mode): use.note for use in watch.stop().files}  # noqa: PTH119
    assert told == {
        ("edited", "read"): CHANGED_MEANWHILE,
        ("replaced", "read"): CHANGED_MEANWHILE,
        ("own", "read"): None,
        ("own", "written"): None,
        ("same", "read"): None,
    }


def test_of_many_files_the_folders_are_told_of_those_that_are_not(
    watch: FileWatch, place: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 3)
    monkeypatch.setattr(files, "MOST_HEARD", 5)
    monkeypatch.setattr(files, "MOST_FOLDERS", 2)
    names = ["a/0", "a/1", "a/2", "b/c/3", "d/4", "b/e/5", "b/f/6"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    watch.start()
    for name in names:
        place.open(tmp_path / name).close()
    used = watch.stop()
    assert [os.path.relpath(use.path, tmp_path) for use in used.files] == ["a/0", "a/1", "a/2"]
    assert [os.path.relpath(folder, tmp_path) for folder in used.more_in] == ["b", "d"]
    assert watch.stop() == files.Used()


def test_a_module_that_was_changed_after_its_import_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    names = ("ff_edited", "ff_made", "ff_old", "ff_written")
    watch = ModuleWatch(lambda digest, source: None)
    for name in names:
        (tmp_path / f"{name}.py").write_text("x = 1\n")
    os.utime(tmp_path / "ff_old.py", (1, 1))
    began_ns = time.time_ns()
    (tmp_path / "ff_made.py").write_text("x = 'made by the cell'\n")
    try:
        for name in names:
            importlib.import_module(name)
        for name in ("ff_edited", "ff_written"):
            (tmp_path / f"{name}.py").write_text("x = 'another'\n")
        _, modules = watch.imported(began_ns, lambda path: path.endswith("ff_written.py"))
    finally:
        for name in names:
            sys.modules.pop(name, None)
    assert {module.name: module.note for module in modules} == {
        "ff_edited": CHANGED_MEANWHILE,
        "ff_made": None,
        "ff_old": None,
        "ff_written": None,
    }


def test_a_file_that_was_there_and_is_added_to_is_told_as_such(
    watch: FileWatch, place: SimpleNamespace, tmp_path: Path
) -> None:
    for name in ("added.csv", "both.csv", "first.csv"):
        (tmp_path / name).write_text("a\n")

    def cell() -> None:
        for name in ("added.csv", "both.csv", "new.csv", "new.csv"):
            with place.open(tmp_path / name, "a") as file:
                file.write("b\n")
        place.open(tmp_path / "both.csv").close()
        place.open(tmp_path / "first.csv").close()
        place.open(tmp_path / "first.csv", "a").close()

    watch.start()
    cell()
    uses = [(os.path.basename(use.path), use.mode, use.note) for use in watch.stop().files]  # noqa: PTH119
    assert uses == [
        ("added.csv", "read", ADDED_TO),
        ("added.csv", "written", None),
        ("both.csv", "read", None),
        ("both.csv", "written", None),
        ("new.csv", "written", None),
        ("first.csv", "read", None),
        ("first.csv", "written", None),
    ]


def test_a_module_that_was_edited_is_another_only_when_it_is_loaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file, kept = tmp_path / "edited_later.py", list[bytes]()
    watch = ModuleWatch(lambda digest, source: kept.append(source))

    def edit(number: int) -> None:
        file.write_text(f"x = {number}")
        os.utime(file, (number, number))

    edit(1)
    try:
        module = importlib.import_module("edited_later")
        watch.imported()
        importlib.reload(module)
        watch.imported()
        edit(2)
        assert (watch.imported()[1], kept) == ((), [b"x = 1"])
        importlib.reload(module)
        watch.imported()
        edit(3)
        sys.modules.pop("edited_later")
        importlib.import_module("edited_later")
        watch.imported()
    finally:
        sys.modules.pop("edited_later", None)
    assert kept == [b"x = 1", b"x = 2", b"x = 3"]


def test_files_of_shell_commands_are_named_in_what_ipython_makes_of_them() -> None:
    transformed = TransformerManager().transform_cell
    for cell, names in (
        ("!python make.py > made.csv", ("made.csv",)),
        ("%%bash\nmkdir -p work\nhead data.csv > work/part.csv\n", ("data.csv", "work/part.csv")),
        ("text = !cat 'first part.csv' kept.csv", ("kept.csv",)),
    ):
        found = named_in(transformed(cell), (), {})
        assert {os.path.abspath(name) for name in names} <= set(found), cell  # noqa: PTH100
