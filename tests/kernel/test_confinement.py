"""A kernel that may write in one folder alone, and connect nowhere."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellmill.core.ports import LiveKernel
from cellmill.executors.kernels import LocalKernels

CONFINE = "from cellmill.kernel.confinement import confine as c; print(c([{folder!r}, '/dev'], network={network}))"
BEFORE_TCP = "from cellmill.kernel import confinement as m; m._version = lambda libc: 3"  # as Linux 6.2 to 6.6
HOOK = "from cellmill.kernel import confinement as m; m._landlock = lambda *a, **k: False"


@pytest.fixture(params=["system", "old system", "hook"])
def confined(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveKernel]:
    """A kernel in `tmp_path/inside`, confined by the operating system or by Python."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "users.txt").write_text("mine", "utf-8")
    environment = {"CELLMILL_SESSION": None}
    with LocalKernels().start(
        notebook=inside / "a.ipynb", cwd=inside, kernel=None, environment=environment, warm=False
    ) as kernel:
        if request.param != "system":
            kernel.run(HOOK if request.param == "hook" else BEFORE_TCP, silent=True)
        answer = kernel.run(CONFINE.format(folder=str(inside), network=False), silent=True)
        assert answer.error is None
        if request.param != "hook" and "landlock" not in answer.outputs[0]["text"]:
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
        "import socket; socket.socket().connect_ex(('192.0.2.1', 80))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 9))",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendmsg([b''], [], 0, ('127.0.0.1', 9))",
        "import socket; socket.gethostbyname('example.org')",
    ],
)
def test_nothing_is_connected_to(confined: LiveKernel, source: str) -> None:
    result = confined.run(source)
    assert result.error is not None
    assert result.error.type in ("URLError", "NoNetwork", "PermissionError")


@pytest.mark.skipif(sys.platform == "win32", reason="sockets with a path are of Unix")
def test_processes_of_this_machine_still_talk(confined: LiveKernel) -> None:
    source = (
        "import asyncio, multiprocessing, socket\n"
        "asyncio.new_event_loop().close()\n"
        "with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:\n"
        "    one.bind('talk')\n"
        "    one.listen()\n"
        "    other.connect('talk')\n"
        "a, b = socket.socketpair()\n"
        "a.sendmsg([b'hello'])\n"
        "with multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "    assert pool.map(abs, [-1]) == [1]\n"
        "assert socket.gethostbyname('localhost') == '127.0.0.1'"
    )
    result = confined.run(source)
    assert result.error is None, result.error


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
