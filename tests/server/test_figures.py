"""Pictures that a run's executions showed: who gets which, and as what."""

import pytest
from tests.server.jupyter import Jupyter, wait_for
from tests.stories import Story

from cellmill.capture.blobs import keep_blob
from cellmill.core.event_parts import Output
from cellmill.core.events import OutputsShown

PNG = b"\x89PNG\r\n\x1a\n and so on"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(scope="module")
def shown(server: Jupyter) -> dict[str, str]:
    """A run with two pictures and a text, and another run with a picture of its own: their digests by name."""
    story = Story(server.project, notebook="pictures.ipynb", session="20260101T000000-f0000000")
    kept = {
        name: keep_blob(server.project, content)
        for name, content in (("png", PNG), ("svg", SVG), ("text", b"words"), ("other", PNG + b"2"), ("page", b"<b>"))
    }
    kept["gone"] = "9" * 64
    outputs = (
        Output("display", "image/png", sha256=kept["png"], size_bytes=len(PNG)),
        Output("display", "image/svg+xml", sha256=kept["svg"], size_bytes=len(SVG)),
        Output("display", "image/png", sha256=kept["gone"], size_bytes=1),
        Output("display", "image/png", sha256="../../settings.toml", size_bytes=1),
        Output("display", "text/html", sha256=kept["page"], size_bytes=3),
        Output("stdout", "text/plain", sha256=kept["text"], size_bytes=5),
    )
    for run, told in (("x100000001", outputs), ("x200000001", (Output("display", "image/png", sha256=kept["other"]),))):
        with story.cell(f"fit {run}", "model = Ridge().fit(X, y)") as execution:
            story.trains(run, model=None)
        story.says(OutputsShown(execution, story.tick(), told))
    story.write()
    wait_for(lambda: server.runs("pictures.ipynb"), lambda found: len(found) == 2)
    return kept


def test_a_picture_is_given_as_what_it_is(server: Jupyter, shown: dict[str, str]) -> None:
    for name, mime, content in (("png", "image/png", PNG), ("svg", "image/svg+xml", SVG)):
        answer = server.ask(f"runs/x1/figures/{shown[name]}")
        assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, mime, content)


def test_a_picture_that_holds_scripts_cannot_run_them_here(server: Jupyter, shown: dict[str, str]) -> None:
    headers = server.ask(f"runs/x1/figures/{shown['svg']}").headers
    assert headers["content-security-policy"].startswith("sandbox;")
    assert "allow-scripts" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["other", "text", "page", "gone"])
def test_nothing_else_among_the_blobs_is_given(server: Jupyter, shown: dict[str, str], name: str) -> None:
    answer = server.ask(f"runs/x1/figures/{shown[name]}")
    assert (answer.status_code, answer.json()["error"]["kind"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["..%2F..%2Fsettings.toml", "../../settings.toml", "a" * 64, "x"])
def test_a_path_leads_nowhere(server: Jupyter, shown: dict[str, str], path: str) -> None:
    assert server.ask(f"runs/x1/figures/{path}").status_code == 404


def test_the_details_name_the_pictures_and_tell_the_texts(server: Jupyter, shown: dict[str, str]) -> None:
    detail = server.get("runs/x1")
    assert [figure["sha256"] for figure in detail["figures"]][:2] == [shown["png"], shown["svg"]]
    assert [output["text"] for output in detail["executions"][0]["outputs"]] == ["words"]
