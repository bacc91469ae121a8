"""A kernel that may write in one folder alone, and connect nowhere."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellmill.core.ports import LiveKernel
from cellmill.executors.kernels import LocalKernels

CONFINE = "from cellmill.kernel.confinement import confine as c; print(c([{folder!r}, '/dev'], network={network}))"
HOOK = "from cellmill.kernel import confinement as m; m._landlock = lambda *a, **k: False"


@pytest.fixture(params=["system", "hook"])
def confined(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveKernel]:
    """A kernel in `tmp_path/inside`, confined by the operating system or by Python."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "users.txt").write_text("mine", "utf-8")
    environment = {"CELLMILL_SESSION": None}
    with LocalKernels().start(
        notebook=inside / "a.ipynb", cwd=inside, kernel=None, environment=environment, warm=False
    ) as kernel:
        if request.param == "hook":
            kernel.run(HOOK, silent=True)
        answer = kernel.run(CONFINE.format(folder=str(inside), network=False), silent=True)
        assert answer.error is None
        if request.param == "system" and "landlock" not in answer.outputs[0]["text"]:
            pytest.skip("this system enforces nothing: the other parameter tests what is done then")
        yield kernel


@pytest.mark.parametrize(
    "source",
    [
        "open('../users.txt', 'w')",
        "open('../new.txt', 'x')",
        "import os; os.remove('../users.txt')",
        "import os; os.rename('../users.txt', 'taken.txt')",
        "import os; os.truncate('../users.txt', 0)",
        "import pathlib; pathlib.Path('../folder').mkdir()",
        "import os; os.symlink('../users.txt', 'link.txt'); open('link.txt', 'w')",
    ],
)
def test_nothing_of_the_users_is_changed(confined: LiveKernel, tmp_path: Path, source: str) -> None:
    result = confined.run(source)
    assert result.error is not None
    assert result.error.type == "PermissionError"
    assert (tmp_path / "users.txt").read_text("utf-8") == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "users.txt"]


def test_the_folder_is_free_and_all_else_can_be_read(confined: LiveKernel, tmp_path: Path) -> None:
    result = confined.run("open('own.txt', 'w').write(open('../users.txt').read())")
    assert result.error is None
    assert (tmp_path / "inside" / "own.txt").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    "source",
    [
        "import urllib.request; urllib.request.urlopen('http://example.org')",
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)",
        "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)",
    ],
)
def test_nothing_is_connected_to(confined: LiveKernel, source: str) -> None:
    result = confined.run(source)
    assert result.error is not None
    assert result.error.type in ("URLError", "NoNetwork", "PermissionError")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines the programs that a cell starts")
def test_programs_that_a_cell_starts_are_confined_too(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with LocalKernels().start(
        notebook=inside / "a.ipynb", cwd=inside, kernel=None, environment={}, warm=False
    ) as kernel:
        answer = kernel.run(CONFINE.format(folder=str(inside), network=True), silent=True)
        if "landlock" not in answer.outputs[0]["text"]:
            pytest.skip("this system enforces nothing")
        kernel.run("!touch ../outside.txt; touch inside.txt")
    assert not (tmp_path / "outside.txt").exists()
    assert (inside / "inside.txt").exists()
