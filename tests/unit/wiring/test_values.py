"""Values of steps lie in a folder of the project, in another, or behind a URL: to who looks there is no difference."""

import json
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]

from cellmill.core.project import Project
from cellmill.core.step_errors import BadPlace
from cellmill.core.steps import VALUES_VERSION
from cellmill.wiring.pipeline_records import forget, manifest_digest
from cellmill.wiring.values import remove_values, try_read_value, values_place, write_value


@pytest.mark.parametrize("place", [None, "handed/{pipeline}/over", "{tmp}/handed", "file://{tmp}/handed", "memory://x"])
def test_a_place_keeps_what_was_handed_over_until_it_is_forgotten(
    project: Project, tmp_path: Path, place: str | None
) -> None:
    project.folder.mkdir()
    if place is not None:
        project.settings.write_text(f'pipeline_values = "{place.replace("{tmp}", str(tmp_path))}"')
    assert manifest_digest(project, "p", "fit") is None
    write_value(project, "p", "fit/manifest.json", json.dumps({"version": VALUES_VERSION, "digest": "abc"}).encode())
    write_value(
        project, "q", "fit/manifest.json", json.dumps({"version": VALUES_VERSION, "digest": "of another"}).encode()
    )
    assert manifest_digest(project, "p", "fit") == "abc"
    write_value(project, "p", "fit.items.json", b"{}")
    forget(project, "p", ["fit", "never-there"])
    remove_values(project, "p", "fit.items.json")
    assert try_read_value(project, "p", "fit.items.json") is None
    assert manifest_digest(project, "p", "fit") is None
    assert manifest_digest(project, "q", "fit") == "of another"


def test_by_default_values_lie_where_the_steps_say_themselves(project: Project) -> None:
    assert values_place(project, "flights") == ".cellmill/pipelines/flights/values"


def test_a_url_that_nothing_is_installed_for_is_told(project: Project) -> None:
    project.folder.mkdir()
    project.settings.write_text('pipeline_values = "nowhere://bucket/{pipeline}"')
    with pytest.raises(BadPlace, match="nowhere://bucket/p"):
        try_read_value(project, "p", "fit/manifest.json")


def test_an_error_that_a_file_system_has_of_its_own_is_told_as_one_of_the_place(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HttpError(Exception):
        """As that of Google's buckets."""

    def refuse(*given: object, **named: object) -> None:
        raise HttpError("403")

    project.folder.mkdir()
    project.settings.write_text('pipeline_values = "memory://refused"')
    for name in ("cat_file", "pipe_file", "rm"):
        monkeypatch.setattr(MemoryFileSystem, name, refuse)
    with pytest.raises(BadPlace, match="403"):
        try_read_value(project, "p", "fit/manifest.json")
    with pytest.raises(BadPlace, match="403"):
        write_value(project, "p", "fit.items.json", b"{}")
    with pytest.raises(BadPlace, match="403"):
        remove_values(project, "p", "fit")
