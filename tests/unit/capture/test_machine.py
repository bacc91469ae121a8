"""In what a notebook is seen, as far as its kernel can know."""

import pytest

from cellmill.capture.surroundings.machine import front_end


@pytest.mark.parametrize(
    ("command", "environment", "expected"),
    [
        ("/usr/bin/python3 /opt/bin/jupyter-nbconvert --to notebook --execute a.ipynb", {}, "nbconvert"),
        ("/usr/bin/python3 -m nbconvert --execute a.ipynb", {}, "nbconvert"),
        ("/usr/bin/python3.12 /opt/bin/jupyter nbconvert a.ipynb", {}, "nbconvert"),
        ("/usr/bin/python3 /opt/bin/papermill a.ipynb b.ipynb", {}, "papermill"),
        ("/usr/bin/python3 -u -m papermill a.ipynb b.ipynb", {}, "papermill"),
        ("/usr/bin/python3 /opt/bin/jupyter console", {}, "console"),
        ("/usr/bin/python3 /opt/bin/jupyter-qtconsole", {}, "qtconsole"),
        ("/usr/bin/python3 /opt/bin/jupyter-execute a.ipynb", {}, "nbclient"),
        ("/usr/share/code/code --type=utility", {"VSCODE_PID": "1", "VSCODE_CWD": "/"}, "vscode"),
        ("/usr/bin/python3 /opt/bin/papermill a.ipynb", {"TERM_PROGRAM": "vscode"}, "papermill"),
        ("node", {"COLAB_RELEASE_TAG": "x"}, "colab"),
        ("/usr/bin/python3 run.py", {}, "unknown"),
        ("", {}, "unknown"),
    ],
)
def test_the_process_that_started_a_kernel_tells_the_front_end(
    command: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert front_end("unknown", environment=environment, command=command.split()) == expected


def test_the_engine_tells_its_two_doors_apart() -> None:
    assert front_end("engine", command=["python", "/opt/bin/cellmill", "run", "a.ipynb"]) == "cellmill run"
    assert front_end("engine", command=["python", "/opt/bin/papermill", "a.ipynb"]) == "papermill"
    assert front_end("engine", command=["python", "schedule.py"]) == "papermill"


def test_a_kernel_of_a_server_knows_only_what_the_sessions_name_tells() -> None:
    assert front_end("server", session="/home/me/work.ipynb") == "jupyter"
    assert front_end("server", session="/home/me/work-jvsc-7d1f.ipynb") == "vscode"
